"""An authorization server and an API that know their clients by certificate (RFC 8705).

Two ports: one for everybody, with the metadata and endpoints that no client with a certificate may use, and one that
asks everybody for a certificate. Tokens are bound to the certificate they were asked for with. Says both ports on its
first line, and every request that came with a certificate on a line of its own.
"""

import hashlib
import http.server
import json
import os
import socket
import ssl
import sys
import threading
import urllib.parse

directory = sys.argv[1]
bound, pushed, made = {}, {}, [0]


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, members, location=None):
        body = json.dumps(members).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)


class Open(Handler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/.well-known/oauth-authorization-server":
            return self.answer(200, metadata())
        if url.path == "/authorize":
            asked = dict(urllib.parse.parse_qsl(url.query))
            own = pushed[asked["request_uri"]]
            query = urllib.parse.urlencode({"code": "code", "state": own["state"], "iss": issuer})
            return self.answer(302, {}, own["redirect_uri"] + "?" + query)
        self.answer(404, {})

    def do_POST(self):
        self.answer(400, {"error": "invalid_client", "error_description": "not at the alias"})


class Mutual(Handler):
    def setup(self):
        # Here and not while accepting: one client that is refused stops nobody else.
        self.request = mutual_context.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
        try:
            self.request.do_handshake()
        except ssl.SSLError:
            # A socket that is closed with something unread in it is reset, and the alert may be lost.
            with socket.socket(fileno=os.dup(self.request.fileno())) as plain:
                while plain.recv(4096):
                    pass
            raise
        super().setup()

    def seen(self):
        url = urllib.parse.urlsplit(self.path).path
        length = int(self.headers.get("Content-Length") or 0)
        form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
        subject = dict(pair[0] for pair in self.connection.getpeercert()["subject"])
        print(json.dumps({"path": url, "client": subject["commonName"], "form": form}), flush=True)
        thumbprint = hashlib.sha256(self.connection.getpeercert(binary_form=True)).hexdigest()
        return url, form, thumbprint

    def do_GET(self):
        url, _, thumbprint = self.seen()
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if bound.get(token) != thumbprint:
            return self.answer(401, {"error": "invalid_token"})
        self.answer(200, {"sub": "7", "email": "ann@bank.example"} if url == "/userinfo" else {"balance": 5})

    def do_POST(self):
        url, form, thumbprint = self.seen()
        token = form.get("token")
        if form.get("client_id") != "me" or "client_secret" in form or "Authorization" in self.headers:
            return self.answer(401, {"error": "invalid_client"})
        if url == "/par":
            pushed["urn:x"] = form
            return self.answer(201, {"request_uri": "urn:x", "expires_in": 60})
        if url == "/device":
            return self.answer(200, {"device_code": "device", "user_code": "AB-CD", "interval": 1, "expires_in": 60,
                                     "verification_uri": issuer + "/device"})
        if url == "/introspect":
            return self.answer(200, {"active": bound.get(token) == thumbprint})
        if url == "/revoke":
            bound.pop(token, None)
            return self.answer(200, {})
        made[0] += 1
        bound[f"access-{made[0]}"] = thumbprint
        answer = {"access_token": f"access-{made[0]}", "token_type": "Bearer", "expires_in": 3600}
        if form["grant_type"] != "client_credentials":
            answer["refresh_token"] = f"refresh-{made[0]}"
        self.answer(200, answer)


def metadata():
    names = {"token": "token", "revocation": "revoke", "introspection": "introspect", "userinfo": "userinfo",
             "device_authorization": "device", "pushed_authorization_request": "par"}
    endpoints = lambda base: {f"{name}_endpoint": f"{base}/{path}" for name, path in names.items()}
    return {"issuer": issuer, "authorization_endpoint": issuer + "/authorize", **endpoints(issuer),
            "token_endpoint_auth_methods_supported": ["self_signed_tls_client_auth"],
            "code_challenge_methods_supported": ["S256"], "mtls_endpoint_aliases": endpoints(mutual)}


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(f"{directory}/server.pem", f"{directory}/server.key")
    return made


def serve(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


mutual_context = context()
mutual_context.verify_mode = ssl.CERT_REQUIRED
mutual_context.load_verify_locations(f"{directory}/ca.pem")
mutual = f"https://127.0.0.1:{serve(Mutual).server_port}"
everybody = serve(Open)
issuer = f"https://127.0.0.1:{everybody.server_port}"
everybody.socket = context().wrap_socket(everybody.socket, server_side=True)
print(json.dumps({"issuer": issuer, "mutual": mutual}), flush=True)
sys.stdin.read()

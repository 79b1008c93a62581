"""An API server over TLS on 127.0.0.1 that welcomes one bearer: server.py DIRECTORY, the token on standard input.

The certificate is made in DIRECTORY. The port is printed when the server listens.
"""

import json
import ssl
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DIRECTORY, TOKEN = sys.argv[1], sys.stdin.read()
KEY, CERTIFICATE = f"{DIRECTORY}/key.pem", f"{DIRECTORY}/certificate.pem"


class Api(BaseHTTPRequestHandler):
    def do_GET(self):
        welcome = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        body = json.dumps({"kind": "Status", "message": "welcome" if welcome else "who are you?"}).encode()
        self.send_response(200 if welcome else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


openssl = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
openssl += ["-subj", "/CN=127.0.0.1", "-keyout", KEY, "-out", CERTIFICATE]
subprocess.run(openssl, check=True, stderr=subprocess.DEVNULL)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()

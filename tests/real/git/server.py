"""git over smart HTTP on 127.0.0.1, for the repositories of one directory: server.py DIRECTORY USERINFO

Every request needs HTTP Basic with the user name `oauth2` and, as password, a token that USERINFO knows. The port is
printed when the server listens.
"""

import base64
import os
import subprocess
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DIRECTORY, USERINFO = sys.argv[1], sys.argv[2]


def known(authorization):
    scheme, _, text = (authorization or "").partition(" ")
    if scheme != "Basic":
        return False
    user, _, token = base64.b64decode(text).decode().partition(":")
    request = urllib.request.Request(USERINFO, headers={"Authorization": f"Bearer {token}"})
    try:
        return user == "oauth2" and urllib.request.urlopen(request).status == 200
    except urllib.error.HTTPError:
        return False


class Git(BaseHTTPRequestHandler):
    def serve(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if not known(self.headers.get("Authorization")):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="GitHub"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": DIRECTORY,
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_USER": "tester",
        }
        backend = subprocess.run(["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE)
        head, _, answer = backend.stdout.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(fields.pop("Status", "200").split()[0]))
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = serve

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Git)
print(server.server_port, flush=True)
server.serve_forever()

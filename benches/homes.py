"""The program's own authorization server, and homes with accounts connected to it."""
import base64
import contextlib
import hashlib
import http.client
import json
import os
import secrets
import sqlite3
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path

from measure import Command


class Bench:
    """A directory to work in, the binary, a running server, and what has to be ended in the end."""

    def __init__(self, binary):
        self.binary, self.work = binary, binary.parent
        self.endings = []

    def __enter__(self):
        words = [self.binary, "demo", "--serve", "--control", "--json", "--expire", "86400"]
        self.server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.issuer = json.loads(self.server.stdout.readline())["issuer"]
        self.version = self.run({}, "--version").strip()
        self.key = self.run({}, "key", "generate").strip()
        return self

    def __exit__(self, *_):
        for ending in reversed(self.endings):
            ending()
        self.server.kill()
        self.server.wait()

    def environment(self, **more):
        kept = {name: os.environ[name] for name in ("PATH", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")}
        return {**kept, "HOME": str(self.work), "OAUTH_KEY_CACHE": "off", **more}

    def run(self, env, *words):
        words, quiet = [self.binary, *words], subprocess.DEVNULL
        done = subprocess.run(words, env=env, stdout=subprocess.PIPE, stderr=quiet, text=True)
        done.check_returncode()
        return done.stdout

    def post(self, path, body, **headers):
        request = urllib.request.Request(self.issuer + path, body.encode(), headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def behave(self, **knobs):
        self.post("/sandbox/behaviour", json.dumps(knobs))

    def home(self, name, key=True):
        """A home with one account, whose key is in a variable, or in the keyring."""
        env = self.environment(OAUTH_HOME=str(self.work / name), **({"OAUTH_MASTER_KEY": self.key} if key else {}))
        self.run(env, "provider", "add", "demo", "--issuer", self.issuer, "--scope", "openid,email")
        self.connect(env, "alice@example.test")
        return env

    def connect(self, env, account):
        words = [self.binary, "init", "demo", "--client-id", "demo", "--no-browser"]
        with subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True) as init:
            url = next(line.strip() for line in init.stderr if line.startswith("http"))
            redirect = self.sign_in(url, account)
            urllib.request.urlopen(redirect).read()
            init.stderr.read()
        if init.returncode:
            raise SystemExit(f"init ended with {init.returncode}")

    def sign_in(self, url, account):
        body = {"authorization_url": url, "account": account, "allow": True}
        return self.post("/sandbox/login", json.dumps(body))["redirect"]

    def refresh_token(self, client, secret):
        """A login without our program, for others."""
        verifier, redirect = secrets.token_urlsafe(40), "http://127.0.0.1:7777/callback"
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {"response_type": "code", "client_id": client, "redirect_uri": redirect, "state": "s"}
        asked |= {"scope": "openid email offline_access", "code_challenge": challenge, "code_challenge_method": "S256"}
        url = self.sign_in(f"{self.issuer}/authorize?{urllib.parse.urlencode(asked)}", "alice@example.test")
        code = urllib.parse.parse_qs(urllib.parse.urlparse(url).query)["code"][0]
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
        return self.post("/token", urllib.parse.urlencode(given), Authorization=f"Basic {basic}")["refresh_token"]

    def asked(self, client, secret):
        """The server's own time for a refresh: asked from here, over a connection of its own."""
        return Asked(self.issuer, self.refresh_token(client, secret), f"{client}:{secret}")

    def oauth(self, env, *words):
        return Command([str(self.binary), *words], env)


class Asked:
    """A refresh of a login that no program holds."""

    def __init__(self, issuer, token, client):
        self.host, self.token = urllib.parse.urlparse(issuer).netloc, token
        self.headers = {"Authorization": f"Basic {base64.b64encode(client.encode()).decode()}"}
        self.headers["Content-Type"] = "application/x-www-form-urlencoded"

    def once(self):
        """Seconds by the clock; the server's processor time is not known."""
        body = urllib.parse.urlencode({"grant_type": "refresh_token", "refresh_token": self.token})
        with contextlib.closing(http.client.HTTPConnection(self.host)) as connection:
            start = time.perf_counter()
            connection.request("POST", "/token", body, self.headers)
            answer = connection.getresponse().read()
            wall = time.perf_counter() - start
        self.token = json.loads(answer)["refresh_token"]
        return wall, 0.0


def store(env):
    return Path(env["OAUTH_HOME"]) / "credentials.db"


def fill(env, rows):
    """Copies of the first row until there are so many. Their tokens open nowhere."""
    with contextlib.closing(sqlite3.connect(store(env))) as connection, connection:
        columns = [row[1] for row in connection.execute("pragma table_info(credentials)")]
        same = ",".join(name for name in columns if name not in ("id", "account", "is_default"))
        there = connection.execute("select count(*) from credentials").fetchone()[0]
        if there >= rows:
            return
        connection.execute(
            f"""with recursive n(i) as (select {there} union all select i + 1 from n where i < {rows - 1})
                insert into credentials (id, account, is_default, {same})
                select printf('%032x', i), 'other-' || i, 0, {same} from n, credentials where is_default = 1"""
        )

"""Other programs that print a token they hold, as Debian has them.

pizauth is the fastest we know of, and in no registry; it was measured at 1.68 × /bin/true, which stands in the tables.
"""
import os
import shutil
import subprocess
import sys
import time

from measure import Command

# Program and package.
NEEDED = {
    "gnome-keyring-daemon": "gnome-keyring",
    "secret-tool": "libsecret-tools",
    "dbus-daemon": "dbus",
    "valgrind": "valgrind",
    "strace": "strace",
    "/usr/bin/time": "time",
    "oidc-token": "oidc-agent-cli",
    "gh": "gh",
    "pass": "pass",
    "gpg": "gnupg",
}
PIZAUTH = 1.68
# The server's client with a secret (src/sandbox). oidc-agent sends a secret as it is, without encoding it for a form
# (RFC 6749 §2.3.1), so that it is given one that is encoded.
CLIENT, SECRET = "demo-confidential", "demo%2Bsecret%2F100%25"


def install(only_name):
    missing = sorted({package for program, package in NEEDED.items() if not shutil.which(program)})
    if not missing:
        return
    if only_name or os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"missing: {' '.join(missing)}")
    words = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    subprocess.run(words, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, stdout=sys.stderr, check=True)


def quick(bench):
    """Those that are made to be quick, by name, their daemons running."""
    return {"secret-tool lookup": secret_tool(bench), "oidc-token (resident agent)": oidc_agent(bench)}


def slow(bench):
    return {"gh auth token (file)": gh(bench), "pass show (resident agent)": password_store(bench)}


def secret_tool(bench):
    env = bench.environment()
    words = ["secret-tool", "store", "--label=bench", "bench", "token"]
    subprocess.run(words, input=bench.key, text=True, env=env, check=True)
    return Command(["secret-tool", "lookup", "bench", "token"], env)


def oidc_agent(bench):
    env = bench.environment(BENCH_PASSWORD="bench", OIDC_REFRESH_TOKEN=bench.refresh_token(CLIENT, SECRET))
    (bench.work / ".oidc-agent").mkdir(mode=0o700, exist_ok=True)
    told = bench.work / "oidc-agent.env"
    # It goes to the background with its output open, and says where it is afterwards.
    with told.open("w") as output:
        subprocess.run(["oidc-agent"], env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=True)
    while "OIDCD_PID=" not in told.read_text():
        time.sleep(0.01)
    for line in told.read_text().splitlines():
        name, is_set, value = line.partition("=")
        if is_set:
            env[name] = value.split(";")[0]
    bench.endings.append(lambda: os.kill(int(env["OIDCD_PID"]), 15))
    words = ["oidc-gen", "bench", "--iss", f"{bench.issuer}/", "--manual", "--client-id", CLIENT]
    words += ["--client-secret", SECRET, "--redirect-uri", "http://localhost:7777", "--scope", "openid email"]
    words += ["--flow=refresh", "--rt-env", "--pw-env=BENCH_PASSWORD", "--prompt=none", "--confirm-yes"]
    run(words, env)
    return Command(["oidc-token", "bench"], env)


def gh(bench):
    env = bench.environment(GH_CONFIG_DIR=str(bench.work / "gh"))
    (bench.work / "gh").mkdir(mode=0o700)
    (bench.work / "gh/hosts.yml").write_text("github.com:\n    oauth_token: gho_bench\n    user: bench\n")
    # A program in Go, which valgrind does not run.
    return Command(["gh", "auth", "token"], env, counted=False)


def password_store(bench):
    home = bench.work / "gnupg"
    home.mkdir(mode=0o700)
    env = bench.environment(GNUPGHOME=str(home), PASSWORD_STORE_DIR=str(bench.work / "passwords"))
    bench.endings.append(lambda: subprocess.run(["gpgconf", "--kill", "all"], env=env))
    words = ["gpg", "--batch", "--passphrase", "", "--quick-generate-key", "bench@example.test", "default", "default"]
    run(words, env)
    run(["pass", "init", "bench@example.test"], env)
    run(["pass", "insert", "--multiline", "bench"], env, "token\n")
    # A script, of which valgrind would see the shell only.
    return Command(["pass", "show", "bench"], env, counted=False)


def run(words, env, text=""):
    done = subprocess.run(words, env=env, input=text, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(words)} ended with {done.returncode}: {done.stderr}")

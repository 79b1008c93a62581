"""What is measured, part by part. Each prints a table."""
import math
import os
import subprocess
import sys
import threading

import peers
from homes import fill, store
from measure import Command, difference, interleaved, median, processor, ratio, table, wall

TRUE = "/bin/true"
# Milliseconds that a server takes to answer, in `test` and `refresh`.
LATENCY = 200


def true(bench):
    return Command([TRUE], bench.environment())


def token(bench, options):
    """A fresh token, beside what other programs print from where they keep it."""
    variable, keyring = bench.home("variable"), bench.home("keyring", key=False)
    for env in (variable, keyring):
        fill(env, options.rows)
    cached = {**keyring, "OAUTH_KEY_CACHE": "86400"}
    bench.endings.append(lambda: bench.run(cached, "key", "forget"))
    slow = peers.slow(bench)
    commands = {
        TRUE: true(bench),
        **peers.quick(bench),
        "oauth token, key in a variable": bench.oauth(variable, "token", "demo"),
        "oauth token, key in the kernel's keyring": bench.oauth(cached, "token", "demo"),
        "oauth token, key from the Secret Service": bench.oauth(keyring, "token", "demo"),
    }
    taken = interleaved(commands, options.rounds)
    # By themselves: what is fifty times as large pushes the others out of the processor's caches.
    bases = {name: commands[name] for name in (TRUE, "secret-tool lookup")}
    among_slow = interleaved({**bases, **slow}, options.rounds // 4)
    print(f"token: {options.rows:,} credentials")
    rows = []
    for name, command in {**commands, **slow}.items():
        taken = among_slow if name in slow else taken
        calls, threads, sent = command.system_calls()
        count = command.instructions()
        times = [f"{wall(taken, name):.2f}", f"{processor(taken, name):.2f}", f"{ratio(taken, name, TRUE):.2f}"]
        of_pizauth = ratio(taken, name, TRUE) / peers.PIZAUTH
        against = [f"{ratio(taken, name, 'secret-tool lookup'):.2f}", f"{of_pizauth:.2f}"]
        counted = [f"{count / 1e6:.2f} M" if count else None, f"{command.peak_memory():.1f}", threads, calls, sent]
        rows.append([name, *times, *against, *counted])
    ratios = ["× true", "× secret-tool", "× pizauth"]
    table(["", "ms", "cpu ms", *ratios, "instr.", "MiB", "threads", "calls", "on the bus"], rows)


class Writer:
    """A process that commits to the store every five milliseconds."""

    def __init__(self, env):
        self.words = [sys.executable, "-c", WRITER, str(store(env))]

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.process.communicate()


WRITER = """
import select, sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
print(flush=True)
while not select.select([sys.stdin], [], [], 0.005)[0]:
    store.execute("update credentials set last_used_at = coalesce(last_used_at, 0) + 1 where id = printf('%032x', 7)")
"""


def herd(bench, options):
    """Two hundred processes, eight at a time, while another one writes."""
    env = bench.home("herd")
    fill(env, options.rows)
    peers.secret_tool(bench)
    each = "seq 200 | xargs -P 8 -I{} "
    oauth = f"{bench.binary} token demo"
    scripts = {
        "sh -c true": each + "sh -c true",
        "oauth token": each + oauth,
        "sh -c /bin/true": each + "sh -c '/bin/true; :'",
        "sh -c 'oauth token'": each + f"sh -c '{oauth}; :'",
        "sh -c 'secret-tool lookup'": each + "sh -c 'secret-tool lookup bench token; :'",
    }
    # `xargs` fails when one of its processes did.
    commands = {name: Command(["sh", "-c", f"set -e; {script} > /dev/null"], env) for name, script in scripts.items()}
    with Writer(env):
        taken = interleaved(commands, max(options.rounds // 20, 5))
    print("herd: 200 processes, 8 at a time, with a writer every 5 ms; none failed")
    bases = ["sh -c true", "sh -c /bin/true"]
    rows = []
    for name in commands:
        rows.append([name, f"{wall(taken, name):.0f}", *[f"{ratio(taken, name, base):.2f}" for base in bases]])
    table(["", "ms", *[f"× {base}" for base in bases]], rows)


def listing(bench, options):
    env = bench.home("list")
    fill(env, options.rows)
    commands = {"oauth list": bench.oauth(env, "list"), "oauth list --json": bench.oauth(env, "list", "--json")}
    taken = interleaved(commands, max(options.rounds // 20, 5))
    print(f"list: {options.rows:,} credentials")
    rows = [
        [name, f"{wall(taken, name):.0f}", f"{processor(taken, name):.0f}", f"{command.peak_memory():.0f}"]
        for name, command in commands.items()
    ]
    table(["", "ms", "cpu ms", "MiB"], rows)


def test(bench, _options):
    """A thousand credentials, against a server that takes its time."""
    accounts, jobs = 1000, 64
    env = bench.home("test")
    names = [f"user{number}@example.test" for number in range(accounts - 1)]
    at_once(8, lambda name: bench.connect(env, name), names)
    command = bench.oauth(env, "test", "--jobs", str(jobs), "--json")
    bench.behave(latency_ms={"userinfo": LATENCY})
    taken = [command.once() for _ in range(3)]
    bench.behave(latency_ms={})
    ideal = math.ceil(accounts / jobs) * LATENCY / 1e3
    seconds, busy = (median(column) for column in zip(*taken))
    print(f"test: {accounts:,} credentials, {jobs} jobs, a server that takes {LATENCY} ms")
    row = [f"{ideal:.2f}", f"{seconds:.2f}", f"{seconds / ideal:.2f}", f"{busy:.2f}", f"{command.peak_memory():.0f}"]
    table(["", "ideal s", "s", "× ideal", "cpu s", "MiB"], [["oauth test", *row]])


def at_once(threads, work, pieces):
    pieces = list(pieces)

    def some():
        while pieces:
            work(pieces.pop())

    running = [threading.Thread(target=some) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def refresh(bench, options):
    """A refresh, beside one request by curl to the same server, and beside what the server itself takes."""
    env = bench.home("refresh")
    bare = "the server, asked from the script"
    commands = {
        bare: bench.asked(peers.CLIENT, peers.SECRET),
        "curl": Command(["curl", "-s", "-o", "/dev/null", "-d", "grant_type=none", f"{bench.issuer}/token"], env),
        "oauth token --refresh": bench.oauth(env, "token", "demo", "--refresh"),
    }
    bench.behave(latency_ms={"token": LATENCY})
    os.sync()  # what earlier parts have left to be written is not this one's to wait for
    taken = interleaved(commands, max(options.rounds // 4, 10))
    bench.behave(latency_ms={})
    print(f"refresh: a server that waits for {LATENCY} ms")
    rows = [[bare, f"{wall(taken, bare):.1f}", "", ""]]
    for name in list(commands)[1:]:
        more = f"{difference(taken, name, bare):.1f}"
        rows.append([name, f"{wall(taken, name):.1f}", more, f"{processor(taken, name):.1f}"])
    table(["", "ms", "more than the server, ms", "cpu ms"], rows)


def growth(bench, options):
    """The same token as the store grows."""
    commands = {TRUE: true(bench)}
    for rows in (1, 100, 10_000, 100_000):
        env = bench.home(f"growth-{rows}")
        fill(env, rows)
        commands[f"{rows:,}"] = bench.oauth(env, "token", "demo")
    taken = interleaved(commands, options.rounds)
    print("growth: `oauth token` by the credentials in the store")
    rows = []
    for name, command in list(commands.items())[1:]:
        count = f"{command.instructions() / 1e6:.3f} M"
        rows.append([name, f"{wall(taken, name):.2f}", f"{ratio(taken, name, TRUE):.2f}", count])
    table(["credentials", "ms", "× true", "instr."], rows)


ALL = {"token": token, "herd": herd, "list": listing, "test": test, "refresh": refresh, "growth": growth}

"""How commands are run and what of them is counted."""
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import time

median = statistics.median
# The first rounds only warm the caches.
WARM = 3
QUIET = [
    (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
    (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
    (os.POSIX_SPAWN_DUP2, 1, 2),
]


def real_time():
    """From here on this process and all that it starts go before everything else. Says whether that was granted."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(50))
        return True
    except PermissionError:
        return False


class Command:
    """Words and an environment."""

    def __init__(self, words, env, counted=True):
        self.words = [shutil.which(words[0], path=env["PATH"]) or words[0], *words[1:]]
        self.env = env
        # Whether valgrind can count its instructions.
        self.counted = counted

    def once(self):
        """Seconds: by the clock, and of processor time."""
        start = time.perf_counter()
        child = os.posix_spawn(self.words[0], self.words, self.env, file_actions=QUIET)
        _, status, used = os.wait4(child, 0)
        wall = time.perf_counter() - start
        if status:
            sys.exit(f"{' '.join(self.words)} ended with {os.waitstatus_to_exitcode(status)}")
        return wall, used.ru_utime + used.ru_stime

    def output(self, *before):
        done = subprocess.run([*before, *self.words], env=self.env, capture_output=True, text=True, check=True)
        return done.stdout, done.stderr

    def peak_memory(self):
        """MiB. GNU time starts the command, so that what this process uses does not count."""
        return int(self.output("/usr/bin/time", "-f", "%M")[1].splitlines()[-1]) / 1024

    def instructions(self):
        if not self.counted:
            return None
        told = self.output("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")[1]
        return int(re.search(r"Collected : (\d+)", told)[1])

    def system_calls(self):
        """How many, how many threads besides the first, and how often something was sent to the session bus."""
        told = self.output("strace", "-f", "-yy", "-s", "0", "--signal=none")[1]
        calls = [line for line in told.splitlines() if re.match(r"(\[pid +\d+\] )?\w+\(", line)]
        started = next(at for at, line in enumerate(calls) if "execve(" in line) + 1
        threads = sum("CLONE_THREAD" in line for line in calls)
        sent = [line for line in calls if re.search(r"\b(sendmsg|sendto|write|writev)\(\d+<UNIX", line)]
        return len(calls) - started, threads, len(sent)


def interleaved(commands, rounds):
    """For each name what every round took, as pairs of seconds; all commands take part in each round."""
    taken = {name: [] for name in commands}
    for number in range(rounds + WARM):
        order = list(commands)
        random.shuffle(order)
        for name in order:
            once = commands[name].once()
            if number >= WARM:
                taken[name].append(once)
    return taken


def ratio(taken, name, base):
    return median(own[0] / other[0] for own, other in zip(taken[name], taken[base]))


def difference(taken, name, base):
    """Milliseconds."""
    return median(own[0] - other[0] for own, other in zip(taken[name], taken[base])) * 1e3


def wall(taken, name):
    """Milliseconds."""
    return median(own[0] for own in taken[name]) * 1e3


def processor(taken, name):
    """Milliseconds."""
    return median(own[1] for own in taken[name]) * 1e3


def table(head, rows):
    """Prints a table, its first column to the left."""
    rows = [head, *[["-" if cell is None else str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
    aligned = [[row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in aligned]
    lines.insert(1, "|" + "|".join(["-" * (widths[0] + 2), *["-" * (width + 1) + ":" for width in widths[1:]]]) + "|")
    print("\n".join(lines) + "\n", flush=True)

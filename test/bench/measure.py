"""Runs a command and writes what it took to file descriptor 3, as JSON.

Node tells its own resource use but not a child's; wait4(2) does. The peak that it reports is never
below this interpreter's own few megabytes, because the child is forked from it.
Usage: measure.py TIMEOUT_SECONDS COMMAND [ARGUMENT]...
"""

import json
import os
import signal
import sys
import time

begun = time.monotonic()
pid = os.fork()
if pid == 0:
    os.close(3)
    os.execvp(sys.argv[2], sys.argv[2:])

timed_out = False


def give_up(_signal, _frame):
    global timed_out
    timed_out = True
    os.kill(pid, signal.SIGKILL)


signal.signal(signal.SIGALRM, give_up)
signal.alarm(int(sys.argv[1]))
_, status, usage = os.wait4(pid, 0)
wall = time.monotonic() - begun
os.write(3, json.dumps({
    "exitCode": os.waitstatus_to_exitcode(status),
    "timedOut": timed_out,
    "wallSec": wall,
    "cpuSec": usage.ru_utime + usage.ru_stime,
    "peakRssBytes": usage.ru_maxrss * 1024,
}).encode())

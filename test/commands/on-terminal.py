"""Runs a command on a terminal of its own, 80 columns wide, and prints what it wrote there.

Usage: on-terminal.py FIFO PIECES end|interrupt COMMAND...
This script's stdin goes into FIFO in PIECES, 150 ms apart; then the pipe ends, or stays open and
Ctrl-C is typed.
"""
import fcntl, os, pty, struct, sys, termios, threading, time

fifo, pieces, ending = sys.argv[1], int(sys.argv[2]), sys.argv[3]
command = sys.argv[4:]
data = sys.stdin.buffer.read()


def feed():
    with open(fifo, "wb", buffering=0) as pipe:
        size = len(data) // pieces + 1
        for at in range(0, len(data), size):
            pipe.write(data[at : at + size])
            time.sleep(0.15)
        if ending == "interrupt":
            while waiting(pipe):
                time.sleep(0.15)
            time.sleep(0.5)
            os.write(terminal, b"\x03")
            time.sleep(100)


def waiting(pipe):
    """Octets in the pipe that nobody has read."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]


child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execvp(command[0], command)
threading.Thread(target=feed, daemon=True).start()
while True:
    try:
        written = os.read(terminal, 65536)
    except OSError:  # EIO: the last of the other side is gone
        break
    sys.stdout.buffer.write(written)
sys.stdout.flush()
_, status = os.waitpid(child, 0)
os._exit(os.waitstatus_to_exitcode(status) & 0xFF)

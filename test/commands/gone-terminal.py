"""Runs a command on a terminal that goes away once it shows TEXT, and ends with its exit code (128 and more: signal).

Usage: gone-terminal.py TEXT COMMAND...
"""
import fcntl, os, pty, struct, sys, termios

text, command = sys.argv[1].encode(), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execvp(command[0], command)
shown = b""
while text not in shown:
    shown += os.read(terminal, 65536)
os.close(terminal)
status = os.waitpid(child, 0)[1]
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))

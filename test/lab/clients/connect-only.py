"""A TCP connection that says nothing, as a health probe does. Arguments: HOST PORT"""

import socket
import sys
import time

with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2):
    time.sleep(0.2)

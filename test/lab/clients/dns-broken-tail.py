"""A DNS question whose message goes on with a record that is cut off. Arguments: SERVER NAME"""

import socket
import struct
import sys

server, name = sys.argv[1:]
labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
header = struct.pack(">6H", 0x4242, 0x0100, 1, 0, 0, 1)
opt = b"\0" + struct.pack(">2H", 41, 1232)  # OPT (RFC 6891) without its TTL, length and data
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.sendto(header + labels + b"\0" + struct.pack(">2H", 1, 1) + opt, (server, 53))

"""Several DNS questions over one TCP connection (RFC 7766 section 6.2.1). Arguments: SERVER NAME..."""

import socket
import struct
import sys


def question(ident: int, name: str) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", ident, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)


server, *names = sys.argv[1:]
with socket.create_connection((server, 53), timeout=5) as connection:
    stream = connection.makefile("rb")
    for ident, name in enumerate(names, start=1):
        message = question(ident, name)
        # The length goes first and alone: a reader of packets must put the two together.
        connection.sendall(struct.pack(">H", len(message)))
        connection.sendall(message)
        (length,) = struct.unpack(">H", stream.read(2))
        print(name, "rcode", stream.read(length)[3] & 15)

"""One datagram; prints the reply, or that it was refused, or that none came. Arguments: HOST PORT"""

import socket
import sys

family, kind, _, _, address = socket.getaddrinfo(sys.argv[1], sys.argv[2], type=socket.SOCK_DGRAM)[0]
with socket.socket(family, kind) as sock:
    sock.settimeout(0.5)
    sock.connect(address)
    sock.send(b"\0\1\0\0\x21\x12\xa4\x42" + b"gapwatch-lab")  # a STUN binding request (RFC 8489 section 5)
    try:
        print(sock.recv(2048))
    except OSError as error:
        print(error)

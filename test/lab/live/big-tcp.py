# Lets an interface hand on TCP segments of up to so many octets (BIG TCP), for IPv4 as well, which the `ip` of
# Debian 12 cannot say. Arguments: interface, octets. linux/if_link.h, man 7 rtnetlink.
import os
import socket
import struct
import sys

RTM_NEWLINK = 16
NLM_F_REQUEST_ACK = 5
GSO_MAX_SIZE, GRO_MAX_SIZE, GSO_IPV4_MAX_SIZE, GRO_IPV4_MAX_SIZE = 41, 58, 63, 64

device, octets = sys.argv[1], int(sys.argv[2])
attributes = b"".join(
    struct.pack("=HHI", 8, kind, octets)
    for kind in (GSO_MAX_SIZE, GRO_MAX_SIZE, GSO_IPV4_MAX_SIZE, GRO_IPV4_MAX_SIZE)
)
body = struct.pack("=BxHiII", 0, 0, socket.if_nametoindex(device), 0, 0) + attributes
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as link:
    link.send(struct.pack("=IHHII", 16 + len(body), RTM_NEWLINK, NLM_F_REQUEST_ACK, 1, 0) + body)
    error = struct.unpack_from("=i", link.recv(4096), 16)[0]
if error != 0:
    sys.exit(os.strerror(-error))

"""Switches off segmentation and checksum offload of one interface (ioctl SIOCETHTOOL).

Without this a record of a veth pair shows 64 KB frames with unfinished checksums that no cable
ever carried. Does what `ethtool -K DEV tx off sg off tso off gso off gro off` does, where ethtool
is not installed.
"""

import array
import fcntl
import socket
import struct
import sys

SIOCETHTOOL = 0x8946
# Order matters: the kernel refuses checksum offload to go while segmentation still needs it.
SET_TSO, SET_GSO, SET_GRO, SET_SG, SET_TX_CHECKSUM = 0x1F, 0x24, 0x2C, 0x19, 0x17

device = sys.argv[1].encode()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    for command in (SET_TSO, SET_GSO, SET_GRO, SET_SG, SET_TX_CHECKSUM):
        value = array.array("I", [command, 0])
        fcntl.ioctl(sock, SIOCETHTOOL, struct.pack("16sP", device, value.buffer_info()[0]))

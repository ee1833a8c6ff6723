"""One IPv4 packet of any protocol. Arguments: DESTINATION PROTOCOL_NUMBER"""

import socket
import sys

destination, protocol = sys.argv[1:]
with socket.socket(socket.AF_INET, socket.SOCK_RAW, int(protocol)) as sock:
    sock.sendto(b"payload of no known protocol", (destination, 0))

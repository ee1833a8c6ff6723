"""HTTPS whose ClientHello leaves in segments of 128 octets at most. Arguments: HOSTNAME [PORT]"""

import socket
import ssl
import sys

hostname = sys.argv[1]
port = int(sys.argv[2]) if len(sys.argv) > 2 else 443
context = ssl._create_unverified_context()
sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 140)  # 12 of them are the timestamp option
sock.settimeout(5)
sock.connect((hostname, port))
with context.wrap_socket(sock, server_hostname=hostname) as connection:
    connection.sendall(f"GET / HTTP/1.1\r\nHost: {hostname}\r\nConnection: close\r\n\r\n".encode())
    print(connection.recv(4096).split(b"\r\n")[0].decode())

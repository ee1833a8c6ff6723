"""Several HTTP/1.1 requests over one connection, each naming a host of its own.

Arguments: HOST PORT TARGET..., where a target is an absolute URI as a proxy gets it (kept as it
is) or HOSTNAME/PATH for a server. With --pipelined first, all requests leave before any reply.
"""

import socket
import sys

args = sys.argv[1:]
pipelined = args[0] == "--pipelined"
host, port, *targets = args[1:] if pipelined else args


def request(target: str) -> bytes:
    if target.startswith("http://"):
        name, uri = target.removeprefix("http://").split("/")[0], target
    else:
        name, _, path = target.partition("/")
        uri = "/" + path
    return f"GET {uri} HTTP/1.1\r\nHost: {name}\r\nUser-Agent: http-requests\r\n\r\n".encode()


def read_response(stream) -> str:
    status = stream.readline().decode().strip()
    length = 0
    while (line := stream.readline().strip()) != b"":
        field, _, value = line.partition(b":")
        if field.lower() == b"content-length":
            length = int(value)
        if field.lower() == b"transfer-encoding":
            raise SystemExit("chunked replies are not expected here")
    stream.read(length)
    return status


with socket.create_connection((host, int(port)), timeout=5) as connection:
    stream = connection.makefile("rb")
    if pipelined:
        connection.sendall(b"".join(map(request, targets)))
    for target in targets:
        if not pipelined:
            connection.sendall(request(target))
        print(target, read_response(stream))

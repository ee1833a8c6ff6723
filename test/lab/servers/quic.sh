#!/bin/sh -eu
# Starts ngtcp2's HTTP/3 server on a UDP port of every address of this host, and does not wait for its end.
# Arguments: PORT [OPTION...]
port=$1
shift
files=$(mktemp -d /run/scratch/quic.XXXXXX)
echo lab > "$files/index.html"
for address in 0.0.0.0 ::; do
  setsid gtlsserver -q -d "$files" "$@" "$address" "$port" /run/scratch/key.pem /run/scratch/certificate.pem \
    > /dev/null 2>&1 < /dev/null &
done
sleep 1

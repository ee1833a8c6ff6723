#!/bin/sh
# Real clients on the loopback of a network namespace of their own, recorded by tcpdump.
# usage: unshare --net play.sh SERVERS CAPTURE
set -eu
servers=$1
capture=$2
ip link set lo up
for address in 10.20.1.11 10.20.9.30 198.51.100.7; do ip address add "$address/32" dev lo; done
node "$servers" &
server=$!
tcpdump -i lo -s 0 -U -w "$capture" 2>/dev/null &
recorder=$!
trap 'kill "$server" "$recorder" 2>/dev/null || true' EXIT
for _ in $(seq 100); do
  if ss -Hltn | grep -q ':1080 ' && [ -s "$capture" ]; then break; fi
  sleep 0.1
done

me=10.20.1.11
get() { curl -s -o /dev/null -m 3 --interface "host!$me" "$@" || true; }
hello() { timeout 3 openssl s_client -bind "$me:0" "$@" </dev/null >/dev/null 2>&1 || true; }
get --socks5-hostname 10.20.9.30:1080 http://socks5.example.com/
get --socks4a 10.20.9.30:1080 http://socks4a.example.com/
get --socks5 10.20.9.30:1080 http://203.0.113.5/
get --http2-prior-knowledge --resolve h2c.example.com:8080:198.51.100.7 http://h2c.example.com:8080/a http://h2c.example.com:8080/b
for protocol in smtp:25 imap:143 pop3:110 ftp:21 xmpp:5222 postgres:5432 ldap:389; do
  name=${protocol%:*}
  hello -connect "198.51.100.7:${protocol#*:}" -starttls "$name" -servername "$name.example.com"
done
hello -dtls -connect 198.51.100.7:3478 -servername dtls.example.com
hello -connect 198.51.100.7:853 -alpn dot -servername dot.example.com
if command -v ssh >/dev/null; then
  timeout 3 ssh -b "$me" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    198.51.100.7 true 2>/dev/null || true
fi
sleep 0.5

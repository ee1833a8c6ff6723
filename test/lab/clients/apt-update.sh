#!/bin/sh -eu
# apt-get update from one source line, in directories of its own: the machine's apt is not touched.
# Arguments: URL SUITE
root=$(mktemp -d "$HOME/apt.XXXXXX")
mkdir -p "$root/etc/apt/apt.conf.d" "$root/etc/apt/preferences.d" "$root/etc/apt/trusted.gpg.d" \
  "$root/state/lists/partial" "$root/cache/archives/partial"
: > "$root/status"
echo "deb [trusted=yes] $1 $2 main" > "$root/etc/apt/sources.list"
exec apt-get update \
  -o Dir::Etc="$root/etc/apt" -o Dir::State="$root/state" -o Dir::State::status="$root/status" \
  -o Dir::Cache="$root/cache" -o APT::Sandbox::User=root -o Acquire::Retries=0 \
  -o Acquire::http::Timeout=3 -o Acquire::Languages=none -o APT::Architecture=amd64

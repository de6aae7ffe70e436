#!/usr/bin/env bash
# Installs what the tests use and pip cannot bring: Debian's Chromium and PostgreSQL. Harmless to repeat; without root or network
# it says what the tests will skip, and succeeds.
set -uo pipefail

missing=()
command -v chromium >/dev/null || missing+=(chromium)
compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null || missing+=(postgresql)
[ ${#missing[@]} -eq 0 ] && exit 0

skipped() {
    echo "Without ${missing[*]} ($1), tests of the console in a browser or on PostgreSQL are skipped. To run them: apt-get install ${missing[*]}" >&2
    exit 0
}
[ "$(id -u)" -eq 0 ] || skipped "not root"
command -v apt-get >/dev/null || skipped "no apt-get here"

echo "Installing ${missing[*]} for the tests (once)..."
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# the package would make and start a server that nobody asked for
quiet=/etc/postgresql-common/createcluster.d/vigie-tests.conf
trap 'rm -f "$log" "$quiet"' EXIT
mkdir -p "$(dirname "$quiet")" && echo "create_main_cluster = false" >"$quiet"
timeout 120 apt-get update -q >"$log" 2>&1 || skipped "apt-get update: $(tail -n 1 "$log")"
timeout 600 apt-get install -q -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 || skipped "apt-get install: $(tail -n 1 "$log")"

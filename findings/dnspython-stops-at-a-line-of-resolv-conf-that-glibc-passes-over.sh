#!/usr/bin/env bash
# Version: dnspython 2.9.2 (PyPI); getent of glibc, as this machine has it (Debian 12: 2.36), for comparison.
# Behaviour: one line of resolv.conf names a server in a form that glibc does not know ("nameserver 192.0.2.1#53", as
#   dnsmasq and unbound write it, or "nameserver localhost"), and the next line a good one. glibc passes over the first
#   and asks the second. dnspython asks nobody: it raises ValueError, which is no DNSException, where the resolver is made.
# Guessed: it passes over the line, as glibc does, or raises its own NoResolverConfiguration.
# Hurts: the mail server works, dig and getent work, and what is written in Python ends with a traceback, or takes the
#   error for a domain that is not there: policyd-spf, Mailman, dkimpy and checkers of addresses ask by dnspython, and catch
#   DNSException. Correct the line; the port of a name server has no place in resolv.conf.
# Source: observed; no report of it was found.
# Seen on 30 November 2026:
#   nameserver 192.0.2.1#53: glibc 192.0.2.7; dnspython ValueError, a DNSException: False
#   nameserver localhost: glibc 192.0.2.7; dnspython ValueError, a DNSException: False
#   nameserver 127.0.0.1: glibc 192.0.2.7; dnspython 192.0.2.7
# Needs Debian 12, root, python3 with venv, getent, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1
    ip link set lo up
    : >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    echo 'hosts: dns' >"$work/nsswitch.conf"
    mount --bind "$work/nsswitch.conf" /etc/nsswitch.conf || exit
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    sleep 1
    for server in 192.0.2.1#53 localhost 127.0.0.1; do
        printf '%s\n' "nameserver $server" 'nameserver 127.0.0.1' 'options timeout:1 attempts:1' >"$work/resolv.conf"
        printf 'nameserver %s: glibc %s; dnspython %s\n' "$server" \
            "$(timeout 20 getent hosts mx.example.net | awk 'NR == 1 {print $1}')" \
            "$(timeout 20 "$work/venv/bin/python" "$work/ask.py" 2>>"$work/ask.log")"
    done >"$work/lines"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in python3 getent unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q dnspython==2.9.2 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"

cat >"$work/ask.py" <<'PYTHON'
"""Prints what dnspython answers, or what it raises."""
import dns.exception
import dns.resolver

try:
    print(dns.resolver.resolve("mx.example.net", "A")[0])
except Exception as error:
    print(f"{type(error).__name__}, a DNSException: {isinstance(error, dns.exception.DNSException)}")
PYTHON
cat >"$work/server.py" <<'PYTHON'
"""A name server that has one address for every name."""
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    at = 12
    while query[at]:
        at += 1 + query[at]
    kind = query[at + 2]
    record = b"\xc0\x0c" + bytes([0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]) if kind == 1 else b""
    head = query[:2] + bytes([0x85, 0x80, 0, 1, 0, 1 if record else 0, 0, 0, 0, 0])
    server.sendto(head + query[12 : at + 5] + record, client)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
cat "$work/lines"
grep -q '^nameserver 127.0.0.1: glibc 192.0.2.7; dnspython 192.0.2.7$' "$work/lines" ||
    end 4 "nothing measured: the usual resolv.conf is not read by both; $(tail -n 1 "$work/ask.log" "$work/server.log")"

[ "$(grep -c ': glibc 192.0.2.7; dnspython ValueError, a DNSException: False$' "$work/lines")" = 2 ] ||
    end 1 "CHANGED: glibc or dnspython reads such a line in another way"
end 0 "as stated: glibc passes over the line, dnspython raises ValueError"

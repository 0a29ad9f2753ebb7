#!/usr/bin/env bash
# Version: pydnsbl 1.1.7 (PyPI), dnsbl 4.0.3 (npm), check_rbl 1.7.0 (Debian 12, monitoring-plugins-contrib
#   42.20230308+deb12u1+b1) and rblcheck 20190930-3 (Debian 12), each as it comes.
# Behaviour: a blocklist that refuses the question (the resolver is a public one, or asks too much) says so with
#   an address of 127.255.255.0/24. All four programs call the address that was asked about listed. A list
#   that answers nothing (SERVFAIL) makes it clean in all four; only pydnsbl keeps such a list apart, in
#   failed_providers. Which code the list gave is shown by check_rbl alone.
# Guessed: rblcheck is old and may not know; a monitoring plugin and the two libraries tell a refusal apart.
# Hurts: who watches his addresses from a cloud host or a container (its resolver is 8.8.8.8) is told that
#   each of them is on Spamhaus, asks for removal, and finds nothing to remove; the alarm never ends. And on
#   the day when the list cannot be reached all is well. Before you believe "listed", ask for 127.0.0.1,
#   which no list names (RFC 5782 section 5), and look at the code: dig +short 25.2.0.192.zen.spamhaus.org.
# Source: observed; RFC 5782 section 2.1 has listings in 127.0.0.0/8, and leaves the values to the list;
#   Spamhaus's FAQ on the use of its lists has 127.255.255.252, .254 and .255 as errors.
# Seen on 29 November 2026 (192.0.2.25, at a list that has it, that has it not, that refuses, that fails):
#   pydnsbl   has: listed   has not: clean   refuses: listed   fails: clean (failed_providers)
#   dnsbl     has: listed   has not: clean   refuses: listed   fails: clean
#   check_rbl has: listed   has not: clean   refuses: listed   fails: clean
#   rblcheck  has: listed   has not: clean   refuses: listed   fails: clean
# Needs Debian 12 (amd64), root, python3 with venv, Node.js 20 or later with npm, unshare, ip. Exit codes:
# README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

row() { # the name of a program, and a command that prints "listed" or "clean" for the zone in its last argument
    printf '%-9s' "$1"
    for state in 'has' 'has not' 'refuses' 'fails'; do
        printf ' %s: %s  ' "$state" "$("${@:2}" "${state// /}.example" 2>>"$work/ask.log")"
    done
    echo
}
of_pydnsbl() { "$work/venv/bin/python" "$work/ask.py" "$1"; }
of_dnsbl() { (cd "$work" && timeout 30 node "$work/ask.mjs" "$1"); }
of_check_rbl() { # 0: fewer than the one of -w, 1: a warning
    chroot "$root" /usr/bin/perl /usr/lib/nagios/plugins/check_rbl -H 192.0.2.25 -s "$1" -w 1 -c 2 \
        >>"$work/check_rbl.log"
    case $? in 0) echo clean ;; 1) echo listed ;; *) echo "not measured" ;; esac
}
of_rblcheck() {
    chroot "$root" /usr/bin/rblcheck -c -s "$1" 192.0.2.25 |
        sed 's/.* not listed by .*/clean/; s/.* listed by .*/listed/'
}

inside() { # in namespaces of its own: no network but a loopback, a name server of its own
    work=$1 root=$1/root
    ip link set lo up
    echo 'nameserver 127.0.0.1' | tee "$root/etc/resolv.conf" >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    for name in null urandom; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/dns.py" >"$work/dns.log" 2>&1 &
    sleep 1
    for program in pydnsbl dnsbl check_rbl rblcheck; do row "$program" "of_$program"; done |
        sed 's/ *$//' >"$work/lines"
}
if [ "${1-}" = inside ]; then export LC_ALL=C; inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 node npm unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    rblcheck=20190930-3 monitoring-plugins-contrib=42.20230308+deb12u1+b1 libc6 libcrypt1 libdb5.3 libgdbm6 \
    zlib1g libbz2-1.0 perl perl-base perl-modules-5.36 libperl5.36 libmonitoring-plugin-perl libreadonly-perl \
    libdata-validate-ip-perl libdata-validate-domain-perl libconfig-tiny-perl libmath-calc-units-perl \
    libparams-validate-perl libclass-accessor-perl libnet-domain-tld-perl libnetaddr-ip-perl \
    libmodule-runtime-perl libmodule-implementation-perl libtry-tiny-perl libcapture-tiny-perl libnet-dns-perl \
    libnet-ip-perl libsub-name-perl libsocket6-perl dash \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
[ -e "$root/usr/bin/sh" ] || ln -s dash "$root/usr/bin/sh"
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q pydnsbl==1.1.7 aiodns==3.6.1 pycares==4.11.0 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund dnsbl@4.0.3 >npm.log 2>&1) ||
    end 3 "the package cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"
printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
echo 'domain 53/udp' >"$root/etc/services"
chmod 755 "$root"

cat >"$work/dns.py" <<'PYTHON'
"""Four blocklists: one has every address, one has none, one refuses to be asked, one does not work."""
import socket

ANSWERS = {"has": (127, 0, 0, 2), "refuses": (127, 255, 255, 254)}

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    place, kind = labels[-2] if labels[-1:] == ["example"] else "", query[at + 2]
    answer, code = b"", 2 if place == "fails" else 3
    if place in ANSWERS:
        code = 0
        if kind == 1 and len(labels) > 2:
            answer = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04" + bytes(ANSWERS[place])
    head = query[:2] + bytes([0x81, 0x80 | code, 0, 1, 0, 1 if answer else 0, 0, 0, 0, 0])
    server.sendto(head + query[12 : at + 5] + answer, client)
PYTHON
cat >"$work/ask.py" <<'PYTHON'
"""Ask pydnsbl about one address at one list."""
import sys

import pydnsbl
from pydnsbl.providers import Provider

result = pydnsbl.DNSBLIpChecker(providers=[Provider(sys.argv[1])]).check("192.0.2.25")
print("listed" if result.blacklisted else "clean", end=" (failed_providers)" if result.failed_providers else "")
PYTHON
cat >"$work/ask.mjs" <<'JS'
import { lookup } from 'dnsbl'

console.log((await lookup('192.0.2.25', process.argv[2], { servers: ['127.0.0.1'] })) ? 'listed' : 'clean')
process.exit()
JS

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
cat "$work/lines"
[ "$(grep -c ' has: listed   has not: clean ' "$work/lines")" = 4 ] ||
    end 4 "nothing measured: not all were asked as meant; $(tail -n 1 "$work/ask.log")"

[ "$(grep -c ' refuses: listed   fails: clean' "$work/lines")" = 4 ] ||
    end 1 "CHANGED: a list that refuses, or fails, is no longer the same to all of them"
end 0 "as stated: a list that refuses to answer is a listing, and one that fails is none"

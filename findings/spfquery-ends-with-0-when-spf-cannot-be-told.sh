#!/usr/bin/env bash
# Version: spfquery 1.2.10-7.2+b1 (of libspf2) and spf-tools-perl 2.9.0-5 (of Mail::SPF), Debian 12: both are
#   /usr/bin/spfquery by "alternatives", whichever is installed.
# Behaviour: while the domain's name servers fail, and for a record with a syntax error, libspf2's spfquery prints
#   "(invalid)" and ends with 0. Pass ends with 2. Mail::SPF's ends with 0 for pass, and has codes of its own for all.
# Guessed: 0 is pass, and temperror and permerror have codes of their own, in both.
# Hurts: a script of a mail operator that asks "if spfquery ..." takes a failing DNS and a broken record for a pass,
#   and each pass for a failure; with the other package installed the same line means the opposite. Compare the
#   first line that is printed, not the exit code.
# Source: observed; spfquery(1) of libspf2 does not name the codes.
# Seen on 30 November 2026:
#   pass: libspf2 "pass", exit code 2; Mail::SPF "pass", exit code 0
#   fail: libspf2 "fail", exit code 3; Mail::SPF "fail", exit code 1
#   none: libspf2 "none", exit code 5; Mail::SPF "none", exit code 6
#   failing: libspf2 "(invalid)", exit code 0; Mail::SPF "temperror", exit code 5
#   broken: libspf2 "(invalid)", exit code 0; Mail::SPF "permerror", exit code 4
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    sleep 1
    for name in pass fail none failing broken; do
        own=0
        LC_ALL=C chroot "$root" /usr/bin/spfquery.libspf2 -ip 192.0.2.7 -sender "shop@$name.example.com" \
            -helo mail.example.com >"$work/libspf2" 2>"$work/log" || own=$?
        other=0
        LC_ALL=C chroot "$root" /usr/bin/spfquery.mail-spf-perl --scope mfrom --identity "shop@$name.example.com" \
            --ip-address 192.0.2.7 --helo-identity mail.example.com >"$work/perl" 2>>"$work/log" || other=$?
        printf '%s: libspf2 "%s", exit code %s; Mail::SPF "%s", exit code %s\n' "$name" \
            "$(grep -m 1 -xE '[a-z]+|\(invalid\)' "$work/libspf2")" "$own" "$(head -n 1 "$work/perl")" "$other"
    done >"$work/lines"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    spfquery=1.2.10-7.2+b1 libspf2-2=1.2.10-7.2+b1 spf-tools-perl=2.9.0-5 libmail-spf-perl=2.9.0-5 \
    libnet-dns-perl libnetaddr-ip-perl liberror-perl liburi-perl libnet-dns-resolver-programmable-perl libnet-ip-perl \
    perl perl-base perl-modules-5.36 libperl5.36 libcrypt1 libdb5.3 libgdbm6 libgdbm-compat4 libbz2-1.0 zlib1g \
    libc6 libgcc-s1 >"$work/apt.log" 2>&1) ||
    end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:1 attempts:1' >"$root/etc/resolv.conf"
chmod 755 "$root"
cat >"$work/server.py" <<'PYTHON'
"""A name server: three SPF records, SERVFAIL for failing.example.com, and no record for the rest."""
import socket

TEXTS = {
    "pass.example.com": b"v=spf1 ip4:192.0.2.7 -all",
    "fail.example.com": b"v=spf1 ip4:198.51.100.7 -all",
    "broken.example.com": b"v=spf1 ip4:192.0.2.7/33 -all",
}
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    name, kind = ".".join(labels), query[at + 2]
    text = TEXTS.get(name) if kind == 16 else None
    head = query[:2] + bytes([0x85, 0x82 if name == "failing.example.com" else 0x80, 0, 1, 0, 1 if text else 0, 0, 0, 0, 0])
    body = b"\xc0\x0c" + bytes([0, 16, 0, 1, 0, 0, 0, 60, 0, len(text) + 1, len(text)]) + text if text else b""
    server.sendto(head + query[12 : at + 5] + body, client)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
[ -s "$work/lines" ] || end 4 "nothing measured: nothing was printed"
cat "$work/lines"
grep -q '^pass: libspf2 "pass", .*Mail::SPF "pass", exit code 0$' "$work/lines" ||
    end 4 "nothing measured: the usual record is not read by both; $(tail -n 1 "$work/log")"

if grep -q '^pass: libspf2 "pass", exit code 2;' "$work/lines" &&
    grep -q '^failing: libspf2 "(invalid)", exit code 0; Mail::SPF "temperror", exit code [1-9]' "$work/lines" &&
    grep -q '^broken: libspf2 "(invalid)", exit code 0; Mail::SPF "permerror", exit code [1-9]' "$work/lines"; then
    end 0 "as stated: 0 is a failing DNS and a broken record, and pass is 2"
fi
end 1 "CHANGED: the exit codes are others"

#!/usr/bin/env bash
# Version: Exim 4.96-15+deb12u11 (Debian 12, exim4-daemon-heavy) with libspf2 1.2.10-7.2+b1, as the receiving
#   server; read with authres 1.2.0 (PyPI), which Mailman 3 uses.
# Behaviour: while the sender's own name servers fail (SERVFAIL), SPF has the result "(invalid)": "spf = temperror"
#   in an ACL does not hold, and the message is not put off. A record with a mistyped mechanism (ipv4: for
#   ip4:) is "(invalid)", too, and not permerror. Where the same happens behind an include, the results are as
#   they should be. The header then has "spf=(invalid) smtp.mailfrom=own.example", where what is in
#   parentheses is a comment (RFC 8601), and authres reads "smtp.mailfrom=own.example" as the result.
# Guessed: temperror and permerror: Exim's specification says of them that they stand for these two errors.
# Hurts: who defers on temperror, for the mail to come again once the DNS works, loses that for the plainest case.
#   Who counts results by domain finds none for these senders, or one result for each of them. A sender who
#   sees "(invalid)" cannot tell a typing error in his record from an hour without his name servers:
#   let an SPF checker read the record; if it is well formed, it was DNS.
# Source: observed; Exim's specification, "SPF verification", has a temporary error as temperror, an error of
#   syntax as permerror, and "invalid" for "an error during processing", and does not say which.
# Seen on 29 November 2026 (MAIL FROM:<shop@...>, "defer spf = temperror", from 192.0.2.25):
#   good.example: 250 OK   spf=pass smtp.mailfrom=good.example   authres: pass
#   include.example: 451 put off (temperror)
#   own.example: 250 OK   spf=(invalid) smtp.mailfrom=own.example   authres: smtp.mailfrom=own.example
#   typo.example: 250 OK   spf=(invalid) smtp.mailfrom=typo.example   authres: smtp.mailfrom=typo.example
#   typo-behind.example: 250 OK   spf=permerror smtp.mailfrom=typo-behind.example   authres: permerror
# Needs Debian 12 (amd64), root, python3 with venv, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/dns.py" >"$work/dns.log" 2>&1 &
    sleep 1
    for label in good include own typo typo-behind; do
        reply=$(printf '%s\r\n' 'EHLO mail.example.com' "MAIL FROM:<shop@$label.example>" QUIT |
            timeout 30 chroot "$root" /usr/sbin/exim4 -bs -oMa 192.0.2.25 2>>"$work/exim.log" |
            sed -n '/^250 HELP/,/^221/s/\(^250 OK\|^45.*\|^55.*\)\r/\1/p')
        results=$(sed -n "s/.*\(spf=.* smtp.mailfrom=$label\.example\).*/\1/p" "$root/var/log/exim4/mainlog")
        echo "$label.example: $reply   $results"
    done >"$work/results"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p \
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/exim4 var/spool/exim4 var/log/exim4 var/mail run/exim4 &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    exim4-daemon-heavy=4.96-15+deb12u11 exim4-base=4.96-15+deb12u11 libspf2-2=1.2.10-7.2+b1 libc6 libaudit1 \
    libcap-ng0 libcom-err2 libcrypt1 libdb5.3 libevent-2.1-7 libffi8 libgcc-s1 libgmp10 libgnutls-dane0 libgnutls30 \
    libgssapi-krb5-2 libhiredis0.14 libhogweed6 libidn12 libidn2-0 libk5crypto3 libkeyutils1 libkrb5-3 \
    libkrb5support0 libldap-2.5-0 libmariadb3 libnettle8 libnghttp2-14 libnsl2 libp11-kit0 libpam0g libpcre2-8-0 \
    libperl5.36 libpq5 libsasl2-2 libsqlite3-0 libssl3 libstdc++6 libtasn1-6 libtirpc3 libunbound8 libunistring2 \
    libzstd1 zlib1g \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q authres==1.2.0 >"$work/pip.log" 2>&1 ||
    end 3 "the package cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' \
    'Debian-exim:x:101:101::/var/spool/exim4:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' 'Debian-exim:x:101:' >"$root/etc/group"
echo '127.0.0.1 localhost mx.example.net' >"$root/etc/hosts"
printf '%s\n' 'smtp 25/tcp' 'domain 53/udp' >"$root/etc/services"
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:2 attempts:1' >"$root/etc/resolv.conf"
cat >"$root/etc/exim4/exim4.conf" <<'CONF'
primary_hostname = mx.example.net
keep_environment =
acl_smtp_mail = check_mail
begin acl
check_mail:
  defer spf = temperror
    message = put off (temperror)
  accept logwrite = ${authresults {mx.example.net}}
CONF
chown root:root "$root/etc/exim4/exim4.conf"
chown 101:101 "$root/var/spool/exim4" "$root/var/log/exim4" "$root/run/exim4"
chmod 755 "$root"

cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: SPF records, SERVFAIL for own.example and broken.example, NXDOMAIN for all other names."""
import socket

RECORDS = {
    "good.example": "v=spf1 ip4:192.0.2.25 -all",
    "include.example": "v=spf1 include:broken.example -all",
    "typo.example": "v=spf1 ipv4:192.0.2.25 -all",
    "typo-behind.example": "v=spf1 include:typo.example -all",
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
    text, answer = RECORDS.get(name), b""
    code = 2 if name in ("own.example", "broken.example") else 0 if text else 3
    if text and kind == 16:
        data = bytes([len(text)]) + text.encode()
        answer = b"\xc0\x0c\0\x10\0\x01\0\0\0\x3c" + len(data).to_bytes(2, "big") + data
    head = query[:2] + bytes([0x81, 0x80 | code, 0, 1, 0, 1 if answer else 0, 0, 0, 0, 0])
    server.sendto(head + query[12 : at + 5] + answer, client)
PYTHON
cat >"$work/read.py" <<'PYTHON'
"""Read the results with authres, each as the header that Exim makes of it."""
import sys

import authres

for line in sys.stdin.read().splitlines():
    results = line.partition("   ")[2]
    if results:
        header = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: mx.example.net; {results}")
        line += f"   authres: {header.results[0].result}"
    print(line.rstrip())
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
"$work/venv/bin/python" "$work/read.py" <"$work/results" >"$work/lines" 2>"$work/read.log" ||
    end 1 "CHANGED: authres cannot read the header; $(tail -n 1 "$work/read.log")"
cat "$work/lines"
grep -qx 'good.example: 250 OK   spf=pass smtp.mailfrom=good.example   authres: pass' "$work/lines" &&
    grep -qx 'include.example: 451 put off (temperror)' "$work/lines" ||
    end 4 "nothing measured: Exim did not ask as meant; $(tail -n 1 "$work/exim.log")"

for label in own typo; do
    name=$label.example
    grep -qx "$name: 250 OK   spf=(invalid) smtp.mailfrom=$name   authres: smtp.mailfrom=$name" "$work/lines" ||
        end 1 "CHANGED: the result for $name is another one"
done
end 0 "as stated: the result is (invalid), and the property behind it is read as the result"

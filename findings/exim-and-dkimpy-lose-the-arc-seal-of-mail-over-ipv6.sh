#!/usr/bin/env bash
# Version: Exim 4.96-15+deb12u11 (Debian 12, exim4-daemon-heavy), as the receiving server; authres 1.2.0 and dkimpy 1.1.8
#   (PyPI) as readers of what it writes. Mailman 3 has both.
# Behaviour: where a message came over IPv6, Exim's ${authresults} has "smtp.remote-ip=2001:db8::25" without quotes.
#   authres cannot read such a header at all, its results of SPF and DKIM neither. dkimpy's arc_sign() then gives an empty
#   list and no error: the message goes on without an ARC seal. With an IPv4 client both work.
# Guessed: the header is read, or the one result with the address is left out; no seal is lost in silence.
# Hurts: a list or forwarder that seals seals only mail that came over IPv4. At the final receiver the same sender passes
#   by ARC one day and fails DMARC the next, by the way that the mail took; no log has a word of it. Compare the seals
#   of mail from both; leave iprev out of what the sealer reads, or put the address in quotes.
# Source: observed; RFC 8601 2.2: a value is a token or a quoted string, and a colon is not for tokens (RFC 2045 5.1). dkimpy
#   takes the error of authres for a message without such a header. No report of it was found.
# Seen on 30 November 2026:
#   iprev=pass (client.example.com) smtp.remote-ip=192.0.2.25   authres: iprev=pass   arc_sign: 3 fields
#   iprev=pass (client.example.com) smtp.remote-ip=2001:db8::25   authres: error   arc_sign: 0 fields
# Needs Debian 12 (amd64), root, python3 with venv, openssl, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/names.py" >"$work/names.log" 2>&1 &
    sleep 1
    for address in 192.0.2.25 2001:db8::25; do
        printf '%s\r\n' 'EHLO client.example.com' 'MAIL FROM:<shop@example.com>' QUIT |
            timeout 30 chroot "$root" /usr/sbin/exim4 -bs -oMa "$address" >>"$work/exim.log" 2>&1
    done
    sed -n 's/.*Authentication-Results: //; T; s/\\n\s*/ /gp' "$root/var/log/exim4/mainlog" >"$work/results"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg openssl python3 unshare ip chroot; do
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
"$work/venv/bin/pip" install -q authres==1.2.0 dkimpy==1.1.8 dnspython==2.9.2 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"

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
  warn ! verify = reverse_host_lookup
  accept logwrite = ${authresults {mx.example.net}}
CONF
chown root:root "$root/etc/exim4/exim4.conf"
chown 101:101 "$root/var/spool/exim4" "$root/var/log/exim4" "$root/run/exim4"
chmod 755 "$root"

cat >"$work/names.py" <<'PYTHON'
"""A DNS server: the addresses of client.example.com and their reverse names, NXDOMAIN for all else."""
import ipaddress
import socket

NAME = "client.example.com"
A, PTR, AAAA = 1, 12, 28
RECORDS = {}
for address, kind in ((ipaddress.ip_address("192.0.2.25"), A), (ipaddress.ip_address("2001:db8::25"), AAAA)):
    RECORDS[NAME, kind] = address.packed
    RECORDS[address.reverse_pointer, PTR] = b"\x06client\x07example\x03com\0"
NAMES = {name for name, _ in RECORDS}

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    name, kind = ".".join(labels), query[at + 2]
    data = RECORDS.get((name, kind))
    answer = b"" if data is None else b"\xc0\x0c" + bytes([0, kind, 0, 1, 0, 0, 0, 60]) + len(data).to_bytes(2, "big") + data
    head = query[:2] + bytes([0x81, 0x80 | (0 if name in NAMES else 3), 0, 1, 0, 1 if answer else 0, 0, 0, 0, 0])
    server.sendto(head + query[12 : at + 5] + answer, client)
PYTHON
openssl genrsa -traditional -out "$work/key.pem" 2048 2>"$work/key.log" || end 4 "nothing measured: openssl made no key"
cat >"$work/read.py" <<'PYTHON'
"""Read each header with authres, and seal a message that has it with dkimpy."""
import sys

import authres
import dkim

key = open(sys.argv[1], "rb").read()
for value in sys.stdin.read().splitlines():
    try:
        header = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {value}")
        read = " ".join(f"{it.method}={it.result}" for it in header.results)
    except authres.SyntaxError:
        read = "error"
    mail = (
        f"Authentication-Results: {value}\r\nFrom: shop@example.com\r\nTo: anna@example.org\r\nSubject: test\r\n"
        "Date: Mon, 30 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\nHello\r\n"
    ).encode()
    fields = dkim.arc_sign(mail, b"s1", b"mx.example.net", key, b"mx.example.net", [b"from", b"to", b"subject", b"date"])
    print(f"{value.partition('; ')[2]}   authres: {read}   arc_sign: {len(fields)} fields")
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
"$work/venv/bin/python" "$work/read.py" "$work/key.pem" <"$work/results" >"$work/lines" 2>"$work/read.log" ||
    end 1 "CHANGED: dkimpy has an error; $(tail -n 1 "$work/read.log")"
cat "$work/lines"
begin='iprev=pass (client.example.com) smtp.remote-ip='
grep -qx "${begin}192.0.2.25   authres: iprev=pass   arc_sign: 3 fields" "$work/lines" ||
    end 4 "nothing measured: Exim did not write the header as meant, or dkimpy does not seal; $(tail -n 1 "$work/exim.log")"

if grep -qx "${begin}2001:db8::25   authres: error   arc_sign: 0 fields" "$work/lines"; then
    end 0 "as stated: of mail that came over IPv6 the header cannot be read, and no seal is made"
fi
end 1 "CHANGED: Exim quotes the address, authres reads it, or dkimpy seals or says why it does not"

#!/usr/bin/env bash
# Version: libspf2 1.2.10-7.2+b1 with its spfquery, and Exim 4.96-15+deb12u11 (exim4-daemon-heavy), which uses
#   it (both Debian 12).
# Behaviour: a domain publishes exp=, so that who is refused is told why. libspf2 turns each blank of that text
#   into "%" and leaves its macros as they are; only a text without a blank, written with "%_", is right.
#   In Exim $spf_smtp_comment, by its specification the text for the reply, is never that text: it is a link to
#   www.open-spf.org without sender and address, and "Reason: mechanism", for every domain alike.
# Guessed: the domain's own words, with address and sender filled in, as in RFC 7208 section 6.2.
# Hurts: the domain's administrator believes that his users are told where to send their mail from, and they are
#   told "mechanism". Who reads the reply cannot see which record, or which address, it is about: take both from
#   the log of the sending server, and check them with another program.
# Source: observed; RFC 7208 sections 6.2 and 7.1 (an explain-string has its blanks as they are); Exim's
#   specification, "SPF verification" (spf_smtp_comment_template is the setting).
# Seen on 30 November 2026 (from 192.0.2.25, "v=spf1 -all exp=..."):
#   words.example publishes: Send by mail.example.com, not by %{i}
#     spfquery: Send%by%mail.example.com,%not%by%{i} : Reason: mechanism
#     Exim: 550 Please see http://www.open-spf.org/Why : Reason: mechanism
#   link.example publishes: See%_https://www.example.com/spf?i=%{i}
#     spfquery: See https://www.example.com/spf?i=192.0.2.25 : Reason: mechanism
#     Exim: 550 Please see http://www.open-spf.org/Why : Reason: mechanism
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/dns.py" "$work/texts" >"$work/dns.log" 2>&1 &
    sleep 1
    while read -r label text; do
        echo "$label.example publishes: $text"
        echo "  spfquery: $(chroot "$root" /usr/bin/spfquery.libspf2 --ip=192.0.2.25 --helo=mail.example.com \
            --sender="shop@$label.example" 2>>"$work/spfquery.log" | sed -n 2p)"
        echo "  Exim: $(printf '%s\r\n' 'EHLO mail.example.com' "MAIL FROM:<shop@$label.example>" QUIT |
            chroot "$root" /usr/sbin/exim4 -bs -oMa 192.0.2.25 2>>"$work/exim.log" | sed -n 's/\(^550.*\)\r/\1/p')"
    done <"$work/texts" >"$work/lines"
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
    exim4-daemon-heavy=4.96-15+deb12u11 exim4-base=4.96-15+deb12u11 libspf2-2=1.2.10-7.2+b1 \
    spfquery=1.2.10-7.2+b1 libc6 libaudit1 libcap-ng0 libcom-err2 libcrypt1 libdb5.3 libevent-2.1-7 libffi8 \
    libgcc-s1 libgmp10 libgnutls-dane0 libgnutls30 libgssapi-krb5-2 libhiredis0.14 libhogweed6 libidn12 libidn2-0 \
    libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libldap-2.5-0 libmariadb3 libnettle8 libnghttp2-14 \
    libnsl2 libp11-kit0 libpam0g libpcre2-8-0 libperl5.36 libpq5 libsasl2-2 libsqlite3-0 libssl3 libstdc++6 \
    libtasn1-6 libtirpc3 libunbound8 libunistring2 libzstd1 zlib1g \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

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
  deny spf = fail
    message = $spf_smtp_comment
  accept
CONF
chown root:root "$root/etc/exim4/exim4.conf"
chown 101:101 "$root/var/spool/exim4" "$root/var/log/exim4" "$root/run/exim4"
chmod 755 "$root"

cat >"$work/texts" <<'TEXTS'
words Send by mail.example.com, not by %{i}
link See%_https://www.example.com/spf?i=%{i}
TEXTS
cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: for each domain a record that fails, and behind it the explanation."""
import socket
import sys

RECORDS = {}
for line in open(sys.argv[1]).read().splitlines():
    label, _, text = line.partition(" ")
    RECORDS[f"{label}.example"] = f"v=spf1 -all exp=why.{label}.example"
    RECORDS[f"why.{label}.example"] = text

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    text, answer = RECORDS.get(".".join(labels)), b""
    if text and query[at + 2] == 16:
        data = bytes([len(text)]) + text.encode()
        answer = b"\xc0\x0c\0\x10\0\x01\0\0\0\x3c" + len(data).to_bytes(2, "big") + data
    head = query[:2] + bytes([0x81, 0x80 | (0 if text else 3), 0, 1, 0, 1 if answer else 0, 0, 0, 0, 0])
    server.sendto(head + query[12 : at + 5] + answer, client)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
cat "$work/lines"
grep -qF '  spfquery: See https://www.example.com/spf?i=192.0.2.25 : Reason: mechanism' "$work/lines" ||
    end 4 "nothing measured: the name server was not asked as meant; $(tail -n 1 "$work/spfquery.log")"

link='550 Please see http://www.open-spf.org/Why : Reason: mechanism'
if grep -qF '  spfquery: Send%by%mail.example.com,%not%by%{i} : Reason: mechanism' "$work/lines" &&
    [ "$(grep -cF "  Exim: $link" "$work/lines")" = 2 ]; then
    end 0 "as stated: libspf2 spoils the explanation, and Exim does not show it"
fi
end 1 "CHANGED: libspf2 or Exim shows the explanation in another way"

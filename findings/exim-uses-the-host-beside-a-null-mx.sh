#!/usr/bin/env bash
# Version: Exim 4.96-15+deb12u11 (Debian 12, exim4-daemon-light), as the sending server; beside it
#   posttls-finger of Postfix 3.7.11-0+deb12u1, which asks for the route as Postfix' client does.
# Behaviour: a domain that publishes a null MX ("0 .") and another MX record takes mail by that other
#   host for Exim; Postfix gives the mail up ("does not accept mail"). A null MX alone stops both.
# Guessed: both read RFC 7505 alike: who sees the root among the MX records sends no mail there.
# Hurts: a domain that was parked, and whose null MX was forgotten, gets mail from some servers
#   and a bounce from others: one sender says "no such domain", the next one delivers. RFC 7505
#   section 3 forbids such a set and does not say what a sender makes of it.
# Source: observed; Exim's dns.c/host.c mark the nameless host unusable and keep the others,
#   Postfix' smtp_addr.c looks for the null MX first. (sendmail 8.17 gives up, OpenSMTPD 6.8
#   delivers; not run here.)
# Seen on 29 November 2026:
#   exim alone.example: a@alone.example is undeliverable: an MX or SRV record indicated no SMTP service
#   exim beside.example: a@beside.example / router = by_dns, transport = out / host mx.example.net [192.0.2.25] MX=10
#   postfix alone.example: Domain alone.example does not accept mail (nullMX)
#   postfix beside.example: Domain beside.example does not accept mail (nullMX)
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/dns.py" >"$work/dns.log" 2>&1 &
    sleep 1
    for domain in alone.example beside.example; do
        printf 'exim %s: ' "$domain"
        timeout 30 chroot "$root" /usr/sbin/exim4 -C /etc/exim4/test.conf -bt "a@$domain" 2>&1 |
            grep -v unusable | tr -s ' ' | paste -sd '/' | sed 's,/ *, / ,g'
    done >"$work/answers"
    for domain in alone.example beside.example; do
        printf 'postfix %s: ' "$domain"
        timeout 30 chroot "$root" /usr/sbin/posttls-finger -c -l may -L none "$domain" 2>&1 |
            grep -o 'Domain .*' | head -n 1
    done >>"$work/answers"
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/exim4 var/spool/exim4 var/log/exim4 var/mail run/exim4 \
    run etc/postfix var/spool/postfix &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    exim4-daemon-light=4.96-15+deb12u11 exim4-base=4.96-15+deb12u11 libc6 libcrypt1 libnsl2 libtirpc3 \
    libdb5.3 libgnutls30 libgnutls-dane0 libunbound8 libevent-2.1-7 libssl3 libnghttp2-14 libhiredis0.14 \
    libpcre2-8-0 libidn12 libidn2-0 libp11-kit0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 \
    postfix=3.7.11-0+deb12u1 libsasl2-2 libicu72 libstdc++6 \
    libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libffi8 libgcc-s1 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' \
    'Debian-exim:x:101:101::/var/spool/exim4:/usr/sbin/nologin' \
    'postfix:x:102:102::/var/spool/postfix:/usr/sbin/nologin' 'nobody:x:65534:65534::/:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' 'Debian-exim:x:101:' 'postfix:x:102:' 'postdrop:x:103:' 'nogroup:x:65534:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.net' >"$root/etc/hosts"
echo 'smtp 25/tcp' >"$root/etc/services"
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:2 attempts:1' >"$root/etc/resolv.conf"
printf '%s\n' 'compatibility_level = 3.6' 'myhostname = mail.example.net' 'inet_protocols = ipv4' \
    >"$root/etc/postfix/main.cf"
cat >"$root/etc/exim4/test.conf" <<'CONF'
primary_hostname = mail.example.net
keep_environment =
begin routers
by_dns:
  driver = dnslookup
  transport = out
begin transports
out:
  driver = smtp
CONF
chown root:root "$root/etc/exim4/test.conf"
chown 101:101 "$root/var/spool/exim4" "$root/var/log/exim4" "$root/run/exim4"
chmod 755 "$root"

cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: a null MX alone, one beside another record, the address of that host; NODATA for the rest."""
import socket

ROOT = b"\0\0" + b"\0"
HOST = b"\0\x0a" + b"\2mx\7example\3net\0"
ANSWERS = {
    ("alone.example", 15): [ROOT],
    ("beside.example", 15): [ROOT, HOST],
    ("mx.example.net", 1): [bytes([192, 0, 2, 25])],
}
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    kind = query[at + 2]
    records = ANSWERS.get((".".join(labels), kind), [])
    head = query[:2] + bytes([0x85, 0x80, 0, 1, 0, len(records), 0, 0, 0, 0])
    body = b"".join(
        b"\xc0\x0c" + bytes([0, kind, 0, 1, 0, 0, 0, 60, 0, len(record)]) + record for record in records
    )
    server.sendto(head + query[12 : at + 5] + body, client)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
[ "$(wc -l <"$work/answers")" -ge 4 ] || end 4 "nothing measured: the programs said nothing"
cat "$work/answers"

if grep -q '^exim alone.example: .*undeliverable: .*no SMTP service' "$work/answers" &&
    grep -q '^exim beside.example: .*host mx.example.net \[192.0.2.25\]' "$work/answers" &&
    grep -q '^postfix alone.example: .*does not accept mail (nullMX)' "$work/answers" &&
    grep -q '^postfix beside.example: .*does not accept mail (nullMX)' "$work/answers"; then
    end 0 "as stated: Exim uses the host beside a null MX, Postfix does not"
fi
end 1 "CHANGED: the two servers read a null MX beside another record in another way"

#!/usr/bin/env bash
# Version: Postfix 3.7.11-0+deb12u1 (Debian 12) with inet_protocols = ipv4, a usual setting on hosts without IPv6.
# Behaviour: a domain whose mail server has an IPv6 address only. The message bounces at once with "Host or domain name not
#   found" and 5.4.4, though the domain, its MX record and the host all stand in DNS; the words behind it, "Host found but
#   no data record of requested type", and type=A, are the only sign. With inet_protocols = all on the same host it
#   is "Network is unreachable", 4.4.1, and is tried again.
# Guessed: deferred with "Network is unreachable", as from Exim, sendmail and dma.
# Hurts: the sender reads that the domain is not found, and takes the address for a wrong one; a look at DNS shows nothing
#   wrong. It is this host that has no IPv6: mail to such a domain needs a relay that has it.
# Source: observed; postconf(5), inet_protocols: with ipv4 the SMTP client looks up A records only.
# Seen on 30 November 2026:
#   ipv4: dsn=5.4.4, status=bounced (Host or domain name not found. Name service error for name=mx.six.example type=A: Host found but no data record of requested type)
#   all: dsn=4.4.1, status=deferred (connect to mx.six.example[2001:db8::1]:25: Network is unreachable)
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/dns.py" >"$work/dns.log" 2>&1 &
    for protocols in ipv4 all; do
        sed "s/PROTOCOLS/$protocols/" "$work/main.cf" >"$root/etc/postfix/main.cf"
        : >"$root/var/log/mail.log"
        chroot "$root" /usr/lib/postfix/sbin/master -d >>"$work/postfix.log" 2>&1 &
        postfix=$!
        sleep 3
        printf '%s\n' 'From: shop@example.com' 'To: anna@six.example' 'Subject: test' '' 'Hello' |
            chroot "$root" /usr/sbin/sendmail -i -f shop@example.com anna@six.example || exit
        for _ in $(seq 20); do grep -q 'to=<anna@.* status=' "$root/var/log/mail.log" && break; sleep 1; done
        echo "$protocols: $(grep -o 'to=<anna@.*' "$root/var/log/mail.log" | grep -o 'dsn=.*' | head -n 1)"
        kill "$postfix"
        wait "$postfix"
    done >"$work/lines" 2>>"$work/postfix.log"
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/postfix var/lib/postfix var/log var/spool/postfix/pid \
    var/spool/postfix/public var/spool/postfix/private var/spool/postfix/active var/spool/postfix/incoming \
    var/spool/postfix/deferred var/spool/postfix/defer var/spool/postfix/bounce var/spool/postfix/corrupt \
    var/spool/postfix/hold var/spool/postfix/flush var/spool/postfix/trace var/spool/postfix/saved \
    var/spool/postfix/maildrop &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    postfix=3.7.11-0+deb12u1 libc6 libdb5.3 libnsl2 libtirpc3 libsasl2-2 libssl3 libicu72 libstdc++6 \
    libgcc-s1 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'postfix:x:101:101::/var/spool/postfix:/usr/sbin/nologin' \
    'nobody:x:65534:65534::/:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'postfix:x:101:' 'postdrop:x:102:' 'nogroup:x:65534:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
printf '%s\n' 'smtp 25/tcp' 'domain 53/udp' >"$root/etc/services"
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:2 attempts:1' >"$root/etc/resolv.conf"
cat >"$work/main.cf" <<'CONF'
compatibility_level = 3.6
myhostname = mail.example.com
inet_protocols = PROTOCOLS
inet_interfaces = 127.0.0.1
alias_database =
mydestination =
local_recipient_maps =
alias_maps =
maillog_file = /var/log/mail.log
CONF
cat >"$root/etc/postfix/master.cf" <<'CONF'
pickup  unix       n - n 1 1 pickup
qmgr    unix       n - n 300 1 qmgr
rewrite unix       - - n - - trivial-rewrite
cleanup unix       n - n - 0 cleanup
bounce  unix       - - n - 0 bounce
defer   unix       - - n - 0 bounce
trace   unix       - - n - 0 bounce
smtp    unix       - - n - - smtp
postlog unix-dgram n - n - 1 postlogd
CONF
chown -R 101:101 "$root/var/lib/postfix" "$root"/var/spool/postfix/*
chown 0:0 "$root/var/spool/postfix/pid"; chgrp 102 "$root"/var/spool/postfix/{public,maildrop}
chmod 700 "$root/var/spool/postfix/private"; chmod 710 "$root/var/spool/postfix/public"
chmod 755 "$root"

cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: six.example has a mail server with an IPv6 address only; NODATA for the rest."""
import ipaddress
import socket

ANSWERS = {
    ("six.example", 15): b"\0\x0a\2mx\3six\7example\0",
    ("mx.six.example", 28): ipaddress.ip_address("2001:db8::1").packed,
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
    record = ANSWERS.get((".".join(labels), kind))
    head = query[:2] + bytes([0x85, 0x80, 0, 1, 0, 1 if record else 0, 0, 0, 0, 0])
    body = b"\xc0\x0c" + bytes([0, kind, 0, 1, 0, 0, 0, 60, 0, len(record)]) + record if record else b""
    server.sendto(head + query[12 : at + 5] + body, client)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
[ -s "$work/lines" ] ||
    end 4 "nothing measured: no namespaces here, or Postfix did not start; $(tail -n 1 "$work/postfix.log")"
cat "$work/lines"
grep -q '^all: dsn=4.4.1, status=deferred (connect to mx.six.example' "$work/lines" ||
    end 4 "nothing measured: Postfix did not look the domain up as meant; $(tail -n 1 "$work/postfix.log")"

if grep -q '^ipv4: dsn=5.4.4, status=bounced (Host or domain name not found\. .*type=A: Host found but' "$work/lines"; then
    end 0 "as stated: a host with an IPv6 address only is not found by a Postfix without IPv6"
fi
end 1 "CHANGED: a host with an IPv6 address only is told in another way"

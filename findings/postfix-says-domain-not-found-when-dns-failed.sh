#!/usr/bin/env bash
# Version: Postfix 3.7.11-0+deb12u1 (Debian 12), as the receiving server.
# Behaviour: with reject_unknown_sender_domain (default codes) a sender domain that does not exist
#   (NXDOMAIN) and one whose DNS gave no answer (SERVFAIL) get the same reply to the letter: 450
#   4.1.8 "Sender address rejected: Domain not found".
# Guessed: SERVFAIL has words of its own, as in sendmail ("does not resolve"; "does not exist").
# Hurts: the sender looks for a typing error or an expired domain, finds the domain in place, and
#   takes the reply for a fault of the receiver. It may be his DNSSEC, his name servers, or the
#   receiver's resolver. Ask for the domain at a validating resolver before you believe it.
# Source: observed; smtpd_check.c (reject_unknown_mailhost) has one text for both; postconf(5)
#   tells of the codes, not of the text.
# Seen on 28 November 2026 (RCPT TO:<anna@example.net>):
#   a@example.net: 250 2.1.5 Ok
#   a@gone.example: 450 4.1.8 <a@gone.example>: Sender address rejected: Domain not found
#   a@broken.example: 450 4.1.8 <a@broken.example>: Sender address rejected: Domain not found
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
    chroot "$root" /usr/lib/postfix/sbin/master -d >"$work/postfix.log" 2>&1 &
    sleep 3
    timeout 90 python3 "$work/ask.py" >"$work/answers" 2>>"$work/postfix.log"
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
echo '127.0.0.1 localhost mail.example.net' >"$root/etc/hosts"
echo 'smtp 25/tcp' >"$root/etc/services"
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:2 attempts:1' >"$root/etc/resolv.conf"
cat >"$root/etc/postfix/main.cf" <<'CONF'
compatibility_level = 3.6
myhostname = mail.example.net
mydestination = example.net
mynetworks = 192.0.2.1
inet_protocols = ipv4
inet_interfaces = loopback-only
local_recipient_maps =
alias_maps =
alias_database =
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_recipient_restrictions = reject_unknown_sender_domain
maillog_file = /var/log/mail.log
CONF
cat >"$root/etc/postfix/master.cf" <<'CONF'
smtp    inet       n - n - - smtpd
rewrite unix       - - n - - trivial-rewrite
cleanup unix       n - n - 0 cleanup
postlog unix-dgram n - n - 1 postlogd
CONF
chown -R 101:101 "$root/var/lib/postfix" "$root"/var/spool/postfix/*
chown 0:0 "$root/var/spool/postfix/pid"; chgrp 102 "$root"/var/spool/postfix/{public,maildrop}
chmod 700 "$root/var/spool/postfix/private"; chmod 710 "$root/var/spool/postfix/public"
chmod 755 "$root"

cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: SERVFAIL below broken.example, NXDOMAIN for all other names."""
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    name = ".".join(labels)
    rcode = 2 if name.endswith("broken.example") else 3
    head = query[:2] + bytes([0x80 | (query[2] & 0x79), 0x80 | rcode, 0, 1, 0, 0, 0, 0, 0, 0])
    server.sendto(head + query[12 : at + 5], client)
PYTHON

cat >"$work/ask.py" <<'PYTHON'
"""Ask for one recipient from three senders; send no message."""
import smtplib

for sender in ("a@example.net", "a@gone.example", "a@broken.example"):
    with smtplib.SMTP("127.0.0.1", 25, "client.example.com", timeout=30) as server:
        server.ehlo()
        server.mail(sender)
        code, text = server.rcpt("anna@example.net")
        print(f"{sender}: {code}", text.decode(), flush=True)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
[ "$(wc -l <"$work/answers")" = 3 ] || end 4 "nothing measured: $(tail -n 1 "$work/postfix.log")"
cat "$work/answers"

text='Sender address rejected: Domain not found'
if grep -q '^a@example.net: 250' "$work/answers" &&
    grep -qx "a@gone.example: 450 4.1.8 <a@gone.example>: $text" "$work/answers" &&
    grep -qx "a@broken.example: 450 4.1.8 <a@broken.example>: $text" "$work/answers"; then
    end 0 "as stated: NXDOMAIN and SERVFAIL have one reply"
fi
end 1 "CHANGED: NXDOMAIN and SERVFAIL of the sender's domain no longer have one reply"

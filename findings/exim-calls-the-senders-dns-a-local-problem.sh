#!/usr/bin/env bash
# Version: Exim 4.96-15+deb12u11 (Debian 12, exim4-daemon-light), as the receiving server.
# Behaviour: with "require verify = sender" (Debian: CHECK_RCPT_VERIFY_SENDER) a sender whose
#   domain answers SERVFAIL gets "451 Temporary local problem - please try later". Nothing is
#   wrong at the receiving host; a sender whose domain is not there is told the truth.
# Guessed: "local problem" is one of the host that says it (disk, database, its own settings).
# Hurts: the sender writes to the other postmaster and waits, where the DNS of his own domain is
#   broken (DNSSEC, dead name servers). At this reply look at your own domain's DNS first.
#   (The same reply may also come from a real local problem; the words do not tell.)
# Source: observed; smtp_in.c (smtp_handle_acl_fail) gives no details of a temporary failure but
#   for callouts and the verb "defer", and has these words in their place.
# Seen on 28 November 2026 (RCPT TO:<anna@example.net>):
#   a@example.net: 250 Accepted
#   a@gone.example: 550 Verification failed for <a@gone.example> / Unrouteable address / Sender verify failed
#   a@broken.example: 451 Temporary local problem - please try later
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
    chroot "$root" /usr/sbin/exim4 -bdf -C /etc/exim4/test.conf >"$work/exim.log" 2>&1 &
    sleep 2
    timeout 90 python3 "$work/ask.py" >"$work/answers" 2>>"$work/exim.log"
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
    run &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    exim4-daemon-light=4.96-15+deb12u11 exim4-base=4.96-15+deb12u11 libc6 libcrypt1 libnsl2 libtirpc3 \
    libdb5.3 libgnutls30 libgnutls-dane0 libunbound8 libevent-2.1-7 libssl3 libnghttp2-14 libhiredis0.14 \
    libpcre2-8-0 libidn12 libidn2-0 libp11-kit0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 \
    libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libffi8 libgcc-s1 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' \
    'Debian-exim:x:101:101::/var/spool/exim4:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' 'Debian-exim:x:101:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.net' >"$root/etc/hosts"
echo 'smtp 25/tcp' >"$root/etc/services"
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:2 attempts:1' >"$root/etc/resolv.conf"
cat >"$root/etc/exim4/test.conf" <<'CONF'
primary_hostname = mail.example.net
domainlist local_domains = example.net
local_interfaces = 127.0.0.1.25
acl_smtp_rcpt = rcpt
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts =
smtp_accept_max = 5
begin acl
rcpt:
  require verify = sender
  accept domains = +local_domains
  deny
begin routers
here:
  driver = accept
  domains = +local_domains
  transport = box
elsewhere:
  driver = dnslookup
  domains = ! +local_domains
  transport = out
  no_more
begin transports
box:
  driver = appendfile
  file = /var/mail/$local_part
out:
  driver = smtp
CONF
chown root:root "$root/etc/exim4/test.conf"
chown 101:101 "$root/var/spool/exim4" "$root/var/log/exim4" "$root/run/exim4"
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
        print(f"{sender}: {code}", " / ".join(text.decode().splitlines()), flush=True)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
[ "$(wc -l <"$work/answers")" -ge 3 ] || end 4 "nothing measured: $(tail -n 1 "$work/exim.log")"
cat "$work/answers"

if grep -q '^a@example.net: 250' "$work/answers" &&
    grep -q '^a@gone.example: 550 .*Sender verify failed' "$work/answers" &&
    grep -q '^a@broken.example: 451 Temporary local problem - please try later' "$work/answers"; then
    end 0 "as stated: SERVFAIL for the sender's domain is called a local problem"
fi
end 1 "CHANGED: the reply to a sender whose domain answers SERVFAIL is another"

#!/usr/bin/env bash
# Version: sendmail 8.17.1.9-2+deb12u2 (Debian 12), its log (Debian's level, 9).
# Behaviour: the DNS of the recipient's domain answers SERVFAIL to all. The log has "dsn=4.4.3,
#   stat=queued" and no cause. At the next attempt it asks the DNS again, gets the same answer, and
#   the log has no line of it at all. Each attempt that meets a refused connection has its line.
# Guessed: each attempt that fails has a line "to=... stat=Deferred" with the cause.
# Hurts: who reads the log sees a message taken in and then silence for days, as if it had never
#   been tried, and believes that the queue is not run. A search for Deferred does not find it.
#   The cause is in mailq only: "host map: lookup (DOMAIN): deferred". 4.4.3 in the line means DNS.
# Source: observed (no line at level 30, either; if only the MX lookup fails, it is as guessed). The
#   name is looked up when the address is parsed, before an attempt begins.
# Seen on 29 November 2026:
#   (first attempt)
#   to=a@broken.example, dsn=4.4.3, stat=queued
#   to=b@away.example, dsn=4.4.1, stat=Deferred: Connection refused by away.example.
#   (next attempt)
#   broken.example SERVFAIL
#   to=b@away.example, dsn=4.4.1, stat=Deferred: Connection refused by away.example.
#   mailq: (Deferred: Connection refused by away.example.) b@away.example
#   mailq: (host map: lookup (broken.example): deferred) a@broken.example
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    chroot "$root" /bin/sh -c 'cd /etc/mail && m4 test.mc >sendmail.cf' 2>"$work/sendmail.log" || return 1
    python3 "$work/log.py" "$root/dev/log" >"$work/mail.log" 2>&1 &
    python3 "$work/dns.py" >>"$work/dns.log" 2>&1 &
    sleep 1
    for to in a@broken.example b@away.example; do
        printf '%s\n' 'From: shop@example.com' "To: $to" 'Subject: test' '' 'Hello' |
            chroot "$root" /usr/libexec/sendmail/sendmail -Am -odi -i -f shop@example.com "$to"
    done >>"$work/sendmail.log" 2>&1
    sleep 1
    cp "$work/mail.log" "$work/mail.log.first"
    : >"$work/dns.log"
    chroot "$root" /usr/libexec/sendmail/sendmail -Am -q >>"$work/sendmail.log" 2>&1
    for _ in $(seq 30); do
        grep -q '^broken' "$work/dns.log" && [ "$(grep -c ' to=b@' "$work/mail.log")" -ge 2 ] && break
        sleep 1
    done
    sleep 3
    tail -n +"$(($(wc -l <"$work/mail.log.first") + 1))" "$work/mail.log" >"$work/mail.log.next"
    chroot "$root" /usr/libexec/sendmail/sendmail -Am -bp >"$work/mailq" 2>>"$work/sendmail.log"
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp root etc/mail var/spool/mqueue var/lib/sendmail \
    var/run/sendmail run var/mail &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    sendmail-bin=8.17.1.9-2+deb12u2 sendmail-base=8.17.1.9-2+deb12u2 sendmail-cf=8.17.1.9-2+deb12u2 m4 \
    libsigsegv2 libc6 libdb5.3 libnsl2 libtirpc3 libldap-2.5-0 libwrap0 libsasl2-2 libssl3 \
    libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libgnutls30 \
    libp11-kit0 libidn2-0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 libffi8 libgcc-s1 \
    liblockfile1 dash \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' \
    'smmta:x:101:101::/var/lib/sendmail:/usr/sbin/nologin' \
    'smmsp:x:102:102::/var/lib/sendmail:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' 'smmta:x:101:' 'smmsp:x:102:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
echo 'smtp 25/tcp' >"$root/etc/services"
cat >"$root/etc/mail/test.mc" <<'M4'
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `mail.example.com')dnl
define(`confHOST_STATUS_DIRECTORY', `')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confSERVICE_SWITCH_FILE', `/etc/mail/switch')dnl
FEATURE(`nouucp', `reject')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
M4
echo 'hosts files dns' >"$root/etc/mail/switch"
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:2 attempts:1' >"$root/etc/resolv.conf"
: >"$root/etc/mail/local-host-names"
chmod 755 "$root" "$root/etc/mail"; chmod 700 "$root/var/spool/mqueue"; chmod 1777 "$root/tmp"

cat >"$work/log.py" <<'PYTHON'
"""In the place of syslog: what the programs send to /dev/log goes to standard output."""
import os
import socket
import sys

log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
while True:
    print(log.recv(65536).decode(errors="replace").rstrip("\0\n"), flush=True)
PYTHON

cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: SERVFAIL below broken.example; away.example has the address 127.0.0.3 and no MX."""
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
    rcode = 2 if name.endswith("broken.example") else 0 if name == "away.example" else 3
    print(name, ("NOERROR", "", "SERVFAIL", "NXDOMAIN")[rcode], flush=True)
    answer = b""
    if name == "away.example" and query[at + 1 : at + 3] == b"\0\1":
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\3"
    counts = bytes([0, 1, 0, 1 if answer else 0, 0, 0, 0, 0])
    head = query[:2] + bytes([0x80 | (query[2] & 0x79), 0x80 | rcode]) + counts
    server.sendto(head + query[12 : at + 5] + answer, client)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
for attempt in first next; do # the first one's lines of the log, then those that came with the next one
    echo "($attempt attempt)"
    [ $attempt = first ] || grep -m 1 '^broken.example SERVFAIL' "$work/dns.log"
    grep ' to=[ab]@' "$work/mail.log.$attempt" | sed -E 's/.*: (to=[^,]*,).* (dsn=)/\1 \2/' | tee "$work/$attempt"
done
sed -n 's/^[[:space:]]*\((.*)\)$/\1/p; s/^[[:space:]]*\([ab]@[a-z.]*\)$/\1/p' "$work/mailq" | paste -d ' ' - - |
    tee "$work/mailq.short" | sed 's/^/mailq: /'
[ -s "$work/first" ] && grep -q '^broken.example SERVFAIL' "$work/dns.log" && grep -q 'b@' "$work/next" ||
    end 4 "nothing measured: no second attempt; $(tail -n 1 "$work/sendmail.log")"

refused='dsn=4.4.1, stat=Deferred: Connection refused by away.example.'
if grep -qxF 'to=a@broken.example, dsn=4.4.3, stat=queued' "$work/first" &&
    grep -qxF "to=b@away.example, $refused" "$work/first" && grep -qxF "to=b@away.example, $refused" "$work/next" &&
    ! grep -q 'broken' "$work/mail.log.next" &&
    grep -qxF '(host map: lookup (broken.example): deferred) a@broken.example' "$work/mailq.short"; then
    end 0 "as stated: SERVFAIL has no cause in the log, and later attempts have no line"
fi
end 1 "CHANGED: the log has the cause of a failed lookup, or a line for each attempt"

#!/usr/bin/env bash
# Version: HAProxy 2.6.12-1+deb12u4 with "option smtpchk", before Postfix 3.7.11-0+deb12u1 (Debian 12).
# Behaviour: a server that greets with two lines (220-, then 220) is DOWN from the first check on, "Layer7 invalid
#   response". Postfix's postscreen does so as it comes: it sends 220- at once, and 220 after six seconds, to each client
#   that it does not know. The same Postfix without postscreen is UP.
# Guessed: any greeting of RFC 5321 is taken, as the reply to EHLO is, which has several lines nearly always.
# Hurts: postscreen is switched on, or a notice is put into the greeting, and the load balancer takes all mail servers
#   out at once: each sender sees a connection that is closed without a greeting, while every server by itself works.
#   HAProxy quotes the greeting, which looks right. Put the balancer's address into postscreen_access_list, or take, in place of
#   smtpchk, "option tcp-check" with "tcp-check expect rstring ^220[-\ ]": with either postscreen is UP.
# Source: observed; HAProxy's manual tells that the answer must begin with 2, and nothing of lines; RFC 5321 4.2.
# Seen on 30 November 2026:
#   smtpd: UP
#   postscreen: DOWN, reason: Layer7 invalid response, info: "220-mx.example.net ESMTP Postfix"
#   notice: DOWN, reason: Layer7 invalid response, info: "220-mx.example.net ESMTP"
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    chroot "$root" /usr/lib/postfix/sbin/master -d >"$work/postfix.log" 2>&1 &
    sleep 3
    chroot "$root" /usr/sbin/haproxy -f /etc/haproxy.cfg >"$work/haproxy.log" 2>&1 &
    sleep 12
    echo 'show servers state' | python3 "$work/stats.py" "$root/tmp/haproxy" >"$work/states"
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
    haproxy=2.6.12-1+deb12u4 liblua5.3-0 libopentracing1 libopentracing-c-wrapper0 libpcre2-8-0 libpcre2-posix3 \
    libsystemd0 libcap2 libgcrypt20 libgpg-error0 liblz4-1 liblzma5 libzstd1 libcrypt1 zlib1g \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'postfix:x:101:101::/var/spool/postfix:/usr/sbin/nologin' \
    'nobody:x:65534:65534::/:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'postfix:x:101:' 'postdrop:x:102:' 'nogroup:x:65534:' >"$root/etc/group"
echo '127.0.0.1 localhost mx.example.net' >"$root/etc/hosts"
echo 'smtp 25/tcp' >"$root/etc/services"
cat >"$root/etc/postfix/main.cf" <<'CONF'
compatibility_level = 3.6
myhostname = mx.example.net
inet_protocols = ipv4
inet_interfaces = 127.0.0.1
mynetworks = 127.0.0.9/32
mydestination = example.net
alias_database =
alias_maps =
smtpd_peername_lookup = no
local_recipient_maps =
maillog_file = /var/log/mail.log
CONF
cat >"$root/etc/postfix/master.cf" <<'CONF'
127.0.0.1:25 inet  n - n - - smtpd
127.0.0.2:25 inet  n - n - 1 postscreen
smtpd   pass       - - n - - smtpd
rewrite unix       - - n - - trivial-rewrite
cleanup unix       n - n - 0 cleanup
anvil   unix       - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
CONF
cat >"$root/etc/haproxy.cfg" <<'CONF'
global
    stats socket /tmp/haproxy
defaults
    mode tcp
    timeout connect 10s
    timeout client 60s
    timeout server 60s
frontend smtp
    bind 127.0.0.1:2525
    default_backend servers
backend servers
    option smtpchk EHLO balancer.example.net
    timeout check 10s
    server smtpd 127.0.0.1:25 check inter 1s
    server postscreen 127.0.0.2:25 check inter 1s
    server notice 127.0.0.3:25 check inter 1s
CONF
chown -R 101:101 "$root/var/lib/postfix" "$root"/var/spool/postfix/*
chown 0:0 "$root/var/spool/postfix/pid"; chgrp 102 "$root"/var/spool/postfix/{public,maildrop}
chmod 700 "$root/var/spool/postfix/private"; chmod 710 "$root/var/spool/postfix/public"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that greets with two lines in one packet."""
import socketserver


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220-mx.example.net ESMTP\r\n220 No bulk mail, please\r\n")
        for line in self.rfile:
            self.wfile.write(b"250 2.0.0 Ok\r\n")


socketserver.ThreadingTCPServer(("127.0.0.3", 25), Session).serve_forever()
PYTHON
cat >"$work/stats.py" <<'PYTHON'
"""Name and state of each server, from HAProxy's own socket."""
import socket
import sys

haproxy = socket.socket(socket.AF_UNIX)
haproxy.connect(sys.argv[1])
haproxy.sendall(sys.stdin.buffer.read())
for line in haproxy.makefile():
    fields = line.split()
    if len(fields) > 5 and fields[1] == "servers":
        print(f"{fields[3]}: {'UP' if fields[5] == '2' else 'DOWN'}")
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/haproxy.log")"
sed -nE 's/.*Server servers\/([a-z]*) is DOWN, (reason: [^,]*(, info: "[^"]*")?).*/\1 \2/p' "$work/haproxy.log" |
    sort -u >"$work/reasons"
while read -r name state; do
    echo "$name $state$(sed -n "s/^${name%:} /, /p" "$work/reasons")"
done <"$work/states" | tee "$work/lines"
grep -qx 'smtpd: UP' "$work/lines" ||
    end 4 "nothing measured: HAProxy finds Postfix down; $(tail -n 1 "$work/haproxy.log" "$work/postfix.log")"

for name in postscreen notice; do
    grep -q "^$name: DOWN, reason: Layer7 invalid response, info: \"220-" "$work/lines" ||
        end 1 "CHANGED: $name is up, or down for another reason"
done
end 0 "as stated: a greeting of two lines is down"

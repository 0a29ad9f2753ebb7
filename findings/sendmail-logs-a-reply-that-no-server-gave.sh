#!/usr/bin/env bash
# Version: sendmail 8.17.1.9-2+deb12u2 (Debian 12), its log.
# Behaviour: the server closes the connection when RCPT comes, and says nothing. The log has
#   "reply=421 4.4.1 Connection reset by mx.example.net." in the field that has the server's words
#   elsewhere. No server said 421, and none reset the connection: it was closed in order.
# Guessed: reply= is what the server said; where it said nothing, it is empty or not there.
# Hurts: who counts replies by code, or asks the other postmaster about his 421, asks for a reply
#   that was never given. 4.4.1 (no answer from the host) is not what happened, either. It is
#   known by dsn=4.4.2 beside 4.4.1, and by "stat=Deferred" without a text behind it.
# Source: observed; usersmtp.c (reply) writes it where the server's reply would stand, when the
#   connection ends in the place of a reply.
# Seen on 29 November 2026:
#   RCPT To:<dropped@example.net> => (closed, nothing said)
#   RCPT To:<busy@example.net> => 421 4.7.0 Too many connections from your address
#   to=dropped@example.net dsn=4.4.2, reply=421 4.4.1 Connection reset by mx.example.net., stat=Deferred
#   to=busy@example.net dsn=4.7.0, reply=421 4.7.0 Too many connections from your address,
#     stat=Deferred: 421 4.7.0 Too many connections from your address
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
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    sleep 1
    for to in dropped@example.net busy@example.net; do
        printf '%s\n' 'From: shop@example.com' "To: $to" 'Subject: test' '' 'Hello' |
            chroot "$root" /usr/libexec/sendmail/sendmail -Am -odi -i -f shop@example.com "$to"
    done >>"$work/sendmail.log" 2>&1
    sleep 1
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
printf '%s\n' '127.0.0.1 localhost mail.example.com' '127.0.0.2 mx.example.net' >"$root/etc/hosts"
echo 'smtp 25/tcp' >"$root/etc/services"
cat >"$root/etc/mail/test.mc" <<'M4'
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `mail.example.com')dnl
define(`confHOST_STATUS_DIRECTORY', `')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confSERVICE_SWITCH_FILE', `/etc/mail/switch')dnl
define(`SMART_HOST', `esmtp:[mx.example.net]')dnl
FEATURE(`nouucp', `reject')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
M4
echo 'hosts files' >"$root/etc/mail/switch"
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

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that answers one RCPT with 421 and closes the connection at another without a word."""
import socketserver

REPLY = "421 4.7.0 Too many connections from your address"


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "EHLO":
                self.say("250-mx.example.net\r\n250 ENHANCEDSTATUSCODES")
            elif verb == "RCPT" and "<dropped@" in line:
                print(line, "=> (closed, nothing said)", flush=True)
                return
            elif verb == "RCPT":
                print(line, "=>", REPLY, flush=True)
                self.say(REPLY)
                return
            else:
                self.say("250 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.2", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
cat "$work/server.log"
grep ': to=' "$work/mail.log" >"$work/attempts"
[ "$(wc -l <"$work/attempts")" = 2 ] && [ "$(wc -l <"$work/server.log")" = 2 ] ||
    end 4 "nothing measured: not two attempts; $(tail -n 1 "$work/sendmail.log")"
sed 's/.*: \(to=[^,]*\),.* dsn=/\1 dsn=/' "$work/attempts"

if grep -q '^RCPT To:<dropped@example.net> => (closed, nothing said)' "$work/server.log" &&
    grep -q ': to=dropped@.*, dsn=4.4.2, reply=421 4.4.1 Connection reset by mx.example.net., stat=Deferred$' \
        "$work/attempts" &&
    grep -q ': to=busy@.*, reply=421 4.7.0 Too many connections from your address, stat=Deferred: 421 4.7.0' \
        "$work/attempts"; then
    end 0 "as stated: reply= has a 421 that the server did not give"
fi
end 1 "CHANGED: reply= no longer has a 421 where the server said nothing"

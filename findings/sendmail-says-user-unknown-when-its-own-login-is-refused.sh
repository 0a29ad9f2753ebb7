#!/usr/bin/env bash
# Version: sendmail 8.17.1.9-2+deb12u2 (Debian 12), with a smarthost and FEATURE(`authinfo').
# Behaviour: the smarthost answers the login with "535 5.7.8 Password has expired ...". No line of the log has this
#   reply, at LogLevel 14 neither: sendmail goes on without a login, is told "550 5.7.1 Relaying denied" at RCPT, and
#   logs stat=User unknown. The message comes back at once; in the bounce the 535 stands in the transcript, and
#   below it "550 5.1.1 someone@example.net... User unknown".
# Guessed: the log has the 535 and its words, and the message waits in the queue.
# Hurts: on the day on which the password is changed or expires every message comes back as "User unknown", and the
#   log knows nothing else. The addresses are looked at, and the smarthost's rules for relaying. Where it says
#   "Relaying denied" and has relayed before, look into the transcript of one bounce, or try the login by hand.
# Source: observed; no report of it was found.
# Seen on 30 November 2026:
#   said to RCPT: 550 5.7.1 Relaying denied
#   said to the login: 535 5.7.8 Password has expired, renew it at https://id.example.org
#   log: dsn=5.7.1, reply=550 5.7.1 Relaying denied, stat=User unknown
#   bounce: 550 5.1.1 someone@example.net... User unknown
#   with the words to the login: 0 lines of the log, 1 of the bounce
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    chroot "$root" /bin/sh -c 'cd /etc/mail && m4 test.mc >sendmail.cf; umask 077; makemap hash authinfo <authinfo' \
        2>"$work/sendmail.log" || return 1
    python3 "$work/syslog.py" "$root/dev/log" "$work/log" &
    python3 "$work/server.py" "$work/bounce" >"$work/server.log" 2>&1 &
    sleep 1
    printf '%s\n' 'From: shop@example.com' 'To: someone@example.net' 'Subject: test' '' 'Hello' |
        chroot "$root" /usr/libexec/sendmail/sendmail -Am -odi -i -f shop@example.com \
            someone@example.net >>"$work/sendmail.log" 2>&1
    for _ in $(seq 20); do [ -s "$work/bounce" ] && break; sleep 1; done
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
    libsigsegv2 libc6 libdb5.3 libnsl2 libtirpc3 libldap-2.5-0 libwrap0 libsasl2-2 libsasl2-modules libssl3 \
    libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libgnutls30 \
    libp11-kit0 libidn2-0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 libffi8 libgcc-s1 \
    liblockfile1 dash \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' \
    'smmta:x:101:101::/var/lib/sendmail:/usr/sbin/nologin' \
    'smmsp:x:102:102::/var/lib/sendmail:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' 'smmta:x:101:' 'smmsp:x:102:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com mx.example.net' >"$root/etc/hosts"
cat >"$root/etc/mail/test.mc" <<'M4'
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `mail.example.com')dnl
define(`confLOG_LEVEL', `14')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confSERVICE_SWITCH_FILE', `/etc/mail/switch')dnl
define(`SMART_HOST', `esmtp:[mx.example.net]')dnl
define(`confAUTH_MECHANISMS', `PLAIN')dnl
FEATURE(`authinfo', `hash /etc/mail/authinfo')dnl
FEATURE(`nouucp', `reject')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
M4
echo 'hosts files' >"$root/etc/mail/switch"
: >"$root/etc/mail/local-host-names"
echo 'AuthInfo: "U:shop" "P:old" "M:PLAIN"' >"$root/etc/mail/authinfo"
chmod 600 "$root/etc/mail/authinfo"
chmod 755 "$root" "$root/etc/mail"; chmod 700 "$root/var/spool/mqueue"; chmod 1777 "$root/tmp"

cat >"$work/syslog.py" <<'PYTHON'
"""Takes what syslog would take; keeps it in a file."""
import os
import socket
import sys

log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
with open(sys.argv[2], "ab", buffering=0) as file:
    while True:
        file.write(log.recv(65536) + b"\n")
PYTHON

cat >"$work/server.py" <<'PYTHON'
"""A smarthost that refuses the login, relays nothing without one, and takes the bounce."""
import socketserver
import sys

LOGIN = "535 5.7.8 Password has expired, renew it at https://id.example.org"
DENIED = "550 5.7.1 Relaying denied"


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "EHLO":
                self.say("250-mx.example.net\r\n250-ENHANCEDSTATUSCODES\r\n250 AUTH PLAIN")
            elif verb == "AUTH":
                print("said to the login:", LOGIN, flush=True)
                self.say(LOGIN)
            elif verb == "RCPT" and "<someone@" in line:
                print("said to RCPT:", DENIED, flush=True)
                self.say(DENIED)
            elif verb == "DATA":
                self.say("354 Go ahead")
                message = b"".join(iter(self.rfile.readline, b".\r\n"))
                with open(sys.argv[1], "ab") as file:
                    file.write(message)
                self.say("250 2.0.0 Ok")
            else:
                self.say("250 2.1.5 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
[ -s "$work/bounce" ] || end 4 "nothing measured: no bounce came; $(tail -n 1 "$work/sendmail.log")"
sort -u "$work/server.log"
grep -q '^said to the login' "$work/server.log" || end 4 "nothing measured: sendmail did not try to log in"
echo "log: $(grep 'to=someone' "$work/log" | grep -o 'dsn=.*')"
echo "bounce: $(tr -d '\r' <"$work/bounce" | grep -m 1 'User unknown')"
logged=$(grep -c 'Password has expired' "$work/log") returned=$(grep -c '<<< 535 5.7.8 Password has expired' "$work/bounce")
echo "with the words to the login: $logged lines of the log, $returned of the bounce"
if [ "$logged $returned" = '0 1' ] && grep -q 'reply=550 5.7.1 Relaying denied, stat=User unknown' "$work/log" &&
    tr -d '\r' <"$work/bounce" | grep -q '^550 5.1.1 someone@example.net\.\.\. User unknown'; then
    end 0 "as stated: the log has no word of the refused login, and the recipient is called unknown"
fi
end 1 "CHANGED: the log tells of the refused login, or the recipient is not called unknown"

#!/usr/bin/env bash
# Version: sendmail 8.17.1.9-2+deb12u2 (Debian 12).
# Behaviour: the server's refusal has three lines, as those of the large providers have. The log ("reply="), the "reason:"
#   of the bounce and the Diagnostic-Code of its report keep the first line only, cut in the middle of a sentence. All
#   lines stand in the transcript of the bounce, and nowhere in the log.
# Guessed: Diagnostic-Code has all lines, as in the bounces of Postfix and Exim.
# Hurts: the first line of such a reply is seldom the one that tells the cause and the address of the page about it. Who
#   reads the log or the report, by eye or by program, does not get it; and the status of a later line is lost
#   where the first line has none. Read the lines with "<<<" in the bounce.
# Source: observed; no report of it was found.
# Seen on 30 November 2026:
#   log: reply=550 This message was not taken, since the, stat=User unknown
#       (reason: 550-This message was not taken, since the)
#   <<< 550-This message was not taken, since the
#   <<< 550-domain of its sender has no SPF record, see
#   <<< 550 5.7.23 https://www.example.net/spf
#   Status: 5.7.23
#   Diagnostic-Code: SMTP; 550-This message was not taken, since the
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    chroot "$root" /bin/sh -c 'cd /etc/mail && m4 test.mc >sendmail.cf' 2>"$work/sendmail.log" || return 1
    python3 "$work/log.py" "$root/dev/log" "$work/syslog" &
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
echo '127.0.0.1 localhost mail.example.com mx.example.net' >"$root/etc/hosts"
cat >"$root/etc/mail/test.mc" <<'M4'
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `mail.example.com')dnl
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

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that refuses one recipient in three lines and keeps the bounce."""
import socketserver
import sys

REFUSAL = (
    "550-This message was not taken, since the\r\n"
    "550-domain of its sender has no SPF record, see\r\n"
    "550 5.7.23 https://www.example.net/spf"
)


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        taken = False
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "EHLO":
                self.say("250-mx.example.net\r\n250 ENHANCEDSTATUSCODES")
            elif verb == "RCPT" and "<someone@" in line:
                self.say(REFUSAL)
            elif verb == "RCPT":
                taken = True
                self.say("250 2.1.5 Ok")
            elif verb == "DATA" and not taken:
                self.say("503 5.5.1 RCPT first")
            elif verb == "DATA":
                self.say("354 Go ahead")
                message = b"".join(iter(self.rfile.readline, b".\r\n"))
                with open(sys.argv[1], "ab") as file:
                    file.write(message)
                self.say("250 2.0.0 Ok")
            else:
                self.say("250 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", 25), Session).serve_forever()
PYTHON
cat >"$work/log.py" <<'PYTHON'
"""In the place of syslog: each message is a line in a file."""
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

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
[ -s "$work/bounce" ] || end 4 "nothing measured: no bounce came; $(tail -n 1 "$work/sendmail.log")"
tr -d '\r' <"$work/bounce" | sed '/^Content-Type: text\/rfc822-headers/,$d' >"$work/report"
{
    echo "log: $(grep -o 'reply=.*' "$work/syslog" | head -n 1)"
    grep -E 'reason:|<<<|^Status:|^Diagnostic' "$work/report"
    sed -n '/^Diagnostic/,/^[^ ]/{/^ /p}' "$work/report"
} >"$work/lines"
cat "$work/lines"
grep -q '^<<< 550 5.7.23 https' "$work/lines" || end 4 "nothing measured: the bounce is not of the refusal as meant"

if grep -q '^log: reply=.*since the, stat=' "$work/lines" && ! grep -q 'example.net/spf' "$work/syslog" &&
    grep -q '(reason: 550-This message was not taken, since the)$' "$work/lines" &&
    grep -q '^Diagnostic-Code: SMTP; 550-This message was not taken, since the$' "$work/lines" &&
    [ "$(grep -c 'example.net/spf' "$work/lines")" = 1 ]; then
    end 0 "as stated: the log and the report have the first line of the reply only"
fi
end 1 "CHANGED: more than the first line of the reply is kept"

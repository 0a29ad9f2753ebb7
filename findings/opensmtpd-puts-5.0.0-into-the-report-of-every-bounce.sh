#!/usr/bin/env bash
# Version: OpenSMTPD 6.8.0p2-4+b4 (Debian 12), as the sending server.
# Behaviour: the report in each of its bounces has Status: 5.0.0, whatever the server said: 550 5.1.1, 552 5.2.2 and 554 5.7.1 are
#   alike there, and Diagnostic-Code and Remote-MTA are missing. The words stand in the text only. The whole is
#   multipart/mixed, not multipart/report, and the part "text/rfc822-headers" holds the whole message with its text.
# Guessed: the status of the reply, its words in Diagnostic-Code, and a part that is what its type says (RFC 3464, RFC 6522), as
#   from Postfix, Exim and sendmail.
# Hurts: a program that counts bounces by the field takes a full mailbox and a block for the same as a dead address: it unsubscribes
#   all of them, or none. A mail client shows the text of the message below the bounce as if it were headers, and the copy
#   of a confidential letter goes back where RET=HDRS was asked for. Read the line behind the address in the text.
# Source: observed; bounce.c of OpenSMTPD takes the class of the status only.
# Seen on 30 November 2026 (three refused recipients; the text and the report of their bounces):
#   gone@example.net: 550 5.1.1 No such user here; Status: 5.0.0
#   full@example.net: 552 5.2.2 Mailbox full; Status: 5.0.0
#   blocked@example.net: 554 5.7.1 Your address is on our blocklist; Status: 5.0.0
#   Content-Type: multipart/mixed; the message's text in text/rfc822-headers: 3 of 3
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" "$work/bounces" >>"$work/server.log" 2>&1 &
    sleep 1
    chroot "$root" /usr/sbin/smtpd -d >"$work/smtpd.log" 2>&1 &
    sleep 2
    for to in gone full blocked; do
        printf '%s\n' 'From: shop@example.com' "To: $to@example.net" 'Subject: test' '' 'Dear friend' |
            chroot "$root" /usr/sbin/sendmail -i -f shop@example.com "$to@example.net" >>"$work/smtpd.log" 2>&1
    done
    for _ in $(seq 60); do [ "$(grep -cs '^Status' "$work/bounces")" = 3 ] && break; sleep 1; done
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/pam.d var/spool/smtpd/offline var/spool/smtpd/purge \
    var/spool/smtpd/queue var/spool/smtpd/corrupt var/spool/smtpd/incoming var/spool/smtpd/temporary \
    var/lib/opensmtpd/empty run var/run var/mail &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    opensmtpd=6.8.0p2-4+b4 libc6 libssl3 libdb5.3 zlib1g libevent-2.1-7 libcrypt1 libpam0g libaudit1 \
    libcap-ng0 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'nobody:x:65534:65534::/:/usr/sbin/nologin' \
    'opensmtpd:x:101:101::/var/lib/opensmtpd/empty:/usr/sbin/nologin' \
    'opensmtpq:x:102:102::/var/lib/opensmtpd/empty:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' 'opensmtpd:x:101:' 'opensmtpq:x:102:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
echo 'mail.example.com' >"$root/etc/mailname"
cat >"$root/etc/smtpd.conf" <<'CONF'
listen on lo port 2525
action "out" relay host 127.0.0.1
match from local for any action "out"
CONF
chmod 755 "$root"; chmod 711 "$root/var/spool/smtpd"; chmod 1777 "$root/tmp"
chown 0:102 "$root/var/spool/smtpd/offline"; chmod 770 "$root/var/spool/smtpd/offline"
for name in purge queue corrupt incoming temporary; do
    chown 102:0 "$root/var/spool/smtpd/$name"; chmod 700 "$root/var/spool/smtpd/$name"
done
chown 0:102 "$root/usr/sbin/smtpctl"; chmod 2755 "$root/usr/sbin/smtpctl"
ln -sf smtpctl "$root/usr/sbin/sendmail"

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that refuses three recipients for three reasons and keeps what else comes."""
import socketserver
import sys

REPLIES = {
    "gone": "550 5.1.1 No such user here",
    "full": "552 5.2.2 Mailbox full",
    "blocked": "554 5.7.1 Your address is on our blocklist",
}


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
            elif verb == "RCPT":
                self.say(REPLIES.get(line.split("<")[1].split("@")[0], "250 2.1.5 Ok"))
            elif verb == "DATA":
                self.say("354 Go ahead")
                message = b"".join(iter(self.rfile.readline, b".\r\n"))
                with open(sys.argv[1], "ab") as file:
                    file.write(message.replace(b"\r", b""))
                self.say("250 2.0.0 Ok")
            else:
                self.say("250 2.0.0 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.1", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
[ "$(grep -cs '^Status' "$work/bounces")" = 3 ] || end 4 "nothing measured: not three bounces; $(tail -n 1 "$work/smtpd.log")"
grep -E '^[a-z]+@example.net: 5|^Status' "$work/bounces" | paste -d ';' - - | sed 's/;/; /' | tee "$work/lines"
parts=$(grep -A 20 '^Content-Type: text/rfc822-headers' "$work/bounces" | grep -c '^Dear friend$')
echo "$(grep -m 1 -o '^Content-Type: multipart/[a-z]*' "$work/bounces"); the message's text in text/rfc822-headers: $parts of 3"
[ "$(grep -cE '^(gone@.* 550 5.1.1|full@.* 552 5.2.2|blocked@.* 554 5.7.1) ' "$work/lines")" = 3 ] ||
    end 4 "nothing measured: the recipients are not refused as meant"

if [ "$(grep -c '; Status: 5.0.0$' "$work/lines")" = 3 ] && [ "$parts" = 3 ] && ! grep -q '^Diagnostic-Code' "$work/bounces"; then
    end 0 "as stated: the report has neither the status nor the words of the reply"
fi
end 1 "CHANGED: the report has the status of the reply, or its words"

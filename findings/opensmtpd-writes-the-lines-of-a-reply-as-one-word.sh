#!/usr/bin/env bash
# Version: OpenSMTPD 6.8.0p2-4+b4 (Debian 12), as the sending server.
# Behaviour: the server's refusal has more than one line, as those of Exim and of the large providers have. OpenSMTPD writes
#   the lines behind one another with nothing between them, in the log and in the bounce: "refused" and "by our policy"
#   become "refusedby our policy". And it drops a status (5.7.1) at the head of any line but the first, though not one with
#   two digits at its end (5.7.23).
# Guessed: the lines stand apart, by a blank or a line break, with the status of the reply.
# Hurts: "refusedby" is not found by who searches for the words that the provider documents, or with a pattern; an
#   address of a page at the end of a line runs into the next word. Where the status stands in the last line only,
#   log and bounce have none, and the Status of the bounce's report is 5.0.0.
# Source: observed; no report of it was found.
# Seen on 30 November 2026 (the server's lines: 550-Your message was refused, 550-by our policy, see,
#   550 5.7.1 https://www.example.net/spf):
#   log: stat="550-Your message was refusedby our policy, see https://www.example.net/spf"
#   bounce: anna@example.net: 550-Your message was refusedby our policy, see https://www.example.net/spf
#   bounce: Status: 5.0.0
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
    printf '%s\n' 'From: shop@example.com' 'To: anna@example.net' 'Subject: test' '' 'Hello' |
        chroot "$root" /usr/sbin/sendmail -i -f shop@example.com anna@example.net >>"$work/smtpd.log" 2>&1
    for _ in $(seq 60); do [ -s "$work/bounces" ] && break; sleep 1; done
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
"""An SMTP server that refuses one recipient in three lines and keeps what else comes."""
import socketserver
import sys

REFUSAL = "550-Your message was refused\r\n550-by our policy, see\r\n550 5.7.1 https://www.example.net/spf"


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
                self.say(REFUSAL if "<anna@" in line else "250 2.1.5 Ok")
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


socketserver.ThreadingTCPServer(("127.0.0.1", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
[ -s "$work/bounces" ] || end 4 "nothing measured: no notice came; $(tail -n 1 "$work/smtpd.log")"
tr -d '\r' <"$work/bounces" | sed '/^Content-Description: Message headers/,$d' >"$work/report"
{
    echo "log: $(grep -o 'stat=.*' "$work/smtpd.log" | head -n 1)"
    grep -E '550|^Status' "$work/report" | sed 's/^/bounce: /'
} >"$work/lines"
cat "$work/lines"
grep -q '^log: stat="550-Your message was refused' "$work/lines" ||
    end 4 "nothing measured: the message was not refused as meant; $(tail -n 1 "$work/smtpd.log")"

if grep -q '^log: .*refusedby our policy, see https' "$work/lines" && grep -q '^bounce: .*refusedby our policy, see https' "$work/lines" &&
    ! grep -q '5\.7\.1' "$work/lines"; then
    end 0 "as stated: the lines stand behind one another, and the status is lost"
fi
end 1 "CHANGED: the lines are kept apart, or the status is kept"

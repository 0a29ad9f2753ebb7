#!/usr/bin/env bash
# Version: OpenSMTPD 6.8.0p2-4+b4 (Debian 12).
# Behaviour: when a message's time is over it is dropped, and the last notice says "delayed"
#   three times: in the Subject, in the text ("kept in the queue for up to 7 days", "do not need
#   to re-send") and as Action: delayed. Only "Envelope expired" tells. The reply is not there.
# Guessed: the last notice says failed, and quotes the last reply.
# Hurts: the sender waits for a message that is gone; a program that skips delay notices drops
#   the only notice of the loss. Take "Envelope expired" as final, whatever Action says. The
#   7 days are said even if the queue keeps a message for another time (here 8 seconds).
# Source: observed; bounce.c takes the kind of notice from the class of the status (4.4.7).
#   Mended upstream later: pull request 1133 of OpenSMTPD/OpenSMTPD.
# Seen on 28 November 2026:
#   Subject: Delivery status notification: delayed
#   deferred@example.net: Envelope expired
#       The message is kept in the queue for up to 7 days.
#   Action: delayed
#   Status: 4.4.7
#   (and the queue was empty)
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
    printf '%s\n' 'From: shop@example.com' 'To: deferred@example.net' 'Subject: test' '' 'Hello' |
        chroot "$root" /usr/sbin/sendmail -i -f shop@example.com deferred@example.net >>"$work/smtpd.log" 2>&1
    for _ in $(seq 60); do [ -s "$work/bounces" ] && break; sleep 1; done
    sleep 1
    find "$root/var/spool/smtpd/queue" -type f >"$work/queue"
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
queue ttl 8s
bounce warn-interval 1d
listen on lo port 2525
action "out" relay host smtp://127.0.0.1
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
"""An SMTP server that defers one recipient and keeps what else comes."""
import socketserver
import sys

REPLIES = {"<deferred@": "450 4.7.25 No PTR record for your address"}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "RCPT":
                reply = next((r for a, r in REPLIES.items() if a in line), "250 2.1.5 Ok")
                if reply[0] != "2":
                    print(line, "=>", reply, flush=True)
                self.say(reply)
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
cat "$work/server.log"
tr -d '\r' <"$work/bounces" | sed '/^Content-Description: Message headers/,$d' >"$work/report"
grep -E '^Subject|delayed|expired|kept in|^Action|^Status|^[45]' "$work/report"
[ -s "$work/queue" ] && end 4 "nothing measured: the message is still in the queue"

if grep -q '^Action: delayed' "$work/report" && grep -q '^Subject: .*delayed' "$work/report" &&
    grep -q 'Envelope expired' "$work/report" && grep -q 'kept in the queue for up to 7 days' "$work/report" &&
    ! grep -q 'No PTR record' "$work/report"; then
    end 0 "as stated: the message is gone, and the notice says delayed"
fi
end 1 "CHANGED: the notice at the end no longer says delayed"

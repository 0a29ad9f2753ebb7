#!/usr/bin/env bash
# Version: dma 0.13-1+b1 (Debian 12), the DragonFly Mail Agent.
# Behaviour: the server defers a message for five days with a reply that names the cause (no
#   PTR record). When dma gives up it has just read that reply once more, but its bounce says
#   only that nothing could be delivered for 432000 seconds. Its bounce of a refusal (5xx) does
#   quote the reply.
# Guessed: the last bounce quotes the last reply, as that of Postfix does.
# Hurts: who reads the bounce thinks that the recipient's server was out of reach, where a fault
#   of his own was named at each attempt. Only dma's log on the sending host has the words.
# Source: observed; dma.c (deliver) puts the text about the time in the place of the reply.
# Seen on 28 November 2026:
#   RCPT TO:<deferred@example.net> => 450 4.7.25 No PTR record for your address
#   (at the last attempt again, then the bounce:)
#   Could not deliver for the last 432000 seconds. Giving up.
#   (a bounce for comparison:)
#   127.0.0.1 [127.0.0.1] did not like our RCPT TO:
#   550 5.1.1 No such user here
# The queue file's time is set back by six days; dma takes the message's age from it.
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
    for to in refused@example.net deferred@example.net; do
        printf '%s\n' 'From: shop@example.com' "To: $to" 'Subject: test' '' 'Hello' |
            timeout 5 chroot "$root" /usr/sbin/dma -D -i -f shop@example.com "$to"
    done >"$work/dma.log" 2>&1
    touch -d '6 days ago' "$root"/var/spool/dma/[MQ]*
    echo '(six days later)' >>"$work/server.log"
    chroot "$root" /usr/sbin/dma -q >>"$work/dma.log" 2>&1
    for _ in $(seq 30); do grep -q 'deferred@' "$work/bounces" && break; sleep 1; done
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/dma var/spool/dma var/mail &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    dma=0.13-1+b1 libc6 libssl3 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
printf '%s\n' 'SMARTHOST 127.0.0.1' 'MAILNAME mail.example.com' >"$root/etc/dma/dma.conf"
chown root:8 "$root/var/spool/dma" && chmod 2775 "$root/var/spool/dma"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that refuses one recipient, defers another and keeps the bounces."""
import socketserver
import sys

REPLIES = {
    "<refused@": "550 5.1.1 No such user here",
    "<deferred@": "450 4.7.25 No PTR record for your address",
}


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
[ -s "$work/bounces" ] || end 4 "nothing measured: no bounce came; $(tail -n 1 "$work/dma.log")"
cat "$work/server.log"
tr -d '\r' <"$work/bounces" | sed '/^Message headers follow/,/^Subject: test/d' >"$work/report"
grep -E '^There was|^Could|did not like|^[45]' "$work/report"

last=$(sed -n '/six days later/,$p' "$work/server.log")
if grep -q '^Could not deliver for the last 432000 seconds' "$work/report" &&
    grep -q '450 4.7.25 No PTR' <<<"$last" && ! grep -q 'No PTR record' "$work/report" &&
    grep -q '^550 5.1.1 No such user here' "$work/report"; then
    end 0 "as stated: the last bounce has the time only, not the reply"
fi
end 1 "CHANGED: the last bounce has the reply, or the text about the time is another"

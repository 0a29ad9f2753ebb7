#!/usr/bin/env bash
# Version: mlmmj 1.3.0-4 (Debian 12), mlmmj-send and mlmmj-maintd, defaults, relayhost a server that asks for
#   a later attempt.
# Behaviour: of three subscribers the server accepts one, refuses one (550 5.1.1) and defers one (450 4.2.1,
#   greylisted). Refused and deferred are treated alike: a bounce is noted for the address, and the message is
#   not kept for it (the folder requeue is empty). mlmmj-maintd, which sends what has to be sent again, sends
#   no message to either, only a probe that asks whether the address bounces.
# Guessed: the deferred one goes to requeue and gets the message from mlmmj-maintd; a bounce is for 550.
# Hurts: a subscriber behind greylisting, or behind a server that was full for a minute, does not get the
#   message at all, though the server's log has a plain 450 and says "try again". He is taken for a bouncing
#   address, and is unsubscribed after five days if the probe is deferred, too. Have a queueing server between,
#   that accepts every recipient and tries again itself (no checks at RCPT for the list).
# Source: observed; TUNABLES of mlmmj (bouncelife: 432000 seconds).
# Seen on 29 November 2026:
#   mlmmj-send: MAIL FROM:<list+bounces-1-first=example.net@example.com> RCPT TO:<first@example.net> 250
#   mlmmj-send: MAIL FROM:<list+bounces-1-gone=example.net@example.com> RCPT TO:<gone@example.net> 550
#   mlmmj-send: MAIL FROM:<list+bounces-1-later=example.net@example.com> RCPT TO:<later@example.net> 450
#   bounce: gone=example.net later=example.net
#   requeue: nothing
#   mlmmj-maintd: MAIL FROM:<list+bounces-probe-gone=example.net@example.com> RCPT TO:<gone@example.net> 550
#     (the probes in either order)
#   mlmmj-maintd: MAIL FROM:<list+bounces-probe-later=example.net@example.com> RCPT TO:<later@example.net> 450
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    touch "$root/dev/null" && mount --bind /dev/null "$root/dev/null"
    python3 "$work/server.py" >>"$work/server.log" 2>&1 &
    sleep 1
    chroot "$root" /usr/bin/mlmmj-send -L /list -m /list/queue/message >>"$work/mlmmj.log" 2>&1
    sleep 2
    sed 's/^/mlmmj-send: /' "$work/server.log"
    : >"$work/server.log"
    echo "bounce: $(cd "$root/list/bounce" && echo *=example.net)"
    echo "requeue: $(cd "$root/list/requeue" && find . -type f | grep . || echo nothing)"
    chroot "$root" /usr/bin/mlmmj-maintd -F -L /list >>"$work/mlmmj.log" 2>&1
    sleep 3
    sed 's/^/mlmmj-maintd: /' "$work/server.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download mlmmj=1.3.0-4 libc6 >"$work/apt.log" 2>&1) ||
    end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"

list=$root/list # as mlmmj-make-ml makes it
mkdir -p "$list"/{archive,bounce,control,digesters.d,incoming,moderation,nomailsubs.d,queue/discarded,requeue} \
    "$list"/{subconf,subscribers.d,text,unsubconf}
cp "$root"/usr/share/mlmmj/text.skel/en/* "$list/text/"
echo 'list@example.com' >"$list/control/listaddress"
echo 'owner@example.com' >"$list/control/owner"
echo '+' >"$list/control/delimiter"
echo '127.0.0.2' >"$list/control/relayhost"
echo '0' >"$list/index"
printf '%s@example.net\n' first gone later >"$list/subscribers.d/f"
printf '%s\n' 'From: first@example.net' 'To: list@example.com' 'Subject: test' 'Message-ID: <1@example.net>' \
    '' 'Hello' >"$list/queue/message"

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that refuses one recipient and defers another; it says what it was asked and what it said."""
import socketserver

REPLIES = {"<gone@": "550 5.1.1 No such user here", "<later@": "450 4.2.1 Greylisted, try again later"}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        sender = ""
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            reply = "250 Ok"
            if verb == "MAIL":
                sender = line
            elif verb == "RCPT":
                reply = next((text for start, text in REPLIES.items() if start in line), "250 2.1.5 Ok")
                print(sender, line, reply[:3], flush=True)
            elif verb == "DATA":
                self.say("354 Go ahead")
                for text in iter(self.rfile.readline, b".\r\n"):
                    pass
            self.say(reply)
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.2", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" >"$work/lines" ||
    end 4 "nothing measured: no namespaces here, or the server did not start"
cat "$work/lines"
grep -q '^mlmmj-send: .*<first@example.net> 250' "$work/lines" &&
    grep -q '^mlmmj-send: .*<later@example.net> 450' "$work/lines" ||
    end 4 "nothing measured: mlmmj did not send as meant; $(tail -n 1 "$work/mlmmj.log")"
grep -q '^mlmmj-maintd: ' "$work/lines" ||
    end 4 "nothing measured: mlmmj-maintd did not send its probes; $(tail -n 1 "$work/mlmmj.log")"

if grep -q '^bounce: gone=example.net later=example.net$' "$work/lines" && grep -q '^requeue: nothing$' "$work/lines" &&
    ! grep '^mlmmj-maintd: ' "$work/lines" | grep -qv 'bounces-probe-'; then
    end 0 "as stated: a deferred subscriber has a bounce to his name, and the message is not tried again"
fi
end 1 "CHANGED: a deferred subscriber has no bounce to his name, or the message is kept for him"

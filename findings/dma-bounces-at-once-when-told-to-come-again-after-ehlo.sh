#!/usr/bin/env bash
# Version: dma 0.13-1+b1 (Debian 12), as the sending server.
# Behaviour: 421, "try again later", in the reply to EHLO, where large providers give it to a host that sends too much.
#   dma takes that for a refusal for good: the message bounces at once, and the bounce has "unknown bounce reason". The
#   same 421 in the greeting is a deferral. And a server that does not know EHLO (502) is not asked with HELO: that
#   bounces as well, with the same words.
# Guessed: a 421 is tried again wherever it comes, and HELO follows a 502 (RFC 5321 sections 3.2 and 4.2.1).
# Hurts: the reports of cron jobs, for which dma is there, are lost in the hour in which the provider is busy; other
#   senders wait some minutes and get through. Who reads the bounce learns nothing; the words of the server are in the
#   log, at "Could not perform server greeting".
# Source: observed; no report of it was found.
# Seen on 30 November 2026 (the server's reply: dma's log; what becomes of the message):
#   421 in the greeting: remote delivery deferred: 127.0.0.2 [127.0.0.2] failed after connect: 421 4.7.0 Try again later
#     stays in the queue
#   421 to EHLO: Could not perform server greeting at 127.0.0.3 [127.0.0.3]: 421 4.7.0 Try again later
#     bounces: unknown bounce reason
#   502 to EHLO: Could not perform server greeting at 127.0.0.4 [127.0.0.4]: 502 5.5.1 Command not implemented
#     bounces: unknown bounce reason
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/log.py" "$root/dev/log" "$work/syslog" &
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    sleep 1
    for case in '2 421 in the greeting' '3 421 to EHLO' '4 502 to EHLO'; do
        : >"$work/syslog"
        echo "SMARTHOST 127.0.0.${case%% *}" >"$root/etc/dma/dma.conf"
        printf '%s\n' 'From: root' 'To: anna@example.net' 'Subject: test' '' 'Hello' |
            timeout 10 chroot "$root" /usr/sbin/dma -D -i -f root anna@example.net
        sleep 1
        echo "${case#* }: $(grep -m 1 -oE '(remote delivery deferred:|Could not perform) .*' "$work/syslog")"
        bounce=$(grep -s -A 2 '^There was an error' "$root/var/mail/root" | tail -n 1)
        [ -n "$bounce" ] && echo "  bounces: $bounce"
        [ -n "$(find "$root/var/spool/dma" -name 'Q*')" ] && echo '  stays in the queue'
        rm -f "$root/var/mail/root" "$root"/var/spool/dma/[MQ]*
    done >"$work/lines" 2>>"$work/dma.log"
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
chown root:8 "$root/var/spool/dma" "$root/var/mail" && chmod 2775 "$root/var/spool/dma" "$root/var/mail"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""Three servers, by address: 421 in the greeting, 421 to EHLO, and no EHLO. Mail after HELO would be taken."""
import socketserver

LATER = "421 4.7.0 Try again later"
TO_EHLO = {"127.0.0.3": LATER, "127.0.0.4": "502 5.5.1 Command not implemented"}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        address = self.connection.getsockname()[0]
        self.say(LATER if address == "127.0.0.2" else "220 mx.example.net ESMTP")
        for line in self.rfile if address != "127.0.0.2" else ():
            print(address, line, flush=True)
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.say(TO_EHLO[address])
                if address == "127.0.0.3":
                    return
            elif verb == b"DATA":
                self.say("354 Go ahead")
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
                self.say("250 2.0.0 Ok")
            else:
                self.say("250 2.0.0 Ok")


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("0.0.0.0", 25), Session).serve_forever()
PYTHON
cat >"$work/log.py" <<'PYTHON'
"""In the place of syslog: each message is a line in a file."""
import os
import socket
import sys

log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
while True:
    message = log.recv(65536)
    with open(sys.argv[2], "ab") as file:
        file.write(message + b"\n")
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" || [ -s "$work/lines" ] ||
    end 4 "nothing measured: no namespaces here, or the program did not start"
cat "$work/lines"
grep -q '^421 in the greeting: remote delivery deferred: .* 421 4.7.0 Try again later$' "$work/lines" &&
    grep -q '^  stays in the queue$' "$work/lines" ||
    end 4 "nothing measured: dma did not ask the server; $(tail -n 1 "$work/dma.log")"

if grep -A 1 '^421 to EHLO: Could not perform server greeting' "$work/lines" | grep -q '^  bounces: unknown' &&
    grep -A 1 '^502 to EHLO: Could not perform server greeting' "$work/lines" | grep -q '^  bounces: unknown'; then
    end 0 "as stated: what is said to EHLO is final for dma, and the bounce does not tell it"
fi
end 1 "CHANGED: dma tries again, or tells the reason"

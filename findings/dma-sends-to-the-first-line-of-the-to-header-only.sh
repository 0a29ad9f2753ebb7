#!/usr/bin/env bash
# Version: dma 0.13-1+b1 (Debian 12), called as sendmail -t, as PHP, Python programs and mail clients call it.
# Behaviour: the To, Cc or Bcc header goes over more than one line, as it does from about three recipients on. dma takes the
#   recipients from the first line only. The others get nothing: no bounce, no line in the log, exit code 0; and those
#   who get the message see the others in its header.
# Guessed: all of them, as with every other sendmail -t; RFC 5322 section 2.2.3: a folded header is the same header.
# Hurts: each header line ends before 78 characters in what Python's email package and most mail clients write. The report
#   for the whole team reaches its first two members, who take it that everyone has it. Name the recipients as
#   arguments and leave out -t.
# Source: observed; issue 89 of corecode/dma, of 2020, tells of it for Emacs, and is open.
# Seen on 30 November 2026 (the message is made by Python's email package):
#   To: anna.lindgren@example.net, bo.lindgren@example.net,
#    carl.lindgren@example.net, dora.lindgren@example.net,
#    emil.lindgren@example.net
#   exit code 0; sent to: anna.lindgren bo.lindgren
#   lines of the log with dora or emil: 0; messages in the queue: 0
#   the same five as arguments: sent to: anna.lindgren bo.lindgren carl.lindgren dora.lindgren emil.lindgren
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/log.py" "$root/dev/log" "$work/syslog" &
    python3 "$work/server.py" "$work/recipients" >"$work/server.log" 2>&1 &
    sleep 1
    for given in header arguments; do
        : >"$work/recipients"
        arguments=(-t)
        [ "$given" = header ] || mapfile -t arguments < <(grep -oE '[a-z.]+@example.net' "$work/message")
        timeout 10 chroot "$root" /usr/sbin/sendmail -i -f shop@example.com "${arguments[@]}" <"$work/message"
        code=$?
        sleep 3
        names=$(sort -u "$work/recipients" | tr '\n' ' ')
        echo "$given;$code;${names% };$(find "$root/var/spool/dma" -name 'Q*' | wc -l);$(grep -cE 'dora|emil' "$work/syslog")"
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

ln -sf dma "$root/usr/sbin/sendmail"
printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
echo 'SMARTHOST 127.0.0.1' >"$root/etc/dma/dma.conf"
chown root:8 "$root/var/spool/dma" "$root/var/mail" && chmod 2775 "$root/var/spool/dma" "$root/var/mail"
chmod 755 "$root"

python3 - >"$work/message" <<'PYTHON'
from email.message import EmailMessage

message = EmailMessage()
message["From"] = "shop@example.com"
message["To"] = [f"{name}.lindgren@example.net" for name in ("anna", "bo", "carl", "dora", "emil")]
message["Subject"] = "Report of the week"
message.set_content("Hello")
print(message, end="")
PYTHON
cat >"$work/server.py" <<'PYTHON'
"""A mail server that takes everything and writes down the recipients."""
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "RCPT":
                with open(sys.argv[1], "a") as file:
                    print(line.split("<")[1].split("@")[0], file=file)
            if verb == "DATA":
                self.say("354 Go ahead")
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
            self.say("250 2.0.0 Ok")


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
while True:
    message = log.recv(65536)
    with open(sys.argv[2], "ab") as file:
        file.write(message + b"\n")
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
[ "$(wc -l <"$work/lines")" = 2 ] || end 4 "nothing measured: no namespaces here, or the program did not start"
sed -n '/^To:/,/^Subject:/{/^Subject:/d;p}' "$work/message"
IFS=';' read -r _ code names queued lines <<<"$(head -n 1 "$work/lines")"
echo "exit code $code; sent to: $names"
echo "lines of the log with dora or emil: $lines; messages in the queue: $queued"
IFS=';' read -r _ _ good _ _ <<<"$(tail -n 1 "$work/lines")"
echo "the same five as arguments: sent to: $good"
[ "$good" = 'anna.lindgren bo.lindgren carl.lindgren dora.lindgren emil.lindgren' ] ||
    end 4 "nothing measured: dma does not deliver; $(tail -n 1 "$work/dma.log")"
grep -q '^ [a-z]' <(sed -n '/^To:/,/^Subject:/p' "$work/message") || end 4 "nothing measured: the header is on one line"

if [ "$code;$queued;$lines" = '0;0;0' ] && grep -q '^anna' <<<"$names" && ! grep -qE 'dora|emil' <<<"$names"; then
    end 0 "as stated: whoever stands on a further line of the header gets nothing"
fi
end 1 "CHANGED: the recipients on further lines get the message, or something tells of them"

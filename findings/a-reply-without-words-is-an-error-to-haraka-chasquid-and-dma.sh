#!/usr/bin/env bash
# Version: Haraka 3.3.4 (npm), chasquid 1.11-2+b2 and dma 0.13-1+b1 (Debian 12), as sending servers.
# Behaviour: a server that answers with the bare code, "250" and no words. It takes the message and says 250: Haraka
#   sends a bounce of the message that was delivered; chasquid and dma keep it and deliver it again at each attempt.
#   It says 450 to a recipient: Haraka bounces at once. It says 550: chasquid and dma try for most of a day and longer.
# Guessed: only the code counts (RFC 5321 section 4.2: any text, "including no text at all", must be acceptable). Postfix
#   3.7, Exim 4.96, sendmail 8.17 and OpenSMTPD 6.8 do so, sent by hand to the same server; msmtp 1.8 and s-nail 14.9
#   do not, and end with 76 and 4 for a message that was taken.
# Hurts: the recipient has the message, some of them many times, and the sender is told that it failed. Small servers of
#   one's own, and filters that answer for another program, write such replies. In the log stand "Unrecognized
#   response", "short response" and "invalid syntax in reply"; chasquid's is that of Go's net/textproto, and other
#   programs in Go have it.
# Source: observed; RFC 5321 section 4.2.
# Seen on 30 November 2026 (the reply: how often the message was taken, dma's queue being run twice more; what the sender did):
#   Haraka, 250 to the message: taken 1, bounced: Unrecognized response from upstream server: 250
#   Haraka, 450 to the recipient: taken 0, bounced: Unrecognized response from upstream server: 450
#   chasquid, 250 to the message: taken 1, kept: DATA closing short response: 250
#   chasquid, 550 to the recipient: taken 0, kept: MAIL+RCPT short response: 550
#   dma, 250 to the message: taken 3, kept: failed after final DATA: invalid syntax in reply from server
#   dma, 550 to the recipient: taken 0, kept: failed after RCPT TO: invalid syntax in reply from server
# Needs Debian 12 (amd64), Node.js 20 or later with npm, root, python3, openssl, unshare, ip. Exit codes: README.md
#   beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    mkdir -p "$root/proc" && mount -t proc proc "$root/proc"
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || return 1
    python3 "$work/log.py" "$root/dev/log" "$work/dma.log" &
    python3 "$work/dns.py" >"$work/dns.log" 2>&1 &
    python3 "$work/server.py" "$work/taken" >"$work/server.log" 2>&1 &
    chroot "$root" /usr/bin/chasquid-util -C=/etc/chasquid user-add shop@example.com --password=secret \
        >"$work/chasquid.log" 2>&1 || return 1
    chroot "$root" /usr/bin/chasquid --config_dir=/etc/chasquid >>"$work/chasquid.log" 2>&1 &
    node "$work/node_modules/Haraka/bin/haraka" -c "$work/haraka" >"$work/haraka.log" 2>&1 &
    for _ in $(seq 20); do
        sleep 1
        python3 "$work/send.py" 2>"$work/send.log" && break
    done
    for case in mute nobody; do
        printf '%s\n' 'From: shop@example.com' "To: $case@dma.example" 'Subject: test' '' 'Hello' |
            timeout 3 chroot "$root" /usr/sbin/dma -D -i -f shop@example.com "$case@dma.example"
        timeout 3 chroot "$root" /usr/sbin/dma -D -q
    done >>"$work/send.log" 2>&1
    sleep 8
    find "$root/var/lib/chasquid/queue" "$root/var/spool/dma" "$work/haraka/queue" -type f >"$work/queues"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg node npm python3 openssl unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/lib usr/lib64 usr/sbin dev tmp etc/dma var/lib/chasquid var/spool/dma var/mail &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download chasquid=1.11-2+b2 dma=0.13-1+b1 libc6 libssl3 \
    coreutils libacl1 libattr1 libselinux1 libgmp10 libpcre2-8-0 >"$work/apt.log" 2>&1) ||
    end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund --omit=optional Haraka@3.3.4 >npm.log 2>&1) ||
    end 3 "the package cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:2 attempts:1' >"$root/etc/resolv.conf"
chmod 755 "$root"
printf '%s\n' 'SMARTHOST 127.0.0.5' 'MAILNAME mail.example.com' >"$root/etc/dma/dma.conf"
chown root:8 "$root/var/spool/dma" && chmod 2775 "$root/var/spool/dma"
rm -f "$root/etc/chasquid/hooks/post-data" # it wants a shell
mkdir -p "$root/etc/chasquid/certs/mail.example.com" "$root/etc/chasquid/domains/example.com"
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=mail.example.com \
    -keyout "$root/etc/chasquid/certs/mail.example.com/privkey.pem" \
    -out "$root/etc/chasquid/certs/mail.example.com/fullchain.pem" 2>"$work/openssl.log" ||
    end 4 "nothing measured: no certificate could be made"
cat >"$root/etc/chasquid/chasquid.conf" <<'CONF'
hostname: "mail.example.com"
smtp_address: "127.0.0.1:2526"
submission_address: "127.0.0.1:587"
mail_delivery_agent_bin: "/usr/bin/true"
data_dir: "/var/lib/chasquid"
mail_log_path: "<stdout>"
CONF
mkdir -p "$work"/haraka/{config,plugins,queue}
cp -r "$work"/node_modules/Haraka/config/. "$work/haraka/config/"
config=$work/haraka/config
echo 'mail.example.com' >"$config/me"
echo 'here' >"$config/plugins"
printf 'listen=127.0.0.1:2525\nnodes=0\n' >"$config/smtp.ini"
printf 'local_mx_ok=true\nenable_tls=false\n' >"$config/outbound.ini"
cat >"$work/haraka/plugins/here.js" <<'JS'
exports.hook_rcpt = (next, connection) => { connection.relaying = true; next(OK) }
exports.hook_get_mx = (next) => next(OK, { priority: 0, exchange: '127.0.0.5', port: 25 })
JS

cat >"$work/send.py" <<'PYTHON'
"""Hands in two messages at Haraka and two at chasquid, as a mail program does."""
import smtplib
import ssl

haraka = smtplib.SMTP("127.0.0.1", 2525, timeout=20)
chasquid = smtplib.SMTP("127.0.0.1", 587, timeout=20)
chasquid.starttls(context=ssl._create_unverified_context())
chasquid.login("shop@example.com", "secret")
for session, domain, names in (
    (haraka, "haraka.example", ("mute", "later")),
    (chasquid, "chasquid.example", ("mute", "nobody")),
):
    for name in names:
        to = f"{name}@{domain}"
        text = f"From: shop@example.com\r\nTo: {to}\r\nSubject: test\r\n\r\nHello\r\n"
        session.sendmail("shop@example.com", [to], text)
PYTHON
cat >"$work/server.py" <<'PYTHON'
"""A mail server that answers some addresses with the code alone; each message that it takes is a line in a file."""
import re
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        to = ""
        for line in self.rfile:
            line = line.decode()
            verb = line[:4].upper()
            if verb == "RCPT":
                to = re.search("<(.*)>", line)[1]
            if verb == "DATA":
                self.say("354 Go ahead")
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
                with open(sys.argv[1], "a") as file:
                    file.write(to + "\n")
                self.say("250" if to.startswith("mute@") else "250 2.0.0 Ok")
            elif verb == "RCPT" and to.startswith(("nobody@", "later@")):
                self.say("550" if to.startswith("nobody@") else "450")
            else:
                self.say("250 2.0.0 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.5", 25), Session).serve_forever()
PYTHON
cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: each name has the address of the mail server, and nothing else."""
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    at = 12
    while query[at]:
        at += 1 + query[at]
    body = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\5" if query[at + 2] == 1 else b""
    head = query[:2] + bytes([0x85, 0x80, 0, 1, 0, 1 if body else 0, 0, 0, 0, 0])
    server.sendto(head + query[12 : at + 5] + body, client)
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
    end 4 "nothing measured: no namespaces here, or a program did not start; $(tail -n 1 "$work/send.log")"
touch "$work/taken"
row() { # program, address, what the server says, the line of the log
    state=${4:+kept}
    case $1 in Haraka) state=bounced ;; esac
    printf '%s, %s: taken %s, %s: %s\n' "$1" "$3" "$(grep -c "^$2$" "$work/taken")" "$state" "$4"
}
{
    row Haraka mute@haraka.example '250 to the message' \
        "$(grep -oE 'bouncing mail: .*: 250' "$work/haraka.log" | head -n 1 | cut -d ' ' -f 3-)"
    row Haraka later@haraka.example '450 to the recipient' \
        "$(grep -oE 'bouncing mail: .*: 450' "$work/haraka.log" | head -n 1 | cut -d ' ' -f 3-)"
    for case in 'mute 250 to the message' 'nobody 550 to the recipient'; do
        row chasquid "${case%% *}@chasquid.example" "${case#* }" "$(grep "to=${case%% *}@chasquid.example failed (temp" \
            "$work/chasquid.log" | head -n 1 | sed 's/.*(last: //; s/)$//')"
    done
    row dma mute@dma.example '250 to the message' \
        "$(grep -oE 'failed after final DATA: invalid .*' "$work/dma.log" | head -n 1)"
    row dma nobody@dma.example '550 to the recipient' \
        "$(grep -oE 'failed after RCPT TO: invalid .*' "$work/dma.log" | head -n 1)"
} >"$work/lines"
cat "$work/lines"
[ "$(grep -c '^mute@' "$work/taken")" -ge 3 ] ||
    end 4 "nothing measured: not every program sent its message; $(tail -n 1 "$work/send.log")"

if grep -q '^Haraka, 250 .*: taken 1, bounced: Unrecognized response' "$work/lines" &&
    grep -q '^Haraka, 450 .*: taken 0, bounced: Unrecognized response' "$work/lines" &&
    grep -q '^chasquid, 250 .*: taken 1, kept: .*short response: 250' "$work/lines" &&
    grep -q '^chasquid, 550 .*: taken 0, kept: .*short response: 550' "$work/lines" &&
    grep -q '^dma, 250 .*: taken [2-9], kept: .*invalid syntax' "$work/lines" &&
    grep -q '^dma, 550 .*: taken 0, kept: .*invalid syntax' "$work/lines"; then
    end 0 "as stated: a reply without words is an error to all three"
fi
end 1 "CHANGED: one of them takes a reply without words"

#!/usr/bin/env bash
# Version: fetchmail 6.4.37-1 (Debian 12), defaults: POP3 in, SMTP to the mail server of this machine.
# Behaviour: the mail server refuses a fetched message for good (550 to the message, to RCPT or to MAIL). fetchmail
#   sends a bounce to the sender, and leaves the message where it is. At the next poll it fetches the same
#   message, is refused, and sends the same bounce; and so on. Its exit code is 0, as for mail delivered.
# Guessed: one bounce and the message deleted, or the message left and no bounce.
# Hurts: the sender of one message gets a bounce every few minutes, for weeks, from a host that he never wrote to,
#   and looks for a loop in his own server. The host that fetches sends backscatter, mostly to forged
#   senders, since it is spam that a filter refuses, and comes onto blocklists for it. "not flushed" in
#   fetchmail's log is the sign; "no bouncemail", or "no softbounce", in its configuration ends it.
# Source: observed; fetchmail(1) has the defaults bouncemail and softbounce each by itself, and says that the
#   second may suppress the bounce; it does not.
# Seen on 29 November 2026 (two messages wait; three polls):
#   550 to the message: exit 0, 2 bounces, 2 left; exit 0, 4 bounces, 2 left; exit 0, 6 bounces, 2 left
#   550 to RCPT: exit 0, 2 bounces, 2 left; exit 0, 4 bounces, 2 left; exit 0, 6 bounces, 2 left
#   451 to the message: exit 0, 0 bounces, 2 left; exit 0, 0 bounces, 2 left; exit 0, 0 bounces, 2 left
#   250: exit 0, 0 bounces, 0 left; exit 1, 0 bounces, 0 left; exit 1, 0 bounces, 0 left
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

polls() { # what the mail server does: three polls of a mailbox with two messages
    python3 "$work/server.py" "$1" "$work/counts" >>"$work/server.log" 2>&1 &
    server=$!
    sleep 1
    for _ in 1 2 3; do
        HOME=/root USER=root timeout 30 chroot "$root" /usr/bin/fetchmail -f /root/config --pidfile /tmp/pid -N \
            >>"$work/fetchmail.log" 2>&1
        code=$?
        sleep 0.5
        echo "exit $code, $(cat "$work/counts")"
    done | paste -s -d ';' | sed "s/^/$1: /; s/;/; /g"
    kill "$server"; wait "$server" 2>/dev/null || :
}

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    hostname mail.example.com
    for name in null urandom; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    for reply in '550 to the message' '550 to RCPT' '451 to the message' '250'; do
        polls "$reply"
    done >"$work/lines"
}
if [ "${1-}" = inside ]; then export LC_ALL=C; inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot hostname; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc root &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    fetchmail=6.4.37-1 libc6 libcom-err2 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libkeyutils1 \
    libssl3 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo '127.0.0.1 mail.example.com localhost' >"$root/etc/hosts"
printf '%s\n' 'smtp 25/tcp' 'pop3 110/tcp' >"$root/etc/services"
cat >"$root/root/config" <<'CONF'
poll 127.0.0.1 protocol pop3 user "shop" password "x" is "shop" here
    smtphost 127.0.0.1 smtpaddress example.com sslproto ""
CONF
chmod 600 "$root/root/config"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""A POP3 server with two messages, and an SMTP server that takes bounces, and answers to others as it is told."""
import os
import socketserver
import sys
import threading

REPLY, COUNTS = sys.argv[1:]
CODE, _, PLACE = REPLY.partition(" to ")
WORDS = f"{CODE} {CODE[0]}.7.1 No"
mailbox = {
    number: f"Return-Path: <anna@example.net>\r\nFrom: anna@example.net\r\nTo: shop@example.com\r\n"
    f"Subject: {number}\r\nMessage-ID: <{number}@example.net>\r\n\r\nHello\r\n".encode()
    for number in (1, 2)
}
bounces = 0


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")


class Pop3(Session):
    def handle(self):
        self.say("+OK")
        flushed = set()
        for line in self.rfile:
            verb, *rest = line.decode().split()
            if verb == "STAT":
                self.say(f"+OK {len(mailbox)} {sum(map(len, mailbox.values()))}")
            elif verb == "LAST":
                self.say("-ERR no such command")
            elif verb == "CAPA":
                self.say("+OK\r\nUSER\r\nTOP\r\nUIDL\r\n.")
            elif verb in ("LIST", "UIDL"):
                values = {it: len(message) if verb == "LIST" else it for it, message in mailbox.items()}
                if rest:
                    self.say(f"+OK {rest[0]} {values[int(rest[0])]}")
                else:
                    self.say("\r\n".join(["+OK", *(f"{it} {value}" for it, value in values.items()), "."]))
            elif verb in ("RETR", "TOP"):
                self.say("+OK")
                self.wfile.write(mailbox[int(rest[0])] + b".\r\n")
            else:
                self.say("+OK")
            if verb == "DELE":
                flushed.add(int(rest[0]))
            if verb == "QUIT":
                for number in flushed:
                    del mailbox[number]
                with open(f"{COUNTS}.new", "w") as file:
                    file.write(f"{bounces} bounces, {len(mailbox)} left")
                os.replace(f"{COUNTS}.new", COUNTS)
                return


class Smtp(Session):
    def handle(self):
        global bounces
        self.say("220 mail.example.com ESMTP")
        is_bounce = False
        for line in self.rfile:
            line = line.decode().upper()
            verb = line[:4]
            if verb == "MAIL":
                is_bounce = "<>" in line
            if verb == "DATA":
                self.say("354 Go ahead")
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
                bounces += is_bounce
            is_place = verb == ("DATA" if PLACE == "the message" else PLACE)
            self.say(WORDS if is_place and not is_bounce else "250 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
threading.Thread(target=socketserver.ThreadingTCPServer(("127.0.0.1", 110), Pop3).serve_forever).start()
socketserver.ThreadingTCPServer(("127.0.0.1", 25), Smtp).serve_forever()
PYTHON

unshare --mount --net --pid --uts --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
cat "$work/lines"
grep -q '^250: exit 0, 0 bounces, 0 left;' "$work/lines" ||
    end 4 "nothing measured: fetchmail delivered nothing; $(tail -n 1 "$work/fetchmail.log")"

again='exit 0, 2 bounces, 2 left; exit 0, 4 bounces, 2 left; exit 0, 6 bounces, 2 left'
if grep -qx "550 to the message: $again" "$work/lines" && grep -qx "550 to RCPT: $again" "$work/lines" &&
    grep -q '^451 to the message: exit 0, 0 bounces, 2 left;' "$work/lines"; then
    end 0 "as stated: each poll sends the same bounces, and leaves the messages for the next"
fi
end 1 "CHANGED: a refused message is not bounced again at each poll, or fetchmail tells of it"

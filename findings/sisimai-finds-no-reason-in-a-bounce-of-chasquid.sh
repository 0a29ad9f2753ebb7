#!/usr/bin/env bash
# Version: chasquid 1.11-2+b2 and libsisimai-perl 4.25.15-1 (Debian 12): the one writes the bounce, the other reads it.
# Behaviour: chasquid writes "Status: 5.0.0" whatever the server said, and sets "MAIL+RCPT" before the reply in
#   Diagnostic-Code. Sisimai takes the bounce for one of Exim's (the Subject is Exim's to the letter) and finds no
#   reason in it: an unknown mailbox, a full one and a blocklist are all "undefined" with 5.0.900.
# Guessed: the report is a standard one (RFC 3464), so that the status is that of the reply, and any reader of
#   bounces finds the reply in Diagnostic-Code.
# Hurts: who takes dead addresses off the list by the reason or the status keeps every one of them, and does not see
#   that a blocklist is the matter. The reply itself is in the bounce, word for word.
# Source: observed; no report of it was found.
# Seen on 30 November 2026:
#   bounce: full@example.net Status: 5.0.0 MAIL+RCPT 552 5.2.2 Mailbox full
#   bounce: gone@example.net Status: 5.0.0 MAIL+RCPT 550 5.1.1 User unknown
#   bounce: someone@example.net Status: 5.0.0 MAIL+RCPT 554 5.7.1 Client host blocked using bl.example.org
#   Sisimai: full@example.net undefined 5.0.900, by Exim
#   Sisimai: gone@example.net undefined 5.0.900, by Exim
#   Sisimai: someone@example.net undefined 5.0.900, by Exim
# Needs Debian 12 (amd64), root, perl, python3, openssl, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    mkdir -p "$root/proc" && mount -t proc proc "$root/proc"
    python3 "$work/dns.py" >"$work/dns.log" 2>&1 &
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    chroot "$root" /usr/bin/chasquid-util -C=/etc/chasquid user-add shop@example.com --password=secret \
        >"$work/user.log" 2>&1 || return 1
    chroot "$root" /usr/bin/chasquid --config_dir=/etc/chasquid >"$work/log" 2>&1 &
    sleep 2
    python3 "$work/send.py" || return 1
    for _ in $(seq 20); do
        [ "$(grep -c '^X-Failed-Recipients' "$root/var/lib/chasquid/local" 2>/dev/null)" = 3 ] && break
        sleep 1
    done
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg perl python3 openssl unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/lib usr/lib64 usr/sbin dev tmp etc var/lib/chasquid &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download chasquid=1.11-2+b2 libc6 coreutils libacl1 \
    libattr1 libselinux1 libgmp10 libpcre2-8-0 libsisimai-perl=4.25.15-1 libclass-accessor-lite-perl libjson-perl \
    >"$work/apt.log" 2>&1) ||
    end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

rm -f "$root/etc/chasquid/hooks/post-data" # it wants a shell
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:2 attempts:1' >"$root/etc/resolv.conf"
mkdir -p "$root/etc/chasquid/certs/mail.example.com" "$root/etc/chasquid/domains/example.com"
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=mail.example.com \
    -keyout "$root/etc/chasquid/certs/mail.example.com/privkey.pem" \
    -out "$root/etc/chasquid/certs/mail.example.com/fullchain.pem" 2>"$work/openssl.log" ||
    end 4 "nothing measured: no certificate could be made"
cat >"$root/etc/chasquid/chasquid.conf" <<'CONF'
hostname: "mail.example.com"
smtp_address: "127.0.0.1:2525"
submission_address: "127.0.0.1:587"
mail_delivery_agent_bin: "/usr/bin/tee"
mail_delivery_agent_args: "-a"
mail_delivery_agent_args: "/var/lib/chasquid/local"
data_dir: "/var/lib/chasquid"
mail_log_path: "<stdout>"
CONF

cat >"$work/send.py" <<'PYTHON'
"""Hands in one message for each address, as a mail program does."""
import smtplib
import ssl

session = smtplib.SMTP("127.0.0.1", 587)
session.starttls(context=ssl._create_unverified_context())
session.login("shop@example.com", "secret")
for to in ("gone@example.net", "full@example.net", "someone@example.net"):
    session.sendmail("shop@example.com", [to], f"From: shop@example.com\r\nTo: {to}\r\nSubject: test\r\n\r\nHello\r\n")
PYTHON

cat >"$work/server.py" <<'PYTHON'
"""The mail server of example.net: it refuses each of the three for a reason of its own."""
import socketserver

REPLIES = {
    b"gone": b"550 5.1.1 User unknown",
    b"full": b"552 5.2.2 Mailbox full",
    b"someone": b"554 5.7.1 Client host blocked using bl.example.org",
}


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 mx.example.net ESMTP\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            reply = REPLIES[line.split(b"<")[1].split(b"@")[0]] if verb == b"RCPT" else b"250 2.0.0 Ok"
            self.wfile.write(reply + b"\r\n")
            if verb == b"QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.5", 25), Session).serve_forever()
PYTHON

cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: a server for example.net, NODATA for the rest."""
import socket

ANSWERS = {
    ("example.net", 15): b"\0\x0a" + b"\2mx\7example\3net\0",
    ("mx.example.net", 1): bytes([127, 0, 0, 5]),
}
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    kind = query[at + 2]
    record = ANSWERS.get((".".join(labels), kind))
    head = query[:2] + bytes([0x85, 0x80, 0, 1, 0, 1 if record else 0, 0, 0, 0, 0])
    body = b"\xc0\x0c" + bytes([0, kind, 0, 1, 0, 0, 0, 60, 0, len(record)]) + record if record else b""
    server.sendto(head + query[12 : at + 5] + body, client)
PYTHON

cat >"$work/split.py" <<'PYTHON'
"""Writes each of the messages that were delivered into a file of its own: in a mailbox, as Sisimai reads it."""
import re
import sys

text = open(sys.argv[1], encoding="utf-8").read()
for at, message in enumerate(re.split("(?m)^(?=From: Mail Delivery System)", text)[1:]):
    with open(f"{sys.argv[2]}/{at}.eml", "w", encoding="utf-8") as file:
        file.write(message)
PYTHON

cat >"$work/read.pl" <<'PERL'
# Prints what Sisimai gives for each bounce.
use strict;
use warnings;
use Sisimai;

for my $path (@ARGV) {
    for my $data (@{Sisimai->make($path) || []}) {
        printf "Sisimai: %s %s %s, by %s\n", $data->recipient->address, $data->reason, $data->deliverystatus,
            $data->smtpagent;
    }
}
PERL

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the program did not start"
python3 "$work/split.py" "$root/var/lib/chasquid/local" "$work" || end 4 "nothing measured: no bounce was written"
grep -h -A 3 '^Final-Recipient' "$work"/[0-9].eml | grep -v '^Action' | cut -d ';' -f 2- | sed 's/^ //' |
    grep -v '^--' | paste -d ' ' - - - | sed 's/^/bounce: /' | sort >"$work/answers"
perl -I "$root/usr/share/perl5" "$work/read.pl" "$work"/[0-9].eml 2>"$work/perl.log" | sort >>"$work/answers"
[ "$(wc -l <"$work/answers")" = 6 ] || end 4 "nothing measured: not three recipients; $(tail -n 1 "$work/perl.log")"
cat "$work/answers"

if [ "$(grep -c '^bounce: .* Status: 5.0.0 MAIL+RCPT 55' "$work/answers")" = 3 ] &&
    [ "$(grep -c '^Sisimai: .* undefined 5.0.900, by Exim$' "$work/answers")" = 3 ]; then
    end 0 "as stated: the status is 5.0.0 for all, and Sisimai finds no reason"
fi
end 1 "CHANGED: the status, or what Sisimai makes of it, is another"

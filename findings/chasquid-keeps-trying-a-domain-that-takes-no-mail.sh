#!/usr/bin/env bash
# Version: chasquid 1.11-2+b2 (Debian 12).
# Behaviour: mail to a domain that does not exist (NXDOMAIN), and to one with a null MX, is a "temporary" failure and
#   stays in the queue. It asks for the address of the host "." and dials the domain itself where DNS has no such
#   name. A mailbox that does not exist is a bounce at once.
# Guessed: both come back at once: RFC 7505 wants 5.1.10 for a null MX, and RFC 5321 section 5.1 an error for a
#   name that does not exist.
# Hurts: who mistypes the domain hears of it after most of a day (its source gives up after 20 hours), and the queue
#   is full of messages that nothing can deliver. In the log they look like an outage of the other side.
# Source: observed; no report of it was found.
# Seen on 30 November 2026:
#   someone@missing.example: failed (temporary): all MXs returned transient failures (last: Could not dial: dial tcp: lookup missing.example on 127.0.0.1:53: no such host)
#   someone@null.example: failed (temporary): all MXs returned transient failures (last: Could not dial: dial tcp: lookup . on 127.0.0.1:53: no such host)
#   gone@example.net: failed (permanent): MAIL+RCPT 550 5.1.1 no such mailbox
#   messages left in the queue: 2, bounces: 1
# Needs Debian 12 (amd64), root, python3, openssl, unshare, ip. Exit codes: README.md beside this file.
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
        [ "$(grep -c 'failed (' "$work/log")" -ge 3 ] && [ -s "$root/var/lib/chasquid/local" ] && break
        sleep 1
    done
    find "$root/var/lib/chasquid/queue" -type f | wc -l >"$work/queue"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 openssl unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/lib usr/lib64 usr/sbin dev tmp etc var/lib/chasquid &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download chasquid=1.11-2+b2 libc6 coreutils libacl1 \
    libattr1 libselinux1 libgmp10 libpcre2-8-0 >"$work/apt.log" 2>&1) ||
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
for to in ("someone@missing.example", "someone@null.example", "gone@example.net"):
    session.sendmail("shop@example.com", [to], f"From: shop@example.com\r\nTo: {to}\r\nSubject: test\r\n\r\nHello\r\n")
PYTHON

cat >"$work/server.py" <<'PYTHON'
"""The mail server of example.net: it knows no mailbox."""
import socketserver


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 mx.example.net ESMTP\r\n")
        for line in self.rfile:
            unknown = line[:4].upper() == b"RCPT"
            self.wfile.write(b"550 5.1.1 no such mailbox\r\n" if unknown else b"250 2.0.0 Ok\r\n")
            if line[:4].upper() == b"QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.5", 25), Session).serve_forever()
PYTHON

cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: a null MX, a server for example.net, NXDOMAIN for missing.example, NODATA for the rest."""
import socket

ANSWERS = {
    ("null.example", 15): b"\0\0" + b"\0",
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
    name, kind = ".".join(labels), query[at + 2]
    record = ANSWERS.get((name, kind))
    missing = name in ("", "missing.example")
    head = query[:2] + bytes([0x85, 0x83 if missing else 0x80, 0, 1, 0, 1 if record else 0, 0, 0, 0, 0])
    body = b"\xc0\x0c" + bytes([0, kind, 0, 1, 0, 0, 0, 60, 0, len(record)]) + record if record else b""
    server.sendto(head + query[12 : at + 5] + body, client)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the program did not start"
[ -s "$work/queue" ] || end 4 "nothing measured: the queue could not be read"
for address in someone@missing.example someone@null.example gone@example.net; do
    echo "$address: $(grep -o "to=$address failed (.*" "$work/log" | head -n 1 | cut -d ' ' -f 2-)"
done >"$work/answers"
bounces=$(grep -c '^Subject: Mail delivery failed' "$root/var/lib/chasquid/local")
echo "messages left in the queue: $(cat "$work/queue"), bounces: $bounces" >>"$work/answers"
cat "$work/answers"

if grep -q '^someone@missing.example: failed (temporary): .*no such host' "$work/answers" &&
    grep -q '^someone@null.example: failed (temporary): .*lookup \. on .*no such host' "$work/answers" &&
    grep -q '^gone@example.net: failed (permanent): .*550 5.1.1' "$work/answers" &&
    grep -q '^messages left in the queue: 2, bounces: 1$' "$work/answers"; then
    end 0 "as stated: a domain that does not exist and a null MX are tried again"
fi
end 1 "CHANGED: a domain that takes no mail is treated in another way"

#!/usr/bin/env bash
# Version: chasquid 1.11-2+b2 (Debian 12), built with Go's resolver.
# Behaviour: a domain has two MX records. One of them has an address where a name belongs (a usual slip), the other one
#   names a server that takes mail. chasquid does not ask that server: the message bounces at once with "Could not find
#   mail server: ... DNS response contained records which contain invalid names". It does not matter which of the two
#   has the better preference.
# Guessed: the faulty record is passed over, and the message goes to the other server; Postfix, Exim, sendmail, OpenSMTPD,
#   dma and Haraka deliver to such a domain in one way or another.
# Hurts: mail from others arrives, so the domain's owner sees nothing wrong; who writes from chasquid is told for good
#   that there is no mail server, and a look at the MX records shows one. The bounce names the cause, not the record.
# Source: observed; Go's net.LookupMX gives the good records and an error, and chasquid takes the error for the
#   answer. Other programs in Go that look at the error first do the same.
# Seen on 30 November 2026:
#   good.example (10 mx.example.net.): sent
#   first.example (10 192.0.2.1., 20 mx.example.net.): failed (permanent): Could not find mail server: lookup first.example: DNS response contained records which contain invalid names
#   second.example (10 mx.example.net., 20 192.0.2.1.): failed (permanent): Could not find mail server: lookup second.example: DNS response contained records which contain invalid names
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
    for _ in $(seq 20); do [ "$(grep -cE 'to=anna@.* (failed|sent)' "$work/log")" -ge 3 ] && break; sleep 1; done
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
for to in ("anna@good.example", "anna@first.example", "anna@second.example"):
    session.sendmail("shop@example.com", [to], f"From: shop@example.com\r\nTo: {to}\r\nSubject: test\r\n\r\nHello\r\n")
PYTHON

cat >"$work/server.py" <<'PYTHON'
"""A mail server that takes all mail."""
import socketserver


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 mx.example.net ESMTP\r\n")
        for line in self.rfile:
            if line[:4].upper() == b"DATA":
                self.wfile.write(b"354 Go ahead\r\n")
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
            self.wfile.write(b"250 2.0.0 Ok\r\n")
            if line[:4].upper() == b"QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.5", 25), Session).serve_forever()
PYTHON

cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: one good MX record, two domains with a faulty one beside it, NODATA for the rest."""
import socket


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


MX = {
    "good.example": [(10, "mx.example.net")],
    "first.example": [(10, "192.0.2.1"), (20, "mx.example.net")],
    "second.example": [(10, "mx.example.net"), (20, "192.0.2.1")],
}
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    asked, kind, records = ".".join(labels), query[at + 2], []
    if kind == 15:
        records = [preference.to_bytes(2, "big") + name(host) for preference, host in MX.get(asked, [])]
    elif kind == 1 and asked == "mx.example.net":
        records = [bytes([127, 0, 0, 5])]
    head = query[:2] + bytes([0x85, 0x80, 0, 1, 0, len(records), 0, 0, 0, 0])
    body = b"".join(
        b"\xc0\x0c" + bytes([0, kind, 0, 1, 0, 0, 0, 60]) + len(record).to_bytes(2, "big") + record for record in records
    )
    server.sendto(head + query[12 : at + 5] + body, client)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the program did not start"
for case in 'good 10 mx.example.net.' 'first 10 192.0.2.1., 20 mx.example.net.' \
    'second 10 mx.example.net., 20 192.0.2.1.'; do
    domain=${case%% *}.example
    echo "$domain (${case#* }): $(grep -oE "to=anna@$domain (failed .*|sent)" "$work/log" | head -n 1 | cut -d ' ' -f 2-)"
done >"$work/answers"
cat "$work/answers"
grep -q '^good.example .*: sent$' "$work/answers" || end 4 "nothing measured: no mail was sent; $(tail -n 1 "$work/log")"

if grep -q '^first.example .*: failed (permanent): .*invalid names$' "$work/answers" &&
    grep -q '^second.example .*: failed (permanent): .*invalid names$' "$work/answers"; then
    end 0 "as stated: one faulty MX record, and the other one is not asked"
fi
end 1 "CHANGED: the other MX record is used"

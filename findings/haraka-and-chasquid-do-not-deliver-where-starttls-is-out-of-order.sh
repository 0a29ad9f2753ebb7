#!/usr/bin/env bash
# Version: Haraka 3.3.4 (npm) with enable_tls, and chasquid 1.11-2+b2 (Debian 12), as sending servers.
# Behaviour: a server offers STARTTLS and answers it with "454 4.7.0 TLS not available", as one does whose certificate
#   cannot be read. Both put the message off, and ask for TLS again at each attempt; neither goes on in the clear,
#   though no policy (DANE, MTA-STS) asks for TLS. A server that does not offer STARTTLS gets the mail in the clear.
# Guessed: TLS is opportunistic, and the message goes in the clear at once or at the next attempt. Postfix, Exim,
#   sendmail, OpenSMTPD and dma, sent by hand to the same server, deliver at once; Courier 1.0 puts it off, too.
# Hurts: one wrong file at the receiver, and mail from these two comes back after a day or more, while all other mail
#   arrives: he hears nothing of it, and finds nothing in his log but the connection. The words are in the sender's.
# Source: observed; RFC 3207 section 4.1: the client "must decide" what to do after 454. For Haraka, "no_tls_hosts[]=" in
#   the section [outbound] of tls.ini names hosts that are not asked; for chasquid no such setting was found.
# Seen on 30 November 2026 (two attempts each):
#   Haraka: put off 2 times, taken: no; Upstream error: 454 4.7.0 TLS not available
#   chasquid: put off 2 times, taken: no; TLS error: 454 4.7.0 TLS not available
#   a server without STARTTLS: taken from Haraka, taken from chasquid
# Needs Debian 12 (amd64), Node.js 20 or later with npm, root, python3, openssl, unshare, ip; takes two minutes. Exit
#   codes: README.md beside this file.
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
    python3 "$work/dns.py" >"$work/dns.log" 2>&1 &
    python3 "$work/server.py" "$work/said" >"$work/server.log" 2>&1 &
    chroot "$root" /usr/bin/chasquid-util -C=/etc/chasquid user-add shop@example.com --password=secret \
        >"$work/chasquid.log" 2>&1 || return 1
    chroot "$root" /usr/bin/chasquid --config_dir=/etc/chasquid >>"$work/chasquid.log" 2>&1 &
    node "$work/node_modules/Haraka/bin/haraka" -c "$work/haraka" >"$work/haraka.log" 2>&1 &
    for _ in $(seq 20); do
        sleep 1
        python3 "$work/send.py" 2>"$work/send.log" && break
    done
    for _ in $(seq 130); do
        [ "$(grep -c 'Temp failing' "$work/haraka.log")" -ge 2 ] &&
            [ "$(grep -c 'to=chasquid@starttls.example failed' "$work/chasquid.log")" -ge 2 ] && break
        sleep 1
    done
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg node npm python3 openssl unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/lib usr/lib64 usr/sbin dev tmp etc var/lib/chasquid &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download chasquid=1.11-2+b2 libc6 \
    coreutils libacl1 libattr1 libselinux1 libgmp10 libpcre2-8-0 >"$work/apt.log" 2>&1) ||
    end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund --omit=optional Haraka@3.3.4 >npm.log 2>&1) ||
    end 3 "the package cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"

echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:2 attempts:1' >"$root/etc/resolv.conf"
chmod 755 "$root"
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
echo 'haraka.example.com' >"$config/me"
echo 'here' >"$config/plugins"
printf 'listen=127.0.0.1:2525\nnodes=0\n' >"$config/smtp.ini"
printf 'local_mx_ok=true\nenable_tls=true\n' >"$config/outbound.ini"
cat >"$work/haraka/plugins/here.js" <<'JS'
exports.hook_rcpt = (next, connection) => { connection.relaying = true; next(OK) }
exports.hook_get_mx = (next, hmail, domain) => next(OK, {
    priority: 0, exchange: domain === 'plain.example' ? '127.0.0.6' : '127.0.0.5', port: 25,
})
JS

cat >"$work/send.py" <<'PYTHON'
"""Hands in two messages at Haraka and two at chasquid, as a mail program does."""
import smtplib
import ssl

haraka = smtplib.SMTP("127.0.0.1", 2525, timeout=20)
chasquid = smtplib.SMTP("127.0.0.1", 587, timeout=20)
chasquid.starttls(context=ssl._create_unverified_context())
chasquid.login("shop@example.com", "secret")
for session, name in ((haraka, "haraka"), (chasquid, "chasquid")):
    for domain in ("starttls.example", "plain.example"):
        to = f"{name}@{domain}"
        session.sendmail("shop@example.com", [to], f"From: shop@example.com\r\nTo: {to}\r\nSubject: test\r\n\r\nHello\r\n")
PYTHON
cat >"$work/server.py" <<'PYTHON'
"""Two mail servers, by address: one that offers STARTTLS and cannot do it, one without. Both take mail in the clear."""
import re
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        offers = self.connection.getsockname()[0] == "127.0.0.5"
        self.say("220 mx.example.net ESMTP")
        to = ""
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "EHLO":
                self.say("250-mx.example.net\r\n250 " + ("STARTTLS" if offers else "8BITMIME"))
            elif verb == "STAR":
                self.say("454 4.7.0 TLS not available")
            elif verb == "DATA":
                self.say("354 Go ahead")
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
                with open(sys.argv[1], "a") as file:
                    file.write(f"taken {to}\n")
                self.say("250 2.0.0 Ok")
            else:
                to = re.search("<(.*)>", line)[1] if verb == "RCPT" else to
                self.say("250 2.0.0 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("0.0.0.0", 25), Session).serve_forever()
PYTHON
cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: each name has the address of one of the two mail servers, and nothing else."""
import socket

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    at = 12
    while query[at]:
        at += 1 + query[at]
    last = 6 if b"plain" in query else 5
    body = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0" + bytes([last]) if query[at + 2] == 1 else b""
    head = query[:2] + bytes([0x85, 0x80, 0, 1, 0, 1 if body else 0, 0, 0, 0, 0])
    server.sendto(head + query[12 : at + 5] + body, client)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or a program did not start; $(tail -n 1 "$work/send.log")"
row() { # program, name, its words, how often it put the message off
    taken=$(grep -qx "taken $2@starttls.example" "$work/said" && echo yes || echo no)
    printf '%s: put off %s times, taken: %s; %s\n' "$1" "$4" "$taken" "$3"
}
{
    row Haraka haraka "$(grep -oE 'Upstream error: 454 .*' "$work/haraka.log" | head -n 1)" \
        "$(grep -c 'Temp failing' "$work/haraka.log")"
    row chasquid chasquid "$(grep -oE 'TLS error: 454 [^)]*' "$work/chasquid.log" | head -n 1)" \
        "$(grep -c 'to=chasquid@starttls.example failed' "$work/chasquid.log")"
} >"$work/lines"
cat "$work/lines"
for name in haraka chasquid; do
    grep -qx "taken $name@plain.example" "$work/said" || end 4 "nothing measured: $name sent no mail at all"
done
echo 'a server without STARTTLS: taken from Haraka, taken from chasquid'

if grep -q '^Haraka: put off 2 times, taken: no; .*: 454 ' "$work/lines" &&
    grep -q '^chasquid: put off 2 times, taken: no; .*: 454 ' "$work/lines"; then
    end 0 "as stated: they wait for TLS that the server does not have"
fi
end 1 "CHANGED: the message is delivered in the clear"

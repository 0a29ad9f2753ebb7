#!/usr/bin/env bash
# Version: Haraka 3.3.4 (npm), as the sending server, with its settings as they come but the number of tries.
# Behaviour: a domain's MX record leads to the machine that Haraka runs on, and its configuration does not say that it takes
#   mail for that domain. The message stays in the queue and is tried again; each time the log has "Temp failing ... Tried
#   all MXs", and after the last time the bounce has that, too, with Status 5.1.2 (bad destination system). Nobody was asked. That the host is its own
#   stands in a line of level INFO before it, "MX ... is local, skipping since local_mx_ok=false", and nowhere in the bounce.
# Guessed: the message bounces at once, and says so, as with Postfix ("mail for … loops back to myself"), Exim ("lowest
#   numbered MX record points to local host") and sendmail ("local configuration error").
# Hurts: a domain that was moved to this server, or left out of host_list, looks like one whose servers are down: days of
#   waiting, then a bounce that sends its reader to look at the network of somebody else. Look for "is local, skipping" in
#   the log, or compare the MX record with the addresses of the machine.
# Source: observed; outbound/hmail.js, "is local, skipping since local_mx_ok=false". No report of it was found.
# Seen on 30 November 2026:
#   tries: 2, connections to the MX host: 0
#   in the bounce: Too many failures (Tried all MXs); Status 5.1.2
# Needs Node.js 20 or later with npm, python3; root, unshare, ip; takes 80 seconds. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, and every process ends with it
    work=$1
    ip link set lo up
    ip address add 192.0.2.25/32 dev lo
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    python3 "$work/dns.py" >"$work/dns.log" 2>&1 &
    python3 "$work/server.py" "$work/connections" >"$work/server.log" 2>&1 &
    node "$work/node_modules/Haraka/bin/haraka" -c "$work/haraka" >"$work/haraka.log" 2>&1 &
    for _ in $(seq 20); do
        sleep 1
        python3 "$work/send.py" 2>"$work/send.log" && break
    done
    for _ in $(seq 100); do [ -s "$work/bounce" ] && break; sleep 1; done
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in node npm python3 unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund --omit=optional Haraka@3.3.4 >npm.log 2>&1) ||
    end 3 "the package cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"

mkdir -p "$work"/haraka/{config,plugins,queue}
cp -r "$work"/node_modules/Haraka/config/. "$work/haraka/config/"
config=$work/haraka/config
echo 'mail.example.com' >"$config/me"
echo 'here' >"$config/plugins"
printf 'listen=127.0.0.1:2525\nnodes=0\n' >"$config/smtp.ini"
printf 'maxTempFailures=2\n' >"$config/outbound.ini"
cat >"$work/haraka/plugins/here.js" <<JS
const fs = require('fs')
exports.hook_rcpt = (next, connection) => { connection.relaying = true; next(OK) }
exports.hook_bounce = (next, hmail, error) => {
    fs.writeFileSync('$work/bounce', \`\${error.message || error}; Status \${hmail.todo.rcpt_to[0].dsn_status}\`)
    next(OK)
}
JS

cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: moved.example has an MX record with a host that is this machine."""
import socket

MX, ADDRESS = 15, 1
RECORDS = {
    ("moved.example", MX): b"\x00\x0a\x02mx\x05moved\x07example\x00",
    ("mx.moved.example", ADDRESS): bytes([192, 0, 2, 25]),
}
NAMES = {name for name, _ in RECORDS}

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    name, kind = ".".join(labels), query[at + 2]
    data = RECORDS.get((name, kind))
    answer = b"" if data is None else b"\xc0\x0c" + bytes([0, kind, 0, 1, 0, 0, 0, 60]) + len(data).to_bytes(2, "big") + data
    rcode = 0 if name in NAMES else 3
    head = query[:2] + bytes([0x81, 0x80 | rcode, 0, 1, 0, 1 if answer else 0, 0, 0, 0, 0])
    server.sendto(head + query[12 : at + 5] + answer, client)
PYTHON

cat >"$work/server.py" <<'PYTHON'
"""A mail server on port 25 of this machine that takes all; each connection is written to a file."""
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        with open(sys.argv[1], "a") as file:
            file.write("connection\n")
        self.wfile.write(b"220 mail.example.com ESMTP\r\n")
        for line in self.rfile:
            self.wfile.write(b"354 Go\r\n" if line[:4].upper() == b"DATA" else b"250 Ok\r\n")


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("192.0.2.25", 25), Session).serve_forever()
PYTHON
cat >"$work/send.py" <<'PYTHON'
"""Give Haraka one message."""
import smtplib

with smtplib.SMTP("127.0.0.1", 2525, "client.example.com", timeout=20) as haraka:
    to = "anna@moved.example"
    haraka.sendmail("shop@example.com", [to], f"From: shop@example.com\nTo: {to}\nSubject: test\n\nHello\n")
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or Haraka did not start"
tries=$(grep -c -E 'Temp failing|bouncing mail' "$work/haraka.log")
connections=$(cat "$work/connections" 2>/dev/null | wc -l)
[ -s "$work/bounce" ] || end 4 "nothing measured: no bounce; $(tail -n 1 "$work/haraka.log")"
echo "tries: $tries, connections to the MX host: $connections"
echo "in the bounce: $(cat "$work/bounce")"
if [ "$tries" = 2 ] && grep -q 'MX 192.0.2.25 is local, skipping' "$work/haraka.log" && [ "$connections" = 0 ] && grep -qx 'Too many failures (Tried all MXs); Status 5.1.2' "$work/bounce"; then
    end 0 "as stated: a domain whose MX host is this machine waits, and nobody is told why"
fi
end 1 "CHANGED: Haraka bounces at once, delivers, or names the cause"

#!/usr/bin/env bash
# Version: mailauth 4.13.3 (npm), authenticate() with its defaults.
# Behaviour: SPF for a sender with one record: "v=spf1 include:PROVIDER -all". While the name servers of
#   PROVIDER fail (SERVFAIL), the answer is spf=fail, as if PROVIDER did not name the address. With
#   "redirect=PROVIDER" it is spf=neutral. Only where the sender's own domain fails, or the name behind
#   "a:", it is temperror. DMARC (p=reject, no DKIM) is dmarc=fail in all four.
# Guessed: temperror in all four: RFC 7208 5.2 and 6.1 pass on the result of the other record.
# Hurts: mail of good senders is refused for good while somebody else's DNS is down, where 451 would have
#   saved it. Who is told "does not designate 192.0.2.25 as permitted sender" finds his address in the
#   record of his provider, and nothing to mend. Ask whether the refusals came at one time only.
# Source: observed; lib/spf/spf-verify.js passes on an error in "include" and "redirect" if it has spfResult,
#   which an error of the resolver has not; RFC 7208.
# Seen on 29 November 2026 (client 192.0.2.25):
#   good.example: spf=pass dmarc=pass
#   own.example: spf=temperror dmarc=fail          (SERVFAIL for its own TXT)
#   a.example: spf=temperror dmarc=fail            (v=spf1 a:mail.broken.example -all)
#   include.example: spf=fail dmarc=fail           (v=spf1 include:broken.example -all)
#   redirect.example: spf=neutral dmarc=fail       (v=spf1 redirect=broken.example)
# Needs Node.js 20 or later with npm, python3; root, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, a name server of its own
    work=$1
    ip link set lo up
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    python3 "$work/dns.py" >"$work/dns.log" 2>&1 &
    sleep 1
    (cd "$work" && timeout 60 node "$work/ask.js" >"$work/lines" 2>"$work/ask.log")
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in node npm python3 unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund mailauth@4.13.3 >npm.log 2>&1) ||
    end 3 "the package cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"

cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: TXT records, SERVFAIL for broken.example, below it and for own.example."""
import socket

RECORDS = {
    "good.example": "v=spf1 include:provider.example -all",
    "provider.example": "v=spf1 ip4:192.0.2.25 -all",
    "a.example": "v=spf1 a:mail.broken.example -all",
    "include.example": "v=spf1 include:broken.example -all",
    "redirect.example": "v=spf1 redirect=broken.example",
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
    text = "v=DMARC1; p=reject" if labels[0] == "_dmarc" else RECORDS.get(name)
    servfail = name.endswith("broken.example") or name == "own.example"
    answer = b""
    if kind == 16 and text and not servfail:
        data = bytes([len(text)]) + text.encode()
        answer = b"\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x3c" + len(data).to_bytes(2, "big") + data
    head = query[:2] + bytes([0x81, 0x80 | (2 if servfail else 0), 0, 1, 0, 1 if answer else 0, 0, 0, 0, 0])
    server.sendto(head + query[12 : at + 5] + answer, client)
PYTHON
cat >"$work/ask.js" <<'JS'
const { authenticate } = require('mailauth')

const ask = async (domain) => {
  const message = `From: shop@${domain}\r\nTo: anna@example.net\r\nSubject: test\r\n\r\nHello\r\n`
  const client = { ip: '192.0.2.25', helo: 'mail.example.com', sender: `shop@${domain}`, mta: 'mx.example.net' }
  const { spf, dmarc } = await authenticate(message, client)
  console.log(`${domain}: spf=${spf.status.result} dmarc=${dmarc.status.result}`)
}

(async () => {
  for (const label of ['good', 'own', 'a', 'include', 'redirect']) await ask(`${label}.example`)
})()
JS

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/ask.log")"
cat "$work/lines"
for line in 'good.example: spf=pass' 'own.example: spf=temperror' 'a.example: spf=temperror'; do
    grep -q "^$line" "$work/lines" || end 4 "nothing measured: the name server was not asked as meant"
done

if grep -q '^include.example: spf=fail dmarc=fail$' "$work/lines" &&
    grep -q '^redirect.example: spf=neutral dmarc=fail$' "$work/lines"; then
    end 0 "as stated: a failing name server behind include is fail, behind redirect neutral"
fi
end 1 "CHANGED: a failing name server behind include or redirect has another result"

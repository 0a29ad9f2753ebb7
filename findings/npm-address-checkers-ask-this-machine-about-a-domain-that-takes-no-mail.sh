#!/usr/bin/env bash
# Version: deep-email-validator 0.1.27, email-existence 0.1.6, email-verify 0.2.1, @devmehq/email-validator-js 2.10.2,
#   node-email-verifier 4.0.0 and email-deep-validator 3.3.0 (npm), as they come, with the check of mailboxes where they have one.
# Behaviour: a domain says by a null MX record (RFC 7505) that it takes no mail. The first four connect to port 25 of the machine
#   that they run on, ask the mail server there for the address, and call it valid if that server takes it, as it does
#   by default for programs on its own machine. The other two call the domain valid. A domain with an address and no MX
#   record, to which mail is delivered (RFC 5321 5.1), is invalid or an error (ENODATA) in all six, and nobody is asked.
# Guessed: null MX: invalid, and no connection; without MX: the host of that name is asked.
# Hurts: an address at a domain that takes no mail, by a slip or on purpose, passes the form that was to catch it, and the
#   mail bounces; on a test machine without a mail server the same address is refused. Nothing shows which server was
#   asked: look for RCPT with foreign domains from localhost in the mail log. And real users at small domains without MX
#   are turned away.
# Source: observed; Node's dns.resolveMx() gives the null MX as a record with an empty name, and net.connect() takes an empty
#   name for localhost. No report of it was found.
# Seen on 30 November 2026 (verdict; server that was connected to: 127.0.0.9 is the MX host, 127.0.0.1 this machine):
#   deep-email-validator: MX true 127.0.0.9; null MX true 127.0.0.1; no MX false -
#   email-existence: MX true 127.0.0.9; null MX true 127.0.0.1; no MX ENODATA -
#   email-verify: MX true 127.0.0.9; null MX true 127.0.0.1; no MX ENODATA -
#   @devmehq/email-validator-js: MX true 127.0.0.9; null MX true 127.0.0.1; no MX false -
#   node-email-verifier: MX true -; null MX true -; no MX false -
#   email-deep-validator: MX true 127.0.0.9; null MX domain only -; no MX false -
# Needs Node.js 20 or later with npm, python3; root, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, a name server and a mail server
    work=$1
    ip link set lo up
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    cd "$work" || exit
    python3 dns.py >dns.log 2>&1 &
    python3 smtp.py connections >smtp.log 2>&1 &
    sleep 1
    timeout 90 node ask.js >lines 2>log
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in node npm python3 unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund deep-email-validator@0.1.27 email-existence@0.1.6 \
    email-verify@0.2.1 @devmehq/email-validator-js@2.10.2 node-email-verifier@4.0.0 email-deep-validator@3.3.0 \
    >npm.log 2>&1) || end 3 "the packages cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"

cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: one domain with an MX record, one with a null MX, one with an address only."""
import socket

MX, ADDRESS = 15, 1
RECORDS = {
    ("good.example", MX): b"\x00\x0a\x02mx\x04good\x07example\x00",
    ("mx.good.example", ADDRESS): bytes([127, 0, 0, 9]),
    ("null.example", MX): b"\x00\x00\x00",
    ("bare.example", ADDRESS): bytes([127, 0, 0, 8]),
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
cat >"$work/smtp.py" <<'PYTHON'
"""A mail server on all addresses that takes every recipient; it writes the address at which it was asked for one."""
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 mx.example.net ESMTP\r\n")
        for line in self.rfile:
            if line.upper().startswith(b"RCPT"):
                with open(sys.argv[1], "a") as log:
                    print(self.request.getsockname()[0].removeprefix("::ffff:"), file=log)
            is_end = line.upper().startswith(b"QUIT")
            self.wfile.write(b"221 2.0.0 Bye\r\n" if is_end else b"250 2.0.0 OK\r\n")
            if is_end:
                return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


Server(("0.0.0.0", 25), Session).serve_forever()
PYTHON
cat >"$work/ask.js" <<'JS'
const fs = require('fs')

const called = (start) =>
  new Promise((resolve, reject) => start((error, result) => (error ? reject(error) : resolve(result))))

const checkers = {
  'deep-email-validator': async (email) => {
    const { validate } = require('deep-email-validator')
    return (await validate({ email, validateTypo: false, validateDisposable: false })).valid
  },
  'email-existence': (email) => called((done) => require('email-existence').check(email, done)),
  'email-verify': async (email) =>
    (await called((done) => require('email-verify').verify(email, { timeout: 5000 }, done))).success,
  '@devmehq/email-validator-js': async (emailAddress) => {
    const { verifyEmail } = require('@devmehq/email-validator-js')
    const { validMx, validSmtp } = await verifyEmail({ emailAddress, verifyMx: true, verifySmtp: true, timeout: 5000 })
    return validMx && validSmtp
  },
  'node-email-verifier': async (email) => {
    const { default: verify } = await import('node-email-verifier')
    return verify(email, { checkMx: true })
  },
  'email-deep-validator': async (email) => {
    const Validator = require('email-deep-validator')
    const { validDomain, validMailbox } = await new Validator({ timeout: 5000 }).verify(email)
    return validDomain && validMailbox === null ? 'domain only' : validDomain && validMailbox
  },
}

const connections = () => (fs.existsSync('connections') ? fs.readFileSync('connections', 'utf8') : '')

const main = async () => {
  for (const [name, check] of Object.entries(checkers)) {
    const cells = []
    for (const [what, domain] of [['MX', 'good'], ['null MX', 'null'], ['no MX', 'bare']]) {
      const { length } = connections()
      let verdict
      try {
        verdict = await check(`anna@${domain}.example`)
      } catch (error) {
        verdict = error.code || error.message
      }
      cells.push(`${what} ${verdict} ${connections().slice(length).trim() || '-'}`)
    }
    console.log(`${name}: ${cells.join('; ')}`)
  }
  process.exit()
}
main()
JS

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/log")"
cat "$work/lines"
[ "$(grep -c ': MX true ' "$work/lines")" = 6 ] || end 4 "nothing measured: the usual domain is not taken by all six"

asked='MX true 127.0.0.9; null MX true 127.0.0.1; no MX'
if grep -qxF "deep-email-validator: $asked false -" "$work/lines" &&
    grep -qxF "email-existence: $asked ENODATA -" "$work/lines" &&
    grep -qxF "email-verify: $asked ENODATA -" "$work/lines" &&
    grep -qxF "@devmehq/email-validator-js: $asked false -" "$work/lines" &&
    grep -qxF 'node-email-verifier: MX true -; null MX true -; no MX false -' "$work/lines" &&
    grep -qxF 'email-deep-validator: MX true 127.0.0.9; null MX domain only -; no MX false -' "$work/lines"; then
    end 0 "as stated: a null MX is valid, and four of six ask the mail server of this machine"
fi
end 1 "CHANGED: a null MX, or a domain without MX, is taken otherwise"

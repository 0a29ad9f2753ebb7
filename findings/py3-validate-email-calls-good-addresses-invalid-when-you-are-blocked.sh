#!/usr/bin/env bash
# Version: py3-validate-email 1.0.5.post2 (PyPI), its check by SMTP, defaults but for an EHLO name and without
#   its list of disposable domains, which it would fetch.
# Behaviour: True, False (invalid) or None (ambiguous) for one address. Every refusal with 5xx is False,
#   also one that bars the asking host at the greeting or refuses the sender at MAIL, where the
#   address was never asked about; and a domain whose name servers fail (SERVFAIL) is False, too.
#   Only 4xx is None.
# Guessed: None for all that says nothing of the address: the docstring of the SMTP check says of these
#   refusals that "the validity of the email address can not be determined".
# Hurts: who cleans a list from a host that a blocklist names, or while a name server is down, deletes
#   good addresses. The reverse-path, if none is given, is the asked address itself: a domain with
#   SPF "-all" that checks its own mail refuses it (here mail-spf.example), and each address is False.
# Source: observed; validate_email.py turns every EmailValidationError but SMTPTemporaryError into False,
#   SMTPCommunicationError (greeting, EHLO, MAIL) and NoNameserverError among them.
# Seen on 29 November 2026:
#   alice@exists.example True      (250 to RCPT)
#   alice@greylist.example None    (450 to RCPT)
#   alice@unknown.example False    (550 5.1.1 to RCPT)
#   alice@blocked.example False    (554 as the greeting: your address is on a blocklist)
#   alice@mail-spf.example False   (550 5.7.23 to MAIL: SPF)
#   alice@servfail.example False   (SERVFAIL for MX)
# Needs root, python3 with venv, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, a name server of its own
    work=$1
    ip link set lo up
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    "$work/venv/bin/python" "$work/server.py" >"$work/server.log" 2>&1 &
    sleep 1
    "$work/venv/bin/python" "$work/ask.py" >"$work/lines" 2>"$work/ask.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in python3 unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q py3-validate-email==1.0.5.post2 dnspython==2.7.0 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"

cat >"$work/server.py" <<'PYTHON'
"""A name server, and five mail servers that answer alike but for one command."""
import socketserver
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

PLACES = {"exists": "127.0.0.2", "greylist": "127.0.0.3", "unknown": "127.0.0.4",
          "blocked": "127.0.0.5", "mail-spf": "127.0.0.6"}
REPLIES = {
    ("127.0.0.3", "RCPT"): "450 4.7.1 Greylisted, try again later",
    ("127.0.0.4", "RCPT"): "550 5.1.1 No such user here",
    ("127.0.0.5", "greeting"): "554 5.7.1 Your address is on a blocklist",
    ("127.0.0.6", "MAIL"): "550 5.7.23 SPF: your address may not send for this domain",
}


class Name(socketserver.DatagramRequestHandler):
    def handle(self):
        question = dns.message.from_wire(self.rfile.read())
        answer = dns.message.make_response(question)
        asked = question.question[0]
        label, kind = asked.name.labels[-3].decode(), dns.rdatatype.to_text(asked.rdtype)
        if label == "servfail":
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif kind == "MX":
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "MX", f"10 mx.{label}.example."))
        elif kind == "A":
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "A", PLACES[label]))
        self.wfile.write(answer.to_wire())


class Mail(socketserver.StreamRequestHandler):
    def say(self, step):
        usual = {"greeting": "220 mx.example ESMTP"}.get(step, "250 Ok")
        reply = REPLIES.get((self.server.server_address[0], step), usual)
        self.wfile.write(reply.encode() + b"\r\n")

    def handle(self):
        self.say("greeting")
        for line in self.rfile:
            self.say(line.decode()[:4].upper())


for place in PLACES.values():
    server = socketserver.ThreadingTCPServer((place, 25), Mail)
    threading.Thread(target=server.serve_forever, daemon=True).start()
socketserver.ThreadingUDPServer(("127.0.0.1", 53), Name).serve_forever()
PYTHON
cat >"$work/ask.py" <<'PYTHON'
"""Ask about one address of each domain."""
from validate_email import validate_email

for label in ("exists", "greylist", "unknown", "blocked", "mail-spf", "servfail"):
    address = f"alice@{label}.example"
    print(address, validate_email(address, check_blacklist=False, smtp_helo_host="client.example.com"))
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/ask.log")"
cat "$work/lines"
[ "$(wc -l <"$work/lines")" = 6 ] || end 4 "nothing measured: $(tail -n 1 "$work/ask.log")"
for place in 'exists.example True' 'greylist.example None' 'unknown.example False'; do
    grep -q "@$place\$" "$work/lines" || end 4 "nothing measured: the servers were not reached as meant"
done

if grep -q '@blocked.example False$' "$work/lines" && grep -q '@mail-spf.example False$' "$work/lines" &&
    grep -q '@servfail.example False$' "$work/lines"; then
    end 0 "as stated: a block of the asking host, of the sender, and a failing name server are all \"invalid\""
fi
end 1 "CHANGED: at least one of them is no longer False"

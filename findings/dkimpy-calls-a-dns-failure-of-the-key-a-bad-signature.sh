#!/usr/bin/env bash
# Version: dkimpy 1.1.8 and authheaders 0.16.3 (PyPI), with dnspython 2.9.2, defaults.
# Behaviour: a good signature whose key cannot be asked for, since DNS fails (SERVFAIL) or gives no answer.
#   verify() is False, as for a forged one, and raises nothing. authheaders has dkim=fail from it, and with
#   p=reject and no SPF dmarc=fail; its branch for temperror is never reached. A key that does not exist is
#   the same.
# Guessed: an exception of DNS from dkimpy, temperror for dkim and dmarc from authheaders.
# Hurts: who acts on dmarc=fail refuses good mail for good while a name server is down, where 451 would have had
#   it come again. Mailman 3 asks again after a Timeout of DNS, which never comes, and seals dkim=fail into its
#   ARC set, for every receiver to read. Who reads the header looks for what changed the body on the way (a
#   footer, a gateway), and there is nothing. Verify the saved message again before you believe it.
# Source: observed; dkim/dnsplug.py gives no record for SERVFAIL, and verify_sig() in dkim/__init__.py logs its
#   own DnsTimeoutError and gives False; Mailman 3.3.10, handlers/validate_authenticity.py; RFC 6376 section
#   6.1.2 (TEMPFAIL where the key cannot be asked for), RFC 8601 section 2.7.1 (temperror).
# Seen on 29 November 2026 (the key: is there, was changed, is not there, SERVFAIL, no answer):
#   good.example: verify()=True dkim=pass dmarc=pass
#   other.example: verify()=False dkim=fail dmarc=fail
#   absent.example: verify()=False dkim=fail dmarc=fail
#   servfail.example: verify()=False dkim=fail dmarc=fail
#   silent.example: verify()=False dkim=fail dmarc=fail
# Needs root, python3 with venv, openssl, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, a name server of its own
    work=$1
    ip link set lo up
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    (cd "$work" && "$work/venv/bin/python" "$work/server.py") >"$work/server.log" 2>&1 &
    sleep 1
    (cd "$work" && timeout 90 "$work/venv/bin/python" "$work/ask.py" >"$work/lines" 2>"$work/ask.log")
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in python3 openssl unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q dkimpy==1.1.8 authheaders==0.16.3 dnspython==2.9.2 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"
for key in key other; do
    openssl genrsa -out "$work/$key.pem" 2048 2>>"$work/openssl.log" &&
        openssl rsa -in "$work/$key.pem" -pubout -outform DER -out "$work/$key.der" 2>>"$work/openssl.log" ||
        end 4 "nothing measured: openssl made no key"
done

cat >"$work/server.py" <<'PYTHON'
"""A name server: keys for some domains, DMARC with p=reject for all."""
import base64
import socket

import dns.message
import dns.rcode
import dns.rrset


def record(name):
    key = base64.b64encode(open(f"{name}.der", "rb").read()).decode()
    return f'"v=DKIM1; p={key[:200]}" "{key[200:]}"'


KEYS = {"good": record("key"), "other": record("other")}

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    question = dns.message.from_wire(query)
    answer = dns.message.make_response(question)
    asked = question.question[0]
    first, label = asked.name.labels[0].decode(), asked.name.labels[-3].decode()
    text = '"v=DMARC1; p=reject"' if first == "_dmarc" else KEYS.get(label) if first == "s1" else None
    if (first, label) == ("s1", "silent"):
        continue
    if (first, label) == ("s1", "servfail"):
        answer.set_rcode(dns.rcode.SERVFAIL)
    elif text and asked.rdtype == dns.rdatatype.TXT:
        answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "TXT", text))
    else:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    server.sendto(answer.to_wire(), client)
PYTHON
cat >"$work/ask.py" <<'PYTHON'
"""Sign one message for each domain with one key, and verify it."""
import re

import authheaders
import dkim

key = open("key.pem", "rb").read()
for label in ("good", "other", "absent", "servfail", "silent"):
    domain = f"{label}.example"
    message = f"From: shop@{domain}\r\nTo: anna@example.net\r\nSubject: test\r\n\r\nHello\r\n".encode()
    signed = dkim.sign(message, b"s1", domain.encode(), key, include_headers=[b"from", b"subject"]) + message
    header = authheaders.authenticate_message(signed, "mx.example.net", dkim=True, dmarc=True)
    results = " ".join(re.findall(r"(?:dkim|dmarc)=\w+(?= )", header))
    print(f"{domain}: verify()={dkim.DKIM(signed).verify()} {results}", flush=True)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/ask.log")"
cat "$work/lines"
grep -qx 'good.example: verify()=True dkim=pass dmarc=pass' "$work/lines" &&
    grep -qx 'other.example: verify()=False dkim=fail dmarc=fail' "$work/lines" ||
    end 4 "nothing measured: the name server was not asked as meant"

if grep -qx 'servfail.example: verify()=False dkim=fail dmarc=fail' "$work/lines" &&
    grep -qx 'silent.example: verify()=False dkim=fail dmarc=fail' "$work/lines"; then
    end 0 "as stated: a key that could not be asked for is dkim=fail and dmarc=fail"
fi
end 1 "CHANGED: a key that could not be asked for has another result"

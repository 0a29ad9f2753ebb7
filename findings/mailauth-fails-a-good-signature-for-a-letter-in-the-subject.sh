#!/usr/bin/env bash
# Version: mailauth 4.13.3 (npm); dkimpy 1.1.8 (PyPI) and nodemailer 10.0.2 (npm) for comparison.
# Behaviour: a Subject in plain UTF-8 (RFC 6532, SMTPUTF8) with an "à" or a Cyrillic "Р" in it, c=relaxed/relaxed, signed by
#   dkimpy or nodemailer: mailauth has dkim=fail (bad signature). What mailauth signs itself passes with mailauth and fails
#   with dkimpy. With "é", with c=simple/simple, or with an encoded Subject (=?utf-8?...) all agree; so they do
#   whatever letters the body has.
# Guessed: only blank and tab are white space to a signature (RFC 6376 2.8), so that letters do not matter.
# Hurts: some mails of a sender fail, others pass, from the same server on the same day: French with "à", Russian
#   with "Р", some Chinese and Hebrew letters and some emoji, in Subject or in a name. Who looks for a relay that changes
#   the mail, or for a wrong key, finds none. Headers in plain UTF-8 are also what shell scripts and PHP's mail() send.
#   Encode them (RFC 2047), or verify the saved message with a second program.
# Source: observed; lib/tools.js, formatRelaxedLine: the line is taken as one character for each octet, and \s of
#   JavaScript matches the octet A0, of which "à" (C3 A0) and "Р" (D0 A0) have one. No report of it was found. Tried by hand,
#   opendkim 2.11.0~beta2 and Mail::DKIM 1.20230212 side with dkimpy.
# Seen on 30 November 2026 (signed by: verified by dkimpy, by mailauth):
#   ete relaxed: dkimpy pass pass; nodemailer pass pass; mailauth pass pass
#   livraison relaxed: dkimpy pass fail; nodemailer pass fail; mailauth fail pass
#   rossiya relaxed: dkimpy pass fail; nodemailer pass fail; mailauth fail pass
#   encoded relaxed: dkimpy pass pass; nodemailer pass pass; mailauth pass pass
#   body relaxed: dkimpy pass pass; nodemailer pass pass; mailauth pass pass
#   livraison simple: dkimpy pass pass; mailauth pass pass
# Needs Node.js 20 or later with npm, python3 with venv, openssl; root, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, a name server of its own
    work=$1
    ip link set lo up
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    "$work/venv/bin/python" "$work/server.py" "$work" >"$work/server.log" 2>&1 &
    sleep 1
    cd "$work" && mkdir -p signed || exit
    "$work/venv/bin/python" write.py && timeout 60 node sign.js || exit
    {
        timeout 60 "$work/venv/bin/python" verify.py
        timeout 60 node verify.js
    } >verdicts
    python3 table.py <verdicts >lines
} 2>>"$1/log"
if [ "${1-}" = inside ]; then shift; inside "$1"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in node npm python3 openssl unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund mailauth@4.13.3 nodemailer@10.0.2 >npm.log 2>&1) ||
    end 3 "the packages cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q dkimpy==1.1.8 dnspython==2.9.2 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"
openssl genrsa -traditional -out "$work/key.pem" 2048 2>>"$work/log" &&
    openssl rsa -in "$work/key.pem" -pubout -outform DER -out "$work/key.der" 2>>"$work/log" ||
    end 4 "nothing measured: openssl made no key"

cat >"$work/server.py" <<'PYTHON'
"""A name server: the key record of example.com, and NXDOMAIN for all else."""
import base64
import pathlib
import socket
import sys

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

key = base64.b64encode((pathlib.Path(sys.argv[1]) / "key.der").read_bytes()).decode()
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    data, client = server.recvfrom(4096)
    query = dns.message.from_wire(data)
    question, answer = query.question[0], dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    if question.name.to_text().lower() != "s1._domainkey.example.com.":
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif question.rdtype == 16:
        text = f'"v=DKIM1; k=rsa; p={key[:200]}" "{key[200:]}"'
        answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", text))
    server.sendto(answer.to_wire(), client)
PYTHON
cat >"$work/write.py" <<'PYTHON'
"""Write the messages, plain and signed by dkimpy."""
import pathlib

import dkim

TEXTS = {
    "ete": ("L'été", "Bonjour"),
    "livraison": ("Livraison à domicile", "Bonjour"),
    "rossiya": ("Рассылка", "Bonjour"),
    "encoded": ("=?utf-8?q?Livraison_=C3=A0_domicile?=", "Bonjour"),
    "body": ("test", "Livraison à domicile, 5\u00a0€ \u00a0"),
}
key = pathlib.Path("key.pem").read_bytes()
fields = [b"from", b"to", b"subject", b"date", b"message-id"]
for label, (subject, body) in TEXTS.items():
    mail = (
        f"From: shop@example.com\r\nTo: anna@example.net\r\nSubject: {subject}\r\n"
        f"Date: Mon, 30 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\n{body}\r\n"
    ).encode()
    pathlib.Path(f"{label}.eml").write_bytes(mail)
    for form in (b"relaxed", b"simple"):
        signature = dkim.sign(mail, b"s1", b"example.com", key, canonicalize=(form, form), include_headers=fields)
        pathlib.Path(f"signed/{label} {form.decode()} dkimpy").write_bytes(signature + mail)
PYTHON
cat >"$work/sign.js" <<'JS'
// The same messages, signed by mailauth and by nodemailer (which has c=relaxed/relaxed only).
const fs = require('fs')
const nodemailer = require('nodemailer')
const { dkimSign } = require('mailauth/lib/dkim/sign')

const privateKey = fs.readFileSync('key.pem', 'utf8')
const fields = ['from', 'to', 'subject', 'date', 'message-id']

const main = async () => {
  for (const file of fs.readdirSync('.').filter((name) => name.endsWith('.eml'))) {
    const raw = fs.readFileSync(file)
    const label = file.replace('.eml', '')
    for (const form of ['relaxed', 'simple']) {
      const canonicalization = `${form}/${form}`
      const { signatures } = await dkimSign(raw, {
        canonicalization,
        headerList: fields,
        signatureData: [{ signingDomain: 'example.com', selector: 's1', privateKey, canonicalization }],
      })
      fs.writeFileSync(`signed/${label} ${form} mailauth`, Buffer.concat([Buffer.from(signatures), raw]))
    }
    const transport = nodemailer.createTransport({
      streamTransport: true,
      buffer: true,
      newline: '\r\n',
      dkim: { domainName: 'example.com', keySelector: 's1', privateKey, headerFieldNames: fields.join(':') },
    })
    const envelope = { from: 'shop@example.com', to: ['anna@example.net'] }
    const { message } = await transport.sendMail({ raw, envelope })
    fs.writeFileSync(`signed/${label} relaxed nodemailer`, message)
  }
}
main()
JS
cat >"$work/verify.py" <<'PYTHON'
import pathlib

import dkim

for path in sorted(pathlib.Path("signed").iterdir()):
    print(path.name, "dkimpy", "pass" if dkim.verify(path.read_bytes()) else "fail")
PYTHON
cat >"$work/verify.js" <<'JS'
const fs = require('fs')
const { dkimVerify } = require('mailauth/lib/dkim/verify')

const main = async () => {
  for (const name of fs.readdirSync('signed')) {
    const { results } = await dkimVerify(fs.readFileSync(`signed/${name}`))
    console.log(name, 'mailauth', results.map(({ status }) => status.result).join('+'))
  }
}
main()
JS
cat >"$work/table.py" <<'PYTHON'
"""One line for each message and form: the signers, each with the verdicts of dkimpy and of mailauth."""
import sys

verdicts = {tuple(words[:4]): words[4] for words in map(str.split, sys.stdin)}
for form in ("relaxed", "simple"):
    for label in ("ete", "livraison", "rossiya", "encoded", "body"):
        cells = []
        for signer in ("dkimpy", "nodemailer", "mailauth"):
            pair = [verdicts.get((label, form, signer, verifier)) for verifier in ("dkimpy", "mailauth")]
            if None not in pair:
                cells.append(" ".join([signer, *pair]))
        print(f"{label} {form}: {'; '.join(cells)}")
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/log")"
cat "$work/lines"
all='dkimpy pass pass; nodemailer pass pass; mailauth pass pass'
for line in "ete relaxed: $all" "encoded relaxed: $all" "body relaxed: $all"; do
    grep -qx "$line" "$work/lines" || end 4 "nothing measured: signing or verifying did not work; $(tail -n 1 "$work/log")"
done

odd='dkimpy pass fail; nodemailer pass fail; mailauth fail pass'
if grep -qx "livraison relaxed: $odd" "$work/lines" && grep -qx "rossiya relaxed: $odd" "$work/lines" &&
    [ "$(grep -c ' simple: dkimpy pass pass; mailauth pass pass$' "$work/lines")" = 5 ]; then
    end 0 "as stated: an octet A0 in a header makes mailauth fail a good signature, and sign what fails elsewhere"
fi
end 1 "CHANGED: mailauth has another result for a letter with the octet A0"

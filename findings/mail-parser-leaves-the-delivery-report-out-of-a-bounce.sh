#!/usr/bin/env bash
# Version: mail-parser 4.8.0 (PyPI) and mailparser 3.14.2 (npm, simpleParser), as they come.
# Behaviour: a bounce as RFC 3464 has it, with a text for people and a message/delivery-status part (Action, Status,
#   Diagnostic-Code). In what mail-parser of PyPI gives, attachments, text_plain, text_not_managed, body or mail, nothing
#   of that part is found, and no defect is told. mailparser of npm has no attachment of that type either: it puts the
#   fields behind the text of the mail, as if the author had written them.
# Guessed: the part is among the attachments, with its type and its content, in both.
# Hurts: what counts bounces with one of them sees a sentence for people, which names no status in the bounces of
#   Exchange, sendmail or gateways. The mailbox that is full (5.2.2) and the one that is gone (5.1.1) are then told apart
#   by guesses at words, or not at all; in the second a pattern for the text also finds the fields of the report. Read
#   bounces with the standard library's email, where the part is a list of header blocks.
# Source: observed; mailparser/core.py goes through the parts with walk() and leaves out what is_multipart(), as
#   message/delivery-status is in Python's email package.
# Seen on 30 November 2026 (where the Diagnostic-Code "552 5.2.2 Mailbox full" is found):
#   email (Python): message/delivery-status
#   mail-parser: nowhere
#   mailparser: text
# Needs Node.js 20 or later with npm, python3 with venv; root, unshare. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network
    work=$1
    cd "$work" || exit
    timeout 60 "$work/venv/bin/python" read.py >lines 2>log && timeout 60 node read.js >>lines 2>>log
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in node npm python3 unshare; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q mail-parser==4.8.0 >"$work/pip.log" 2>&1 ||
    end 3 "the package cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund mailparser@3.14.2 >npm.log 2>&1) ||
    end 3 "the package cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"

cat >"$work/bounce.eml" <<'MAIL'
Return-Path: <>
Date: Mon, 30 Nov 2026 06:00:00 +0000
From: Mail Delivery Subsystem <MAILER-DAEMON@mail.example.com>
To: shop@example.com
Subject: Undeliverable: test
Message-ID: <2@mail.example.com>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_1"

--=_1
Content-Type: text/plain; charset=utf-8

Your message could not be delivered to anna@example.net.

--=_1
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com

Final-Recipient: rfc822; anna@example.net
Action: failed
Status: 5.2.2
Remote-MTA: dns; mx.example.net
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full

--=_1
Content-Type: message/rfc822

From: shop@example.com
To: anna@example.net
Subject: test
Message-ID: <1@example.com>

Hello

--=_1--
MAIL
cat >"$work/read.py" <<'PYTHON'
import email
import email.policy

import mailparser

CODE = "552 5.2.2 Mailbox full"
with open("bounce.eml", "rb") as file:
    mail = email.message_from_binary_file(file, policy=email.policy.default)
print("email (Python):", *(part.get_content_type() for part in mail.iter_parts() if CODE in part.as_string()))
parsed = mailparser.parse_from_file("bounce.eml")
places = ("attachments", "text_plain", "text_html", "text_not_managed", "body", "mail", "defects")
assert "could not be delivered" in str(parsed.text_plain)
print("mail-parser:", *([place for place in places if CODE in str(getattr(parsed, place))] or ["nowhere"]))
PYTHON
cat >"$work/read.js" <<'JS'
const { simpleParser } = require('mailparser')
const CODE = '552 5.2.2 Mailbox full'

simpleParser(require('fs').readFileSync('bounce.eml')).then((mail) => {
  const places = mail.attachments.filter((it) => it.content.includes(CODE)).map((it) => it.contentType)
  if (mail.text.includes(CODE)) places.push('text')
  console.log('mailparser:', places.join(' ') || 'nowhere')
})
JS

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/log")"
cat "$work/lines"
grep -qx 'email (Python): message/delivery-status' "$work/lines" || end 4 "nothing measured: the bounce is none"

grep -qx 'mail-parser: nowhere' "$work/lines" && grep -qx 'mailparser: text' "$work/lines" ||
    end 1 "CHANGED: the delivery report is found elsewhere"
end 0 "as stated: the delivery report is left out, or put behind the text"

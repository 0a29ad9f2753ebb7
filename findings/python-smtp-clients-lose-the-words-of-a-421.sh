#!/usr/bin/env bash
# Version: smtplib of Python 3.11 and aiosmtplib 5.1.3 (PyPI), sendmail() of both.
# Behaviour: a server says "421 4.7.0 Too many messages from your address" and closes, as RFC 5321 has it. At MAIL
#   and after the message both libraries pass the words on. At EHLO smtplib tries HELO on the closed connection,
#   and raises "Connection unexpectedly closed"; at the second of three recipients aiosmtplib goes on to the
#   third, and raises "Connection lost". Code and words of the server are in neither exception.
# Guessed: code and words in every case: each library has a place for them in all its exceptions but this one.
# Hurts: large receivers slow senders down with 421 at EHLO and at RCPT. Who reads "connection lost" in his log
#   looks for a firewall, or raises his timeouts, and tries again at once, which makes it worse; that he was
#   told to wait stands nowhere. Ask the server by hand, or with set_debuglevel(1); with aiosmtplib
#   send to one recipient at a time, there the words are kept.
# Source: observed; ehlo_or_helo_if_needed() in smtplib.py; sendmail() in aiosmtplib/smtp.py looks at what is refused
#   once all recipients were named; RFC 5321 section 3.8.
# Seen on 29 November 2026 (where the 421 comes, and whether the exception has its words):
#   EHLO: smtplib SMTPServerDisconnected, lost; aiosmtplib SMTPHeloError, kept
#   MAIL: smtplib SMTPSenderRefused, kept; aiosmtplib SMTPSenderRefused, kept
#   the only RCPT: smtplib SMTPRecipientsRefused, kept; aiosmtplib SMTPRecipientsRefused, kept
#   the second RCPT: smtplib SMTPRecipientsRefused, kept; aiosmtplib SMTPServerDisconnected, lost
#   the message: smtplib SMTPDataError, kept; aiosmtplib SMTPDataError, kept
# Needs root, python3 with venv, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback
    ip link set lo up
    timeout 60 "$1/venv/bin/python" "$1/ask.py" >"$1/lines" 2>"$1/ask.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in python3 unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q aiosmtplib==5.1.3 >"$work/pip.log" 2>&1 ||
    end 3 "the package cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"

cat >"$work/ask.py" <<'PYTHON'
"""A server that ends the session with 421 at one place, and both libraries with a message for it."""
import asyncio
import smtplib
import socketserver
import threading

import aiosmtplib

WORDS = "4.7.0 Too many messages from your address, try again later"
MESSAGE = "From: shop@example.com\r\nTo: anna@example.net\r\nSubject: test\r\n\r\nHello\r\n"
# which command, the how manyth of its kind, and how many recipients
PLACES = {"EHLO": ("EHLO", 1, 1), "MAIL": ("MAIL", 1, 1), "the only RCPT": ("RCPT", 1, 1),
          "the second RCPT": ("RCPT", 2, 3), "the message": (".", 1, 1)}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        counts = {}
        for line in self.rfile:
            verb = line.decode()[:4].strip().upper()
            if verb == "DATA":
                self.say("354 Go ahead")
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
                verb = "."
            counts[verb] = counts.get(verb, 0) + 1
            if (verb, counts[verb]) == self.server.place:
                self.say(f"421 {WORDS}")
                return
            self.say("250 Ok")


def outcome(send, *arguments):
    try:
        send(*arguments)
    except Exception as error:
        return f"{type(error).__name__}, {'kept' if WORDS in repr(error) else 'lost'}"
    return "no error"


def by_smtplib(host, port, recipients):
    with smtplib.SMTP(host, port, "client.example.com", timeout=10) as client:
        client.sendmail("shop@example.com", recipients, MESSAGE)


def by_aiosmtplib(host, port, recipients):
    client = aiosmtplib.SMTP(hostname=host, port=port, start_tls=False, timeout=10)

    async def send():
        async with client:
            await client.sendmail("shop@example.com", recipients, MESSAGE)

    asyncio.run(send())


socketserver.ThreadingTCPServer.daemon_threads = True
for title, (verb, number, count) in PLACES.items():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
    server.place = (verb, number)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    recipients = [f"anna{n}@example.net" for n in range(count)]
    results = [outcome(send, *server.server_address, recipients) for send in (by_smtplib, by_aiosmtplib)]
    print(f"{title}: smtplib {results[0]}; aiosmtplib {results[1]}", flush=True)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/ask.log")"
cat "$work/lines"
for place in MAIL 'the only RCPT' 'the message'; do
    grep -q "^$place: smtplib .*, kept; aiosmtplib .*, kept$" "$work/lines" ||
        end 4 "nothing measured: the server was not reached as meant"
done

if grep -qx 'EHLO: smtplib SMTPServerDisconnected, lost; aiosmtplib .*, kept' "$work/lines" &&
    grep -qx 'the second RCPT: smtplib .*, kept; aiosmtplib SMTPServerDisconnected, lost' "$work/lines"; then
    end 0 "as stated: smtplib loses a 421 to EHLO, aiosmtplib one to the second recipient"
fi
end 1 "CHANGED: a 421 to EHLO or to the second recipient reaches the caller, or others do not"

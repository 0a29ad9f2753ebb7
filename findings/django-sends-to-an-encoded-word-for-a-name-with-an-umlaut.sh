#!/usr/bin/env bash
# Version: Django 5.2.19 (PyPI), send_mail(); smtplib of the Python at hand beside it.
# Behaviour: the recipient is jürgen@example.net, and the server offers SMTPUTF8 (RFC 6531), as Gmail, Postfix and Exim do. Django
#   does not use it: it asks for <=?utf-8?q?j=C3=BCrgen?=@example.net>, the form that words of a header have. That is
#   another mailbox. Where the server takes it, for a catch-all or since it asks later, send_mail() returns 1.
# Guessed: MAIL with SMTPUTF8 and the address as it is, as from smtplib's send_message(); without SMTPUTF8 an error that says so.
# Hurts: EmailValidator lets no such address in, but a user table that was imported, or a form of one's own, has it. "User unknown"
#   for a name like =?utf-8?q?…?= reads as if the server had garbled it, and mail to jürgen@ from elsewhere works. The bounce of
#   a catch-all never comes. smtplib itself can do it: build the message with email.message and use send_message().
# Source: observed; sanitize_address() in django/core/mail/message.py encodes the local part as in a header; RFC 2047
#   section 5 forbids an encoded word in an address.
# Seen on 30 November 2026 (the server offers SMTPUTF8 and takes everything; MAIL and RCPT; the result):
#   django: FROM:<shop@example.com>; TO:<=?utf-8?q?j=C3=BCrgen?=@example.net>; 1
#   smtplib: FROM:<shop@example.com> SMTPUTF8; TO:<jürgen@example.net>; {}
# Needs root, python3 with venv, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback
    ip link set lo up
    PYTHONUTF8=1 timeout 60 "$1/venv/bin/python" "$1/ask.py" >"$1/lines" 2>"$1/ask.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in python3 unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q django==5.2.19 >"$work/pip.log" 2>&1 ||
    end 3 "the package cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"

cat >"$work/ask.py" <<'PYTHON'
"""A server with SMTPUTF8, and a message to a local part with an umlaut by both libraries."""
import smtplib
import socketserver
import threading
from email.message import EmailMessage

from django.conf import settings
from django.core.mail import send_mail

TO = "jürgen@example.net"
said = []


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.say("250-mx.example.net\r\n250-8BITMIME\r\n250 SMTPUTF8")
                continue
            if verb in (b"MAIL", b"RCPT"):
                said.append(line.decode().strip()[5:].removesuffix(" BODY=8BITMIME"))
            if verb == b"DATA":
                self.say("354 Go ahead")
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
            self.say("221 2.0.0 Bye" if verb == b"QUIT" else "250 2.0.0 Ok")
            if verb == b"QUIT":
                return


def by_django(port):
    settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=port)
    return send_mail("test", "Hello", "shop@example.com", [TO])


def by_smtplib(port):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "shop@example.com", TO, "test"
    message.set_content("Hello")
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        return client.send_message(message)


socketserver.ThreadingTCPServer.daemon_threads = True
server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
threading.Thread(target=server.serve_forever, daemon=True).start()
for name, send in (("django", by_django), ("smtplib", by_smtplib)):
    said.clear()
    try:
        result = send(server.server_address[1])
    except Exception as error:
        result = repr(error)
    print("; ".join([f"{name}: {said[0] if said else ''}", *said[1:], str(result)]), flush=True)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
[ "$(wc -l <"$work/lines")" = 2 ] || end 4 "nothing measured: no namespaces here, or Python did not start; $(tail -n 1 "$work/ask.log")"
cat "$work/lines"
grep -q '^smtplib: FROM:<shop@example.com>.* SMTPUTF8; TO:<jürgen@example.net>; {}$' "$work/lines" ||
    end 4 "nothing measured: the server was not used as meant"

if grep -qE '^django: FROM:<shop@example.com>[^;]*; TO:<=\?utf-8\?(q\?j=C3=BCrgen|b\?asO8cmdlbg==)\?=@example.net>; 1$' "$work/lines" &&
    ! grep -q '^django: .*SMTPUTF8' "$work/lines"; then
    end 0 "as stated: the local part is an encoded word, which is another mailbox"
fi
end 1 "CHANGED: Django uses SMTPUTF8, or raises an error"

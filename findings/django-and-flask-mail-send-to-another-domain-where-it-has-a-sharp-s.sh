#!/usr/bin/env bash
# Version: Django 5.2.19, Flask-Mail 0.10.0 and emails 1.1.3 (PyPI); nodemailer 10.6.1 (npm) beside them.
# Behaviour: the recipient is anna@grüße.example. The three ask for anna@xn--grsse-lva.example, which is grüsse.example: they
#   turn the domain into ASCII by Python's codec "idna", which is of 2003 and makes ss of the letter ß. Both domains
#   can be registered, by two owners. No error, and the header To has the other domain, too.
# Guessed: xn--gre-6ka8l.example, as in IDNA2008 (RFC 5891), in DNS since 2010, in browsers and in nodemailer, Symfony Mailer
#   and PHPMailer.
# Hurts: order confirmations and passwords for straße, groß and fußball domains go to who has the one with ss, or bounce with
#   "domain not found" of a name that nobody wrote. A look at DNS for the right name shows nothing wrong. The Greek ς at
#   the end of a word is in the same case. Turn the domain into ASCII yourself with the package "idna" before
#   you hand the address over. Swift Mailer and Commons Email (Java) do the same.
# Source: observed; Python's manual on encodings.idna names RFC 3490; RFC 5894 section 7.2 on ß.
# Seen on 30 November 2026 (the recipient in RCPT for anna@grüße.example):
#   django: anna@xn--grsse-lva.example (grüsse.example)
#   flask-mail: anna@xn--grsse-lva.example (grüsse.example)
#   emails: anna@xn--grsse-lva.example (grüsse.example)
#   nodemailer: anna@xn--gre-6ka8l.example (grüße.example)
# Needs Node.js 20 or later with npm, python3 with venv; root, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback
    work=$1
    ip link set lo up
    export PYTHONUTF8=1
    python3 "$work/server.py" "$work/recipients" >"$work/server.log" 2>&1 &
    sleep 1
    for library in django flask-mail emails nodemailer; do
        : >"$work/recipients"
        case $library in
        nodemailer) timeout 20 node "$work/send.js" ;;
        *) timeout 20 "$work/venv/bin/python" "$work/send.py" "$library" ;;
        esac >>"$work/send.log" 2>&1
        echo "$library: $(cat "$work/recipients")"
    done >"$work/lines"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in node npm python3 unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q django==5.2.19 flask-mail==0.10.0 emails==1.1.3 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund nodemailer@10.6.1 >npm.log 2>&1) ||
    end 3 "the package cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"

cat >"$work/server.py" <<'PYTHON'
"""A mail server that takes everything, without SMTPUTF8; it writes down the recipients, and their domain in letters."""
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"RCPT":
                address = line.split(b"<")[1].split(b">")[0].decode(errors="replace")
                labels = address.split("@")[1].split(".")
                names = [it[4:].encode().decode("punycode") if it.startswith("xn--") else it for it in labels]
                with open(sys.argv[1], "a") as file:
                    print(f"{address} ({'.'.join(names)})", file=file)
            if verb == b"DATA":
                self.say("354 Go ahead")
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
            self.say("250 2.0.0 Ok")
            if verb == b"QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.1", 25), Session).serve_forever()
PYTHON
cat >"$work/send.py" <<'PYTHON'
import sys

TO = "anna@grüße.example"


def django():
    from django.conf import settings

    settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=25)
    from django.core.mail import send_mail

    send_mail("test", "Hello", "shop@example.com", [TO])


def flask_mail():
    import flask
    import flask_mail as library

    app = flask.Flask("shop")
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=25)
    with app.app_context():
        library.Mail(app).send(library.Message("test", [TO], "Hello", sender="shop@example.com"))


def emails():
    import emails as library

    message = library.Message(subject="test", text="Hello", mail_from="shop@example.com", mail_to=TO)
    message.send(smtp={"host": "127.0.0.1", "port": 25})


{"django": django, "flask-mail": flask_mail, "emails": emails}[sys.argv[1]]()
PYTHON
cat >"$work/send.js" <<'JS'
const transport = require('nodemailer').createTransport({ host: '127.0.0.1', port: 25, ignoreTLS: true })
transport.sendMail({ from: 'shop@example.com', to: 'anna@grüße.example', subject: 'test', text: 'Hello' })
JS

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
[ -s "$work/lines" ] || end 4 "nothing measured: no namespaces here, or the programs did not start"
cat "$work/lines"
grep -qx 'nodemailer: anna@xn--gre-6ka8l.example (grüße.example)' "$work/lines" ||
    end 4 "nothing measured: the message was not sent as meant; $(tail -n 1 "$work/send.log")"

if [ "$(grep -c ': anna@xn--grsse-lva.example (grüsse.example)$' "$work/lines")" = 3 ]; then
    end 0 "as stated: the mail is for another domain"
fi
end 1 "CHANGED: the domain is that of IDNA2008, or an error is raised"

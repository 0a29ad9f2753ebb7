#!/usr/bin/env bash
# Version: Flask-Mail 0.10.0 and redmail 0.6.0 (PyPI); Net::SMTP of Ruby 3.1.2 and ruby-mail 2.7.1 (Debian 12).
# Behaviour: the server takes the message with 250, and closes the connection at QUIT without the reply 221. All four raise an
#   error for that, of the same kind as one before the message was taken: "Connection unexpectedly closed", "end of file
#   reached". With Ruby a 421 in reply to QUIT is one, too.
# Guessed: the message is taken, and what comes after the 250 is of no account, as with Django, yagmail, nodemailer, Symfony
#   Mailer, PHPMailer, PEAR Mail, Email::Sender and JavaMail.
# Hurts: servers close at QUIT when they are busy or stop, and a firewall that cuts the connection looks the same. The job that
#   sends the mail counts as failed and is run again, as background jobs are: the customer gets the message three
#   times, and the list of failed jobs says that he never got it. Look for the queue id in the log of the server.
# Source: observed; both Python packages leave smtplib's quit() unguarded; do_finish in net/smtp.rb asks for the reply to QUIT.
# Seen on 30 November 2026 (a job that is tried up to three times; the error, and how many copies were taken):
#   QUIT gets 221: flask-mail no error, 1; redmail no error, 1; net-smtp no error, 1; ruby-mail no error, 1
#   QUIT gets no reply: flask-mail SMTPServerDisconnected, 3; redmail SMTPServerDisconnected, 3; net-smtp EOFError, 3; ruby-mail EOFError, 3
#   QUIT gets 421: flask-mail no error, 1; redmail no error, 1; net-smtp SMTPServerBusy, 3; ruby-mail SMTPServerBusy, 3
# Needs Debian 12 (amd64), root, python3 with venv, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" "$work/taken" >"$work/server.log" 2>&1 &
    sleep 1
    for case in '2 QUIT gets 221' '3 QUIT gets no reply' '4 QUIT gets 421'; do
        address=127.0.0.${case%% *}
        printf '%s:' "${case#* }"
        for library in flask-mail redmail net-smtp ruby-mail; do
            : >"$work/taken"
            case $library in
            flask-mail | redmail) result=$(timeout 40 "$work/venv/bin/python" "$work/job.py" "$library" "$address") ;;
            *) result=$(timeout 40 chroot "$root" /usr/bin/ruby3.1 /job.rb "$library" "$address") ;;
            esac
            printf ' %s %s, %s;' "$library" "$result" "$(wc -l <"$work/taken")"
        done
        echo
    done >"$work/lines" 2>"$work/jobs.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp root etc &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    ruby-mail=2.7.1+dfsg1-2 libruby3.1=3.1.2-7+deb12u1 ruby3.1=3.1.2-7+deb12u1 ruby-mini-mime rubygems-integration ruby-rubygems \
    libc6 libcrypt1 libgmp10 libssl3 libyaml-0-2 zlib1g libffi8 libreadline8 libgdbm6 libgdbm-compat4 libdb5.3 libtinfo6 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q flask-mail==0.10.0 redmail==0.6.0 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""A mail server that takes everything; what it replies to QUIT depends on its address."""
import socketserver
import sys

TO_QUIT = {"127.0.0.2": "221 2.0.0 Bye", "127.0.0.4": "421 4.3.2 Service shutting down"}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"QUIT":
                reply = TO_QUIT.get(self.connection.getsockname()[0])
                if reply is not None:
                    self.say(reply)
                return
            if verb == b"DATA":
                self.say("354 Go ahead")
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
                with open(sys.argv[1], "a") as file:
                    print("taken", file=file)
            self.say("250 2.0.0 Ok")


socketserver.ThreadingTCPServer(("0.0.0.0", 25), Session).serve_forever()
PYTHON
cat >"$work/job.py" <<'PYTHON'
"""Send a message, up to three times if it fails."""
import sys

import flask
import flask_mail
import redmail

library, address = sys.argv[1:]


def by_flask_mail():
    app = flask.Flask("shop")
    app.config.update(MAIL_SERVER=address, MAIL_PORT=25, MAIL_DEFAULT_SENDER="shop@example.com")
    with app.app_context():
        flask_mail.Mail(app).send(flask_mail.Message("Order 4711", ["anna@example.net"], "Thank you"))


def by_redmail():
    sender = redmail.EmailSender(host=address, port=25, use_starttls=False)
    sender.send(subject="Order 4711", sender="shop@example.com", receivers=["anna@example.net"], text="Thank you")


result = "no error"
for _ in range(3):
    try:
        by_flask_mail() if library == "flask-mail" else by_redmail()
        result = "no error"
        break
    except Exception as error:
        result = type(error).__name__
print(result)
PYTHON
cat >"$root/job.rb" <<'RUBY'
require 'net/smtp'
require 'mail'

library, address = ARGV

def by_net_smtp(address)
  Net::SMTP.start(address, 25, 'mail.example.com') do |smtp|
    smtp.send_message("From: shop@example.com\r\nSubject: Order 4711\r\n\r\nThank you\r\n", 'shop@example.com', 'anna@example.net')
  end
end

def by_mail(address)
  message = Mail.new(from: 'shop@example.com', to: 'anna@example.net', subject: 'Order 4711', body: 'Thank you')
  message.delivery_method(:smtp, address: address, port: 25, domain: 'mail.example.com')
  message.deliver!
end

result = 'no error'
3.times do
  library == 'net-smtp' ? by_net_smtp(address) : by_mail(address)
  result = 'no error'
  break
rescue StandardError => error
  result = error.class.name.split('::').last
end
puts result
RUBY

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
[ -s "$work/lines" ] || end 4 "nothing measured: no namespaces here, or the programs did not start"
sed 's/;$//' "$work/lines"
[ "$(head -n 1 "$work/lines")" = 'QUIT gets 221: flask-mail no error, 1; redmail no error, 1; net-smtp no error, 1; ruby-mail no error, 1;' ] ||
    end 4 "nothing measured: the messages are not sent; $(tail -n 1 "$work/jobs.log")"

if grep -qE '^QUIT gets no reply: flask-mail SMTPServerDisconnected, 3; redmail SMTPServerDisconnected, 3; net-smtp EOFError, 3; ruby-mail EOFError, 3;$' "$work/lines" &&
    grep -qE '^QUIT gets 421: .* net-smtp SMTPServerBusy, 3; ruby-mail SMTPServerBusy, 3;$' "$work/lines"; then
    end 0 "as stated: a connection that ends at QUIT is an error, of a message that was taken"
fi
end 1 "CHANGED: what comes after the 250 is no error any more"

#!/usr/bin/env bash
# Version: Haraka 3.3.4 (npm), as the sending server.
# Behaviour: one message, one recipient refused at RCPT. If all recipients of the transaction were
#   refused, the bounce's report has the reply, Action and Status of each. If another one was
#   accepted, it has none of them: only "Some recipients failed" and the address are left.
# Guessed: the bounce for a refused recipient is the same, whatever happens to the others.
# Hurts: a mail to two people of one company, one of them refused, bounces without any cause, in
#   the text and in the report. Send it again to that one alone, and the report has the reply.
# Source: observed; outbound/hmail.js (split_to_new_recipients) moves the refused ones to a new
#   queue file, and the reply is not taken along. Issue 2793 of haraka/Haraka tells of the text.
# Seen on 28 November 2026:
#   refused alone:
#     Failure Reason: Error: Some recipients failed: <refused@example.net>
#     Final-Recipient: rfc822;refused@example.net
#     Action: failed
#     Status: 5.1.1
#     Diagnostic-Code: smtp;550 5.1.1 No such user here
#   refused beside an accepted one:
#     Failure Reason: Error: Some recipients failed: <refused@example.net>
#     Final-Recipient: rfc822;refused@example.net
# Needs Node.js 20 or later with npm, python3; root, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, and every process ends with it
    work=$1
    ip link set lo up
    python3 "$work/server.py" "$work" >"$work/server.log" 2>&1 &
    node "$work/node_modules/Haraka/bin/haraka" -c "$work/haraka" >"$work/haraka.log" 2>&1 &
    for _ in $(seq 20); do
        sleep 1
        python3 "$work/send.py" 2>"$work/send.log" && break
    done
    for _ in $(seq 30); do [ -s "$work/alone" ] && [ -s "$work/both" ] && [ -s "$work/some" ] && break; sleep 1; done
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in node npm python3 unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund --omit=optional Haraka@3.3.4 >npm.log 2>&1) ||
    end 3 "the package cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"

mkdir -p "$work"/haraka/{config,plugins,queue}
cp -r "$work"/node_modules/Haraka/config/. "$work/haraka/config/"
config=$work/haraka/config
echo 'mail.example.com' >"$config/me"
echo 'here' >"$config/plugins"
printf 'listen=127.0.0.1:2525\nnodes=0\n' >"$config/smtp.ini"
printf 'local_mx_ok=true\nenable_tls=false\n' >"$config/outbound.ini"
cat >"$work/haraka/plugins/here.js" <<'JS'
exports.hook_rcpt = (next, connection) => { connection.relaying = true; next(OK) }
exports.hook_get_mx = (next) => next(OK, { priority: 0, exchange: '127.0.0.1', port: 25 })
JS

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that refuses recipients by name and keeps each bounce in a file."""
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        bounce = False
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "MAIL":
                bounce = "<>" in line
            if verb == "RCPT" and "<refused" in line:
                self.say("550 5.1.1 No such user here")
            elif verb == "DATA":
                self.say("354 Go ahead")
                message = b"".join(iter(self.rfile.readline, b".\r\n"))
                if bounce:
                    for name in ("alone", "both", "some"):
                        if b"Subject: " + name.encode() in message:
                            with open(f"{sys.argv[1]}/{name}", "wb") as file:
                                file.write(message)
                self.say("250 2.0.0 Ok")
            else:
                self.say("250 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", 25), Session).serve_forever()
PYTHON
cat >"$work/send.py" <<'PYTHON'
"""Give Haraka three messages: refused alone, two refused, one refused and one accepted."""
import smtplib

for name, recipients in (
    ("alone", ["refused@example.net"]),
    ("both", ["refused@example.net", "refused2@example.net"]),
    ("some", ["refused@example.net", "accepted@example.net"]),
):
    with smtplib.SMTP("127.0.0.1", 2525, "client.example.com", timeout=20) as haraka:
        text = f"From: shop@example.com\nTo: refused@example.net\nSubject: {name}\n\nHello\n"
        haraka.sendmail("shop@example.com", recipients, text)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
for name in alone both some; do
    [ -s "$work/$name" ] || end 4 "nothing measured: no bounce ($name); $(tail -n 1 "$work/haraka.log")"
    tr -d '\r' <"$work/$name" |
        grep -E '^(Failure Reason|Final-Recipient|Action|Status|Diagnostic-Code):' >"$work/$name.report"
    echo "$name:"
    cat "$work/$name.report"
done

reply='^Diagnostic-Code: smtp;550 5.1.1 No such user here'
if grep -q "$reply" "$work/alone.report" && grep -q '^Status: 5.1.1' "$work/alone.report" &&
    [ "$(grep -c "$reply" "$work/both.report")" = 2 ] &&
    grep -q '^Final-Recipient: rfc822;refused@example.net' "$work/some.report" &&
    ! grep -qE '^(Action|Status|Diagnostic-Code)' "$work/some.report" && ! grep -q 'No such user' "$work/some"; then
    end 0 "as stated: beside an accepted recipient the refusal is reported without its reply"
fi
end 1 "CHANGED: the bounce has the reply in both cases, or in neither"

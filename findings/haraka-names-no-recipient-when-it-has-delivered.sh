#!/usr/bin/env bash
# Version: Haraka 3.3.4 (npm), as the sending server, its log (default level and format).
# Behaviour: one message to three; the server accepts one, refuses one, defers one. Of the accepted
#   one no line of the delivery speaks: "delivered" has file, domain, host and rcpts=1/1/1, no
#   address. Its only line is "recipient <...> code=OK" from when Haraka took the message in, and
#   the refused and the deferred one have that line, too.
# Guessed: the line "delivered" names the recipients who have got the message.
# Hurts: who searches for an address finds "code=OK" and believes the mail delivered, where it was
#   refused; and for a delivered one there is nothing to show. Take the recipients of the
#   transaction, less those "rejected" or "deferred" under its id. Of the reply, code and status
#   are left out: "Ok: queued as 4711" was "250 2.0.0 Ok: queued as 4711".
# Source: observed; outbound/hmail.js counts the recipients for this line and does not name them.
# Seen on 29 November 2026 (id and file left out):
#   [core] recipient <accepted@example.net> code=OK msg="" sender=shop@example.com
#   [core] recipient <refused@example.net> code=OK msg="" sender=shop@example.com
#   [core] recipient <deferred@example.net> code=OK msg="" sender=shop@example.com
#   [outbound] recipient <refused@example.net> rejected: 550 5.1.1 No such user here
#   [outbound] recipient <deferred@example.net> deferred: 450 4.2.1 Try again later
#   [outbound] delivered domain=example.net host=127.0.0.1 ... response="Ok: queued as 4711" ... rcpts=1/1/1
# Needs Node.js 20 or later with npm, python3; root, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, and every process ends with it
    work=$1
    ip link set lo up
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    node "$work/node_modules/Haraka/bin/haraka" -c "$work/haraka" >"$work/haraka.log" 2>&1 &
    for _ in $(seq 20); do
        sleep 1
        python3 "$work/send.py" 2>"$work/send.log" && break
    done
    for _ in $(seq 30); do grep -q 'delivered .*domain=example.net' "$work/haraka.log" && break; sleep 1; done
    sleep 1
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
"""An SMTP server that refuses one recipient, defers another and takes all other mail."""
import socketserver


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "RCPT" and "<refused" in line:
                self.say("550 5.1.1 No such user here")
            elif verb == "RCPT" and "<deferred" in line:
                self.say("450 4.2.1 Try again later")
            elif verb == "DATA":
                self.say("354 Go ahead")
                for text in iter(self.rfile.readline, b".\r\n"):
                    pass
                self.say("250 2.0.0 Ok: queued as 4711")
            else:
                self.say("250 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", 25), Session).serve_forever()
PYTHON
cat >"$work/send.py" <<'PYTHON'
"""Give Haraka one message to three recipients."""
import smtplib

with smtplib.SMTP("127.0.0.1", 2525, "client.example.com", timeout=20) as haraka:
    text = "From: shop@example.com\nTo: accepted@example.net\nSubject: test\n\nHello\n"
    names = ("accepted", "refused", "deferred")
    haraka.sendmail("shop@example.com", [f"{name}@example.net" for name in names], text)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
grep -E '\] +(recipient <|delivered .*domain=example.net)' "$work/haraka.log" | tee "$work/lines" |
    sed -E 's/^\[[A-Z]+\] \[[^]]*\] //; s/ file=[^ ]*//; s/  +/ /'
grep -q 'delivered ' "$work/lines" || end 4 "nothing measured: nothing delivered; $(tail -n 1 "$work/haraka.log")"

if [ "$(grep -c '\[core\] *recipient <.*> code=OK' "$work/lines")" = 3 ] &&
    grep -q '\[outbound\] *recipient <refused@example.net> rejected: 550' "$work/lines" &&
    grep -q '\[outbound\] *recipient <deferred@example.net> deferred: 450' "$work/lines" &&
    grep -q 'delivered .* response="Ok: queued as 4711" .*rcpts=1/1/1' "$work/lines" &&
    ! grep '\[outbound' "$work/haraka.log" | grep -q 'accepted@'; then
    end 0 "as stated: no line of the delivery names the recipient who got the message"
fi
end 1 "CHANGED: the delivery names its recipients, or its lines are others"

#!/usr/bin/env bash
# Version: Haraka 3.3.4 (npm), as the sending server.
# Behaviour: a domain has two MX hosts. The first one answers, but cannot take mail now: 421 in its greeting or to MAIL, or
#   451 after the message. Haraka does not ask the second one. It waits, and begins with the first one again, each
#   time. After 554 in the greeting ("no service here") the message bounces at once. Only where nothing listens at the
#   first one does it go on to the second.
# Guessed: it goes on to the second MX host, at once or with the next attempt (RFC 5321 section 5.1: try each address
#   until one takes it), as Postfix, Exim, sendmail and chasquid do; Courier 1.0 stays with the first, too (by hand).
# Hurts: while a domain's first server is overloaded, has a full disk or is in maintenance, mail from others arrives
#   over the second; mail from Haraka waits, and comes back after days. In the log each attempt names the first
#   host only.
# Source: observed; outbound/hmail.js puts the message off for each 4yz of a host that was connected to.
# Seen on 30 November 2026 (what the first MX host says: which hosts were asked, in two attempts):
#   421 in the greeting: first first
#   554 in the greeting: first (bounced)
#   421 to MAIL: first first
#   451 after the message: first first
#   nothing listens there: second
# Needs Node.js 20 or later with npm, python3; root, unshare, ip; takes 80 seconds. Exit codes: README.md beside this
#   file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, and every process ends with it
    work=$1
    ip link set lo up
    python3 "$work/server.py" "$work/asked" >"$work/server.log" 2>&1 &
    node "$work/node_modules/Haraka/bin/haraka" -c "$work/haraka" >"$work/haraka.log" 2>&1 &
    for _ in $(seq 20); do
        sleep 1
        python3 "$work/send.py" 2>"$work/send.log" && break
    done
    for _ in $(seq 80); do [ "$(grep -c ' for 128 seconds' "$work/haraka.log")" -ge 3 ] && break; sleep 1; done
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
const FIRST = { 'greeting.example': 2, 'mail.example': 3, 'end.example': 4, 'silent.example': 5, 'closed.example': 6 }
exports.hook_rcpt = (next, connection) => { connection.relaying = true; next(OK) }
exports.hook_get_mx = (next, hmail, domain) => next(OK, [
    { priority: 10, exchange: `127.0.0.${FIRST[domain] || 9}`, port: 25 },
    { priority: 20, exchange: '127.0.0.9', port: 25 },
])
JS

cat >"$work/server.py" <<'PYTHON'
"""Three busy servers, one out of service, and one that takes all mail, by address; which one was asked for whom is written to a file."""
import re
import socketserver
import sys
import threading


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def asked(self, what):
        with open(sys.argv[1], "a") as file:
            file.write(f"{what} {'second' if self.server.number == 9 else 'first'}\n")

    def handle(self):
        number = self.server.number
        if number in (2, 6):
            self.asked("greeting" if number == 2 else "closed")
            self.say("421 4.3.2 Busy" if number == 2 else "554 5.3.2 No service here")
            return
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode()
            verb = line[:4].upper()
            if verb == "MAIL" and number == 3:
                self.asked("mail")
                self.say("421 4.3.2 Busy")
                return
            if verb == "RCPT":
                self.asked(re.search(r"@(\w+)\.", line)[1])
            if verb == "DATA":
                self.say("354 Go ahead")
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
            self.say("451 4.3.0 No space left" if verb == "DATA" and number == 4 else "250 2.0.0 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
servers = []
for number in (2, 3, 4, 6, 9):
    server = socketserver.ThreadingTCPServer((f"127.0.0.{number}", 25), Session)
    server.number = number
    servers.append(server)
    threading.Thread(target=server.serve_forever).start()
PYTHON
cat >"$work/send.py" <<'PYTHON'
"""Give Haraka one message for each domain."""
import smtplib

for name in ("greeting", "closed", "mail", "end", "silent"):
    with smtplib.SMTP("127.0.0.1", 2525, "client.example.com", timeout=20) as haraka:
        to = f"anna@{name}.example"
        haraka.sendmail("shop@example.com", [to], f"From: shop@example.com\nTo: {to}\nSubject: test\n\nHello\n")
PYTHON

unshare --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or Haraka did not start"
for case in 'greeting 421 in the greeting' 'closed 554 in the greeting' 'mail 421 to MAIL' 'end 451 after the message' \
    'silent nothing listens there'; do
    printf '%s: %s%s\n' "${case#* }" "$(sed -n "s/^${case%% *} //p" "$work/asked" | paste -sd ' ')" \
        "$([ "${case%% *}" = closed ] && grep -q 'bouncing mail: .*No service here' "$work/haraka.log" && echo ' (bounced)')"
done >"$work/lines"
cat "$work/lines"
grep -qx 'nothing listens there: second' "$work/lines" &&
    [ "$(grep -c ' for 128 seconds' "$work/haraka.log")" -ge 3 ] ||
    end 4 "nothing measured: Haraka did not try twice; $(tail -n 1 "$work/haraka.log")"

if [ "$(grep -c ': first first$' "$work/lines")" = 3 ] &&
    grep -qx '554 in the greeting: first (bounced)' "$work/lines"; then
    end 0 "as stated: a busy first MX host is asked again and again, and the second one never"
fi
end 1 "CHANGED: the second MX host is asked"

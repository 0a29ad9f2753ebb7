#!/usr/bin/env bash
# Version: Haraka 3.3.4 (npm), queue/smtp_forward with its defaults, in front of a mail server.
# Behaviour: Haraka says 250 to every recipient of its domains and asks the mail server at the end of the message only.
#   If that refuses one of the recipients, Haraka refuses the whole message with that reply, and nobody gets it. For a
#   full mailbox that is 450, again and again until the sender gives up. queue/smtp_proxy refuses that one only.
# Guessed: the others get the message, and the refused one is told at RCPT or in a bounce.
# Hurts: one colleague who has left, in a Cc of ten, and the mail reaches none of the ten; the sender's bounce has "no
#   such mailbox" below the address of each. What the reply names may be another recipient than the one it stands at.
#   The remedy on the receiver's side is queue/smtp_proxy, or a check of
#   the recipients at RCPT.
# Source: observed; the plugin's own text does not tell of it.
# Seen on 30 November 2026 (nobody@ is refused with 550, full@ with 452, anna@ is taken):
#   smtp_forward, nobody anna: rcpt 250 250, data 550 5.1.1 <nobody@example.net>: no such mailbox, message taken: no
#   smtp_forward, full anna: rcpt 250 250, data 450 4.2.2 <full@example.net>: mailbox full, message taken: no
#   smtp_forward, anna: rcpt 250, data 250 2.0.0 Ok, message taken: yes
#   smtp_proxy, nobody anna: rcpt 550 250, data 250 2.0.0 Ok, message taken: yes
# Needs Node.js 20 or later with npm, python3; root, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, and every process ends with it
    work=$1
    ip link set lo up
    python3 "$work/server.py" "$work/taken" >"$work/server.log" 2>&1 &
    for way in smtp_forward smtp_proxy; do
        printf 'rcpt_to.in_host_list\nqueue/%s\n' "$way" >"$work/haraka/config/plugins"
        printf 'host=127.0.0.2\nport=2500\n' >"$work/haraka/config/$way.ini"
        node "$work/node_modules/Haraka/bin/haraka" -c "$work/haraka" >>"$work/haraka.log" 2>&1 &
        haraka=$!
        for _ in $(seq 20); do
            sleep 1
            python3 "$work/send.py" "$way" "$work/taken" 2>"$work/send.log" && break
        done
        kill -9 "$haraka"
        wait "$haraka"
    done >"$work/lines" 2>>"$work/haraka.log"
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
echo 'mx.example.net' >"$config/me"
echo 'example.net' >"$config/host_list"
printf 'listen=127.0.0.1:2525\nnodes=0\n' >"$config/smtp.ini"

cat >"$work/server.py" <<'PYTHON'
"""The mail server behind Haraka: one mailbox is unknown, one is full; each message that it takes is a line in a file."""
import socketserver
import sys

REFUSED = {
    "<nobody@": "550 5.1.1 <nobody@example.net>: no such mailbox",
    "<full@": "452 4.2.2 <full@example.net>: mailbox full",
}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 backend.example.net ESMTP")
        for line in self.rfile:
            line = line.decode()
            if line[:4].upper() == "DATA":
                self.say("354 Go ahead")
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
                with open(sys.argv[1], "a") as file:
                    file.write("a message\n")
            self.say(next((reply for name, reply in REFUSED.items() if name in line), "250 2.0.0 Ok"))
            if line[:4].upper() == "QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.2", 2500), Session).serve_forever()
PYTHON
cat >"$work/send.py" <<'PYTHON'
"""Send one message to some recipients in one transaction; show each reply, and whether the mail server took it."""
import pathlib
import smtplib
import sys

way, taken = sys.argv[1], pathlib.Path(sys.argv[2])
lines = []
for names in (["nobody", "anna"], ["full", "anna"], ["anna"]) if way == "smtp_forward" else (["nobody", "anna"],):
    taken.write_text("")
    with smtplib.SMTP("127.0.0.1", 2525, "mail.example.com", timeout=20) as client:
        client.ehlo()
        client.mail("shop@example.com")
        codes = [str(client.rcpt(f"{name}@example.net")[0]) for name in names]
        code, text = client.data("From: shop@example.com\r\nTo: anna@example.net\r\nSubject: test\r\n\r\nHello\r\n")
    words = text.decode().rpartition(" (")[0]
    got = "yes" if taken.read_text() else "no"
    lines.append(f"{way}, {' '.join(names)}: rcpt {' '.join(codes)}, data {code} {words}, message taken: {got}")
print("\n".join(lines), flush=True)
PYTHON

unshare --net --pid --fork --kill-child bash "$0" inside "$work"
[ -s "$work/lines" ] || end 4 "nothing measured: no namespaces here, or Haraka did not start"
cat "$work/lines"
grep -q '^smtp_forward, anna: .* message taken: yes$' "$work/lines" &&
    grep -q '^smtp_proxy, nobody anna: ' "$work/lines" ||
    end 4 "nothing measured: Haraka hands no mail on; $(tail -n 1 "$work/haraka.log")"

if grep -q '^smtp_forward, nobody anna: rcpt 250 250, data 550 5.1.1 .*, message taken: no$' "$work/lines" &&
    grep -q '^smtp_forward, full anna: rcpt 250 250, data 450 4.2.2 .*, message taken: no$' "$work/lines" &&
    grep -q '^smtp_proxy, nobody anna: rcpt 550 250, .*, message taken: yes$' "$work/lines"; then
    end 0 "as stated: one refused recipient, and nobody gets the message"
fi
end 1 "CHANGED: the others get the message, or the refused one is told in another way"

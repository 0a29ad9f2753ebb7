#!/usr/bin/env bash
# Version: sendmail 1.6.1 (npm; it sends from Node.js straight to the recipient's MX), all settings as they come.
# Behaviour: two recipients in one domain, of which the server accepts the first and refuses the second: the
#   connection is closed, and neither gets the message. Where all is well the callback gets "221 Bye", the answer
#   to QUIT; the server's answer to the message, with its queue id, is dropped.
# Guessed: the message goes to the accepted one, as with every MTA (RFC 5321 section 3.3), and the callback gets
#   the answer to the message ("250 2.0.0 Ok: queued as 4711").
# Hurts: one dead address in the Cc, and a good one gets nothing; the error has the refusal's code and text but
#   not whose it is. And without the queue id the recipient's administrator has nothing to search for.
# Source: observed; sendmail.js ends the session at any reply from 400 up, and calls back at the last one.
# Seen on 29 November 2026:
#   good, dead: error SMTP code:550 msg:550 5.1.1 No such user here
#   good: answer 221 2.0.0 Bye
#   the server has taken messages for: ['good']
# Needs Node.js 20 or later with npm, python3; root, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, a name server of its own
    work=$1
    ip link set lo up
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    python3 "$work/server.py" "$work/taken" >"$work/server.log" 2>&1 &
    sleep 1
    timeout 30 node "$work/send.js" >"$work/lines" 2>"$work/send.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in node npm python3 unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund sendmail@1.6.1 >npm.log 2>&1) ||
    end 3 "the package cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"

cat >"$work/server.py" <<'PYTHON'
"""A name server whose every MX is mx.example.net at 127.0.0.1, and a mail server that refuses one recipient."""
import socket
import socketserver
import struct
import sys
import threading


def names():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    while True:
        query, client = server.recvfrom(4096)
        end = query.index(0, 12) + 5
        kind = struct.unpack("!H", query[end - 4 : end - 2])[0]
        data = {15: b"\0\x0a\2mx\7example\3net\0", 1: bytes([127, 0, 0, 1])}.get(kind)
        record = b"" if data is None else b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data
        head = query[:2] + struct.pack("!HHHHH", 0x8180, 1, 1 if record else 0, 0, 0)
        server.sendto(head + query[12:end] + record, client)


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        accepted = []
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "RCPT" and "<dead" in line:
                self.say("550 5.1.1 No such user here")
            elif verb == "DATA":
                self.say("354 Go ahead")
                for text in iter(self.rfile.readline, b".\r\n"):
                    pass
                with open(sys.argv[1], "a") as file:
                    print(accepted, file=file)
                self.say("250 2.0.0 Ok: queued as 4711")
            elif verb == "QUIT":
                self.say("221 2.0.0 Bye")
                return
            else:
                accepted += [line[9:].split("@")[0]] if verb == "RCPT" else []
                self.say("250 2.1.0 Ok")


threading.Thread(target=names, daemon=True).start()
socketserver.ThreadingTCPServer(("127.0.0.1", 25), Session).serve_forever()
PYTHON
cat >"$work/send.js" <<'JS'
const none = () => {}
const send = require('sendmail')({ logger: { debug: none, info: none, warn: none, error: none } })
const say = (names, done) => {
  const to = names.map((name) => `${name}@example.net`).join(',')
  send({ from: 'shop@example.com', to, subject: 'test', text: 'Hello' }, (error, answer) => {
    console.log(`${names.join(', ')}: ` + (error ? 'error ' + error.message : 'answer ' + answer).trim())
    done()
  })
}
say(['good', 'dead'], () => setTimeout(() => say(['good'], () => setTimeout(process.exit, 500)), 500))
JS

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/send.log")"
cat "$work/lines"
echo "the server has taken messages for: $(cat "$work/taken")"
[ "$(grep -c '^good' "$work/lines")" = 2 ] || end 4 "nothing measured: not two messages; $(tail -n 1 "$work/send.log")"

if grep -q '^good, dead: error SMTP code:550 ' "$work/lines" && grep -q '^good: answer 221 ' "$work/lines" &&
    [ "$(cat "$work/taken")" = "['good']" ]; then
    end 0 "as stated: one refused recipient, and nobody gets the message; the answer to it is dropped"
fi
end 1 "CHANGED: the accepted recipient gets the message, or the answer to it is given"

#!/usr/bin/env bash
# Version: prometheus-blackbox-exporter 0.23.0-4+b4 (Debian 12), a module of the kind that its examples have for
#   SMTP: prober tcp with query_response, expecting 220 and then STARTTLS.
# Behaviour: what is expected is looked for line by line, until the time of the probe is over. A server that says 554 to
#   the connection, or has no STARTTLS, and then waits for the next command, as it has to, is waited for in return:
#   the probe ends after 5 seconds with "i/o timeout", as with a server that says nothing at all, and
#   probe_failed_due_to_regex stands at 0. A server that has STARTTLS as the last of its extensions ("250 STARTTLS")
#   is one without, if the expression is "^250-STARTTLS", as in the example.
# Guessed: another reply than the expected one fails at once, and probe_failed_due_to_regex is 1.
# Hurts: the dashboard shows a probe of 5 seconds and no success: a server that is overloaded, or a firewall. That the
#   exporter's own address has been refused, in clear words, stands in none of its metrics and none of its log
#   lines. Ask with &debug=true, which shows the lines that were read, and expect "^250[- ]STARTTLS".
# Source: observed; prober/tcp.go reads on while a line does not match, and sets the metric of the expression
#   only when the connection ends.
# Seen on 30 November 2026 (what the server does; success, whole seconds, probe_failed_due_to_regex):
#   220, STARTTLS among its extensions: 1 0 0
#   554 5.7.1 in the greeting:          0 5 0
#   220, no STARTTLS:                   0 5 0
#   220, STARTTLS the last one:         0 5 0
#   nothing:                            0 5 0
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    chroot "$root" /usr/bin/prometheus-blackbox-exporter --config.file=/etc/blackbox.yml \
        --web.listen-address=127.0.0.1:9115 >"$work/exporter.log" 2>&1 &
    sleep 2
    timeout 60 python3 "$work/ask.py" >"$work/lines" 2>"$work/ask.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc && ln -s usr/bin usr/sbin usr/lib usr/lib64 .) ||
    end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    prometheus-blackbox-exporter=0.23.0-4+b4 libc6 >"$work/apt.log" 2>&1) ||
    end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
cat >"$root/etc/blackbox.yml" <<'YAML'
modules:
  smtp:
    prober: tcp
    timeout: 5s
    tcp:
      query_response:
        - expect: "^220 "
        - send: "EHLO monitor.example.com\r"
        - expect: "^250-STARTTLS"
        - send: "QUIT\r"
YAML
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""Five SMTP servers: what each says to the connection and to EHLO. All of them wait for the next command."""
import socketserver
import threading

SERVERS = {
    "127.0.0.2": ("220 mx.example.net ESMTP", "250-mx.example.net\r\n250-STARTTLS\r\n250 8BITMIME"),
    "127.0.0.3": ("554 5.7.1 Your address 192.0.2.7 is blocked", "503 5.5.1 Not after 554"),
    "127.0.0.4": ("220 mx.example.net ESMTP", "250-mx.example.net\r\n250 8BITMIME"),
    "127.0.0.5": ("220 mx.example.net ESMTP", "250-mx.example.net\r\n250-8BITMIME\r\n250 STARTTLS"),
    "127.0.0.6": ("", ""),
}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        if text:
            self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        greeting, hello = SERVERS[self.server.server_address[0]]
        self.say(greeting)
        for line in self.rfile:
            verb = line.decode()[:4].upper()
            self.say({"EHLO": hello, "QUIT": "221 2.0.0 Bye"}.get(verb, "503 5.5.1 Not now"))
            if verb == "QUIT":
                return


for address in SERVERS:
    threading.Thread(target=socketserver.ThreadingTCPServer((address, 25), Session).serve_forever).start()
PYTHON
cat >"$work/ask.py" <<'PYTHON'
"""Have the exporter probe each server, and print three of its metrics."""
import urllib.request

for number, name in enumerate(("plain", "refused", "no-starttls", "starttls-last", "silent"), 2):
    address = f"http://127.0.0.1:9115/probe?module=smtp&target=127.0.0.{number}:25"
    with urllib.request.urlopen(address) as answer:
        metrics = dict(line.decode().split() for line in answer if line.startswith(b"probe_"))
    seconds = int(float(metrics["probe_duration_seconds"]))
    print(name, metrics["probe_success"], seconds, metrics["probe_failed_due_to_regex"], flush=True)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/ask.log")"
cat "$work/lines"
grep -qx 'plain 1 0 0' "$work/lines" && grep -qx 'silent 0 5 0' "$work/lines" ||
    end 4 "nothing measured: the exporter did not reach the servers; $(tail -n 1 "$work/exporter.log")"
if grep -q 'is blocked' "$work/exporter.log"; then end 1 "CHANGED: the exporter's log has the server's words"; fi

for name in refused no-starttls starttls-last; do
    grep -qx "$name 0 5 0" "$work/lines" || end 1 "CHANGED: $name is told apart from a server that says nothing"
done
end 0 "as stated: refused, and without STARTTLS, look like a server that says nothing"

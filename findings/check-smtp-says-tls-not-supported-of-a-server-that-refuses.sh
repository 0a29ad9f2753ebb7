#!/usr/bin/env bash
# Version: check_smtp 2.3.3 (Debian 12, monitoring-plugins-basic 2.3.3-5+deb12u2), for Nagios, Icinga and the like.
# Behaviour: with --starttls, a server that refuses the monitoring host (554 in the greeting) or puts it off (421 to
#   EHLO) is "TLS not supported by server", word for word like one that has no STARTTLS. Without --starttls the
#   421 to EHLO is "SMTP OK". A 421 in the greeting is "recv() failed", like a server that hangs up without a word.
#   All of them are WARNING (exit code 1) at most, also the server that hangs up at once.
# Guessed: the server's reply in the text, CRITICAL for a server that serves nobody.
# Hurts: the monitor's host comes on a blocklist, or meets the limit of connections, and the alarm speaks of TLS: who
#   gets it looks at certificates, where nothing has changed. And who is called for CRITICAL only sleeps while the
#   server hangs up on everybody. Ask by hand before you believe it.
# Source: observed.
# Seen on 30 November 2026 (exit code and first line; the first column is what the server does):
#   220, EHLO with STARTTLS no  0  SMTP OK - ... sec. response time
#     --starttls                1  WARNING - TLS not supported by server
#   554 in the greeting         1  Invalid SMTP response received from host: 554 5.7.1 Your address 192.0.2.7 is blocked
#     --starttls                1  WARNING - TLS not supported by server
#   421 to EHLO                 0  SMTP OK - ... sec. response time
#     --starttls                1  WARNING - TLS not supported by server
#   421 in the greeting         1  recv() failed
#   nothing, hangs up           1  recv() failed
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    sleep 1
    while read -r address name; do
        for option in '' --starttls; do
            # shellcheck disable=SC2086 # no option is no word
            line=$(chroot "$root" /usr/lib/nagios/plugins/check_smtp -t 8 $option -H "$address" 2>&1)
            code=$?
            line=$(head -n 1 <<<"$line" | sed -E 's/ - [0-9.]+ sec.*/ - ... sec. response time/; s/\r$//')
            printf '%s|%s|%s|%s\n' "$name" "$option" "$code" "$line"
        done
    done <<<'127.0.0.2 plain
127.0.0.3 refused
127.0.0.4 put-off
127.0.0.5 busy
127.0.0.6 silent'
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
    monitoring-plugins-basic=2.3.3-5+deb12u2 libc6 libssl3 >"$work/apt.log" 2>&1) ||
    end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
echo '127.0.0.1 localhost monitor.example.com' >"$root/etc/hosts"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""Five SMTP servers without STARTTLS; four of them do not serve this client, each in a way of its own."""
import socketserver
import threading

BLOCKED = "554 5.7.1 Your address 192.0.2.7 is blocked"
BUSY = "421 4.7.0 Too many connections from your address, try again later"
# What each says to the connection and to EHLO; after a 421 it closes (RFC 5321 section 3.8).
SERVERS = {
    "127.0.0.2": ("220 mx.example.net ESMTP", "250-mx.example.net\r\n250 8BITMIME"),
    "127.0.0.3": (BLOCKED, "503 5.5.1 Not after 554"),
    "127.0.0.4": ("220 mx.example.net ESMTP", BUSY),
    "127.0.0.5": (BUSY, ""),
    "127.0.0.6": ("", ""),
}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        greeting, hello = SERVERS[self.server.server_address[0]]
        if not greeting:
            return
        self.say(greeting)
        if greeting == BUSY:
            return
        for line in self.rfile:
            verb = line.decode()[:4].upper()
            if verb == "QUIT":
                self.say("221 2.0.0 Bye")
                return
            self.say(hello if verb in ("EHLO", "HELO") else "503 5.5.1 Not now")
            if verb == "EHLO" and hello == BUSY:
                return


for address in SERVERS:
    threading.Thread(target=socketserver.ThreadingTCPServer((address, 25), Session).serve_forever).start()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" >"$work/lines" ||
    end 4 "nothing measured: no namespaces here, or the servers did not start; $(tail -n 1 "$work/server.log")"
cat "$work/lines"
grep -q '^plain||0|SMTP OK' "$work/lines" || end 4 "nothing measured: the plugin did not reach the server"

tls='1|WARNING - TLS not supported by server'
if grep -qxF "plain|--starttls|$tls" "$work/lines" && grep -qxF "refused|--starttls|$tls" "$work/lines" &&
    grep -qxF "put-off|--starttls|$tls" "$work/lines" && grep -q '^put-off||0|SMTP OK' "$work/lines" &&
    grep -q '^refused||1|Invalid SMTP response received from host: 554 ' "$work/lines" &&
    grep -qxF 'busy||1|recv() failed' "$work/lines" && grep -qxF 'silent||1|recv() failed' "$work/lines" &&
    ! grep -q '^[a-z-]*|[a-z-]*|[23]|' "$work/lines"; then
    end 0 "as stated: refused and put off are \"TLS not supported\", and nothing is CRITICAL"
fi
end 1 "CHANGED: at least one of these servers has another text or another exit code"

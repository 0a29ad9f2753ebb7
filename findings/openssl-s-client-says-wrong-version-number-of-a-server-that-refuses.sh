#!/usr/bin/env bash
# Version: OpenSSL 3.0.22-1~deb12u2 (Debian 12), openssl s_client -starttls smtp.
# Behaviour: a greeting of 554 or 421 is not shown and not heeded: EHLO and STARTTLS are sent all the same, then a TLS
#   ClientHello, although STARTTLS was refused. What is told is "Didn't find STARTTLS in server response, trying
#   anyway..." and "wrong version number".
# Guessed: the server's reply, and the end.
# Hurts: who is on a blocklist and tries a mail server's TLS by hand is told of a protocol version, changes -tls1_2
#   and -cipher, or has the recipient's TLS looked into, while the server said "554 5.7.1 blocked" at once.
#   With -debug, or by any mail client, the reply is seen.
# Source: observed; s_client reads replies to the last line of each and looks at EHLO's for the word STARTTLS only.
# Seen on 30 November 2026 (what it prints, its exit code; what the server got):
#   554: Didn't find STARTTLS in server response, trying anyway... wrong version number, 1; EHLO, STARTTLS, ClientHello
#   421: Didn't find STARTTLS in server response, trying anyway... wrong version number, 1; EHLO, STARTTLS, ClientHello
#   220, no STARTTLS: the same
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" >"$work/got" &
    sleep 1
    for host in 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5; do
        timeout 10 chroot "$root" /usr/bin/openssl s_client -starttls smtp -connect "$host:25" \
            </dev/null >"$work/printed-$host" 2>&1
        echo "$?" >"$work/code-$host"
    done
    sleep 1
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
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download openssl=3.0.22-1~deb12u2 libssl3=3.0.22-1~deb12u2 libc6 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

cat >"$work/server.py" <<'PYTHON'
"""SMTP servers with other greetings; after 4yz and 5yz all commands but QUIT get 503 (RFC 5321 section 3.1)."""
import socketserver
import threading

GREETINGS = {
    "127.0.0.2": "554 5.7.1 blocked, see https://list.example.org",
    "127.0.0.3": "421 4.3.2 too busy",
    "127.0.0.4": "220 mx.example.net ESMTP",
    "127.0.0.5": "220 mx.example.net ESMTP",
}


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        host = self.server.server_address[0]
        greeting, got = GREETINGS[host], []
        self.wfile.write(greeting.encode() + b"\r\n")
        for line in self.rfile:
            verb = line[:8].upper().decode("latin-1").strip()
            got.append("ClientHello" if line.startswith(b"\x16\x03") else verb.split()[0])
            if got[-1] in ("ClientHello", "QUIT"):
                break
            reply = "503 5.5.1 bad sequence of commands"
            if greeting.startswith("220") and got[-1] == "EHLO":
                reply = "250-mx.example.net\r\n250 STARTTLS" if host == "127.0.0.5" else "250 mx.example.net"
            if host == "127.0.0.5" and got[-1] == "STARTTLS":
                reply = "220 2.0.0 go ahead"
            self.wfile.write(reply.encode() + b"\r\n")
        if got[-1] == "ClientHello":
            self.wfile.write(b"502 5.5.2 no such command\r\n")
        print(host, *got, flush=True)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


for host in GREETINGS:
    threading.Thread(target=Server((host, 25), Session).serve_forever).start()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" >"$work/inside.log" 2>&1 ||
    end 4 "nothing measured: no namespaces here, or the server did not start"
for host in 127.0.0.2 127.0.0.3 127.0.0.4; do
    words=$(grep -oE "Didn't find STARTTLS in server response, trying anyway\.\.\.|wrong version number|blocked|busy" \
        "$work/printed-$host" | tr '\n' ' ')
    echo "$host: $words$(cat "$work/code-$host"); $(grep "^$host " "$work/got" | cut -d ' ' -f 2-)"
done | tee "$work/lines"
grep -qx '127.0.0.5 EHLO STARTTLS ClientHello' "$work/got" ||
    end 4 "nothing measured: s_client does not begin TLS with a server that has it"
for host in 127.0.0.2 127.0.0.3 127.0.0.4; do
    grep -qx "$host: Didn't find STARTTLS in server response, trying anyway\.\.\. wrong version number 1; EHLO STARTTLS ClientHello" \
        "$work/lines" || end 1 "CHANGED: a greeting of 4yz or 5yz is told, or heeded"
done
end 0 "as stated: the refusal is not told, and TLS is begun all the same"

#!/usr/bin/env bash
# Version: nullmailer 1:2.2-4 (Debian 12).
# Behaviour: the server refuses with 550 5.7.26. The bounce's field Status says 5.7.2. Both are
#   registered: X.7.26 is "several authentication checks failed", X.7.2 is "mailing list
#   expansion prohibited".
# Guessed: Status is the status of the reply, or 5.0.0 where the program cannot read it.
# Hurts: who sorts bounces by Status (as the standard means it) reads a rule about mailing lists
#   where SPF and DKIM failed: the wrong cause and the wrong person. 5.7.606 (a banned address)
#   becomes 5.7.6, 5.7.133 becomes 5.7.1 (seen too). Take the status from Diagnostic-Code instead.
# Source: observed; nullmailer's src/dsn.cc takes a status of one digit a part only (its help
#   text says "4.#.# or 5.#.#"); codes: RFC 3463 section 3.8, RFC 7372 section 3.4.
# Seen on 28 November 2026:
#   RCPT TO:<someone@example.net> => 550 5.7.26 Both SPF and DKIM failed
#   Status: 5.7.2
#   Diagnostic-Code: SMTP; 550 5.7.26 Both SPF and DKIM failed
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" "$work/bounce" >"$work/server.log" 2>&1 &
    sleep 1
    printf '%s\n' 'From: shop@example.com' 'To: someone@example.net' 'Subject: test' '' 'Hello' |
        chroot "$root" /usr/sbin/sendmail -i -f shop@example.com \
            someone@example.net
    chroot --userspec=mail:mail "$root" /usr/sbin/nullmailer-send >"$work/send.log" 2>&1 &
    for _ in $(seq 30); do [ -s "$work/bounce" ] && break; sleep 1; done
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p \
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/nullmailer var/spool/nullmailer/queue \
    var/spool/nullmailer/tmp var/spool/nullmailer/failed &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    nullmailer=1:2.2-4 libc6 libstdc++6 libgcc-s1 libgnutls30 libp11-kit0 libidn2-0 libunistring2 \
    libtasn1-6 libnettle8 libhogweed6 libgmp10 libffi8 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

echo 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' >"$root/etc/passwd"
echo 'mail:x:8:' >"$root/etc/group"
echo 'mail.example.com' >"$root/etc/mailname"
echo '127.0.0.1 smtp --port=25' >"$root/etc/nullmailer/remotes"
mkfifo -m 622 "$root/var/spool/nullmailer/trigger"
chown -R 8:8 "$root/var/spool/nullmailer" "$root/usr/sbin/nullmailer-queue"
chmod 4755 "$root/usr/sbin/nullmailer-queue"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that refuses a recipient with a status of two digits and keeps the bounce."""
import socketserver
import sys

REPLIES = {"<someone@": "550 5.7.26 Both SPF and DKIM failed"}


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
            if verb == "RCPT":
                reply = next((r for a, r in REPLIES.items() if a in line), "250 2.1.5 Ok")
                if not bounce:
                    print(line, "=>", reply, flush=True)
                self.say(reply)
            elif verb == "DATA":
                self.say("354 Go ahead")
                message = b"".join(iter(self.rfile.readline, b".\r\n"))
                if bounce:
                    with open(sys.argv[1], "wb") as file:
                        file.write(message)
                else:
                    print("DATA: the message was delivered", flush=True)
                self.say("250 2.0.0 Ok")
            else:
                self.say("250 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.1", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
[ -s "$work/bounce" ] || end 4 "nothing measured: no bounce came; $(tail -n 1 "$work/send.log")"
cat "$work/server.log"
tr -d '\r' <"$work/bounce" | grep -E '^(Final-Recipient|Action|Status|Diagnostic-Code):' | tee "$work/report"

if grep -qx 'Status: 5.7.2' "$work/report" &&
    grep -q '^Diagnostic-Code: SMTP; 550 5.7.26 Both' "$work/report"; then
    end 0 "as stated: 5.7.26 is reported as 5.7.2"
fi
end 1 "CHANGED: the status of the reply is no longer cut to 5.7.2"

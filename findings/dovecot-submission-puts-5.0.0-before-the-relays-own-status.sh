#!/usr/bin/env bash
# Version: Dovecot 2.3.19.1 (Debian 12), its submission server (dovecot-submissiond), which hands mail on to a relay.
# Behaviour: if the relay does not announce ENHANCEDSTATUSCODES in EHLO (Exim does not) but writes a status in its
#   replies, the client is told "550 5.0.0 <address> 5.1.1 No such user here": a status that names no cause stands
#   before the one that does, and for 450 it is 4.0.0. If the relay announces it, its status is kept. And of a 421
#   at RCPT it then loses the first word: "Too busy, bye" arrives as "busy, bye (connection lost)".
# Guessed: the relay's reply to RCPT, word for word.
# Hurts: who reads a bounce or a mail program's error by its first status has "5.0.0, undefined" of each refusal,
#   and looks for a cause that the same line names. Read the second status, or ask the relay itself.
# Source: observed; with the keyword of RFC 2034 a server promises a status in each reply, and without the promise
#   Dovecot takes it for a part of the text.
# Seen on 30 November 2026 (what the relay says: what the client gets, if the relay does not announce; if it does):
#   550 5.1.1 No such user here: 550 5.0.0 <unknown@...> 5.1.1 No such user here
#     550 5.1.1 <unknown@...> No such user here
#   450 4.2.1 Mailbox is full: 450 4.0.0 <full@...> 4.2.1 Mailbox is full
#     450 4.2.1 <full@...> Mailbox is full
#   421 4.3.2 Too busy, bye: 421 4.0.0 Too busy, bye (connection lost)
#     421 4.3.2 busy, bye (connection lost)
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/relay.py" &
    for relay in 127.0.0.2 127.0.0.3; do
        sed "s/RELAY/$relay/" "$work/dovecot.conf" >"$root/etc/dovecot/dovecot.conf"
        chroot "$root" /usr/sbin/dovecot -F >>"$work/dovecot.log" 2>&1 &
        dovecot=$!
        sleep 3
        timeout 30 python3 "$work/client.py" >"$work/lines-$relay"
        kill "$dovecot"
        wait "$dovecot"
    done
    cat "$root/mail/log" >>"$work/dovecot.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/dovecot run/dovecot var/lib/dovecot mail &&
    ln -s usr/bin usr/sbin usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
version=1:2.3.19.1+dfsg1-2.1+deb12u7
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    dovecot-core=$version dovecot-submissiond=$version libexttextcat-2.0-0 libc6 libssl3 libcap2 libgcrypt20 \
    libgpg-error0 liblz4-1 liblzma5 libsodium23 libsystemd0 libzstd1 zlib1g libbz2-1.0 libcap-ng0 libaudit1 \
    libunwind8 libicu72 libstdc++6 libgcc-s1 libpam0g libcrypt1 libwrap0 libstemmer0d \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:105:105::/mail:/usr/sbin/nologin' \
    'dovecot:x:106:106::/:/usr/sbin/nologin' 'dovenull:x:107:107::/:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:105:' 'dovecot:x:106:' 'dovenull:x:107:' >"$root/etc/group"
chown 105:105 "$root/mail"
chmod 755 "$root"
cat >"$work/dovecot.conf" <<'CONF'
base_dir = /run/dovecot
log_path = /mail/log
ssl = no
disable_plaintext_auth = no
protocols = submission
hostname = mail.example.com
mail_location = maildir:/mail/box
first_valid_uid = 100
submission_relay_host = RELAY
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=105 gid=105 home=/mail allow_all_users=yes
}
CONF

cat >"$work/relay.py" <<'PYTHON'
"""A relay that refuses at RCPT; the one at 127.0.0.3 announces ENHANCEDSTATUSCODES, the one at 127.0.0.2 does not."""
import socketserver
import threading

REPLIES = {"<unknown@": "550 5.1.1 No such user here", "<full@": "450 4.2.1 Mailbox is full", "<busy@": "421 4.3.2 Too busy, bye"}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        announces = self.server.server_address[0] == "127.0.0.3"
        self.say("220 relay.example.com ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            reply = next((text for start, text in REPLIES.items() if start in line), "250 Ok")
            if line[:4].upper() == "EHLO":
                reply = "250-relay.example.com\r\n250 ENHANCEDSTATUSCODES" if announces else "250 relay.example.com"
            self.say("221 Bye" if line.upper() == "QUIT" else reply)
            if line.upper() == "QUIT" or reply.startswith("421"):
                return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


for host in ("127.0.0.2", "127.0.0.3"):
    threading.Thread(target=Server((host, 25), Session).serve_forever).start()
PYTHON

cat >"$work/client.py" <<'PYTHON'
"""Asks for each recipient in a session of its own; prints the last line of the reply to RCPT."""
import base64
import smtplib

for name in ("anna", "unknown", "full", "busy"):
    client = smtplib.SMTP("127.0.0.1", 587, timeout=10)
    client.ehlo("desk.example.com")
    client.docmd("AUTH PLAIN", base64.b64encode(b"\0shop@example.com\0secret").decode())
    client.docmd("MAIL FROM:<shop@example.com>")
    code, words = client.docmd(f"RCPT TO:<{name}@example.net>")
    print(f"{name}: {code} {words.decode().splitlines()[-1]}".replace("example.net", "..."), flush=True)
    client.close()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" >"$work/inside.log" 2>&1
paste -d '\n' "$work/lines-127.0.0.2" "$work/lines-127.0.0.3" 2>/dev/null | tee "$work/lines"
grep -q '^anna: 250 ' "$work/lines" || {
    tail -5 "$work/dovecot.log"
    end 4 "nothing measured: no namespaces here, or Dovecot did not start"
}
grep -v '^anna' "$work/lines" | diff - <(printf '%s\n' \
    'unknown: 550 5.0.0 <unknown@...> 5.1.1 No such user here' 'unknown: 550 5.1.1 <unknown@...> No such user here' \
    'full: 450 4.0.0 <full@...> 4.2.1 Mailbox is full' 'full: 450 4.2.1 <full@...> Mailbox is full' \
    'busy: 421 4.0.0 Too busy, bye (connection lost)' 'busy: 421 4.3.2 busy, bye (connection lost)') >"$work/difference" ||
    end 1 "CHANGED: the client gets other replies than is stated"
end 0 "as stated: a status that names no cause stands before the relay's own"

#!/usr/bin/env bash
# Version: fdm 1.9+git20181219-1+b2 (Debian 12), fetching from a POP3 mailbox and handing in by SMTP.
# Behaviour: one of three messages is refused by the mail server (554, as a spam filter does). fdm breaks off the run
#   without QUIT, so that the POP3 server deletes nothing: what was delivered before the refused one stays there, and is
#   delivered again at the next run, and at each one after it. The exit code is 0.
# Guessed: the refused message stays in the mailbox, the others are delivered once and deleted, and the exit code tells.
# Hurts: from the day on which one spam message lies in the mailbox, the first mails arrive with every poll, every few
#   minutes, and the later ones by chance; cron sends no mail, since the code is 0. "unexpected response" in fdm's output is
#   the sign. Take that message out of the mailbox, or hand in to a program that refuses nothing.
# Source: observed; RFC 1939 section 6: without QUIT no message is removed.
# Seen on 30 November 2026 (three runs; the second message is refused):
#   exit codes: 0 0 0
#   the first message was delivered: 3 times
#   left in the mailbox: 3 of 3
#   without the refused message: exit code 0, left in the mailbox: 0 of 2
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null zero urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    for mailbox in 'first refused third' 'first third'; do
        echo "$mailbox" | tr ' ' '\n' >"$work/mailbox"
        : >"$work/delivered"
        python3 "$work/server.py" "$work/mailbox" "$work/delivered" >>"$work/server.log" 2>&1 &
        server=$!
        sleep 1
        codes=
        for _ in 1 2 3; do
            timeout 20 chroot "$root" /usr/bin/fdm -v -f /fdm.conf fetch >>"$work/fdm.log" 2>&1
            codes="$codes $?"
            grep -q refused <<<"$mailbox" || break
        done
        kill "$server"
        wait "$server"
        echo "$codes; $(grep -c '^first$' "$work/delivered"); $(wc -l <"$work/mailbox")"
    done >"$work/counts" 2>>"$work/fdm.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp root var/tmp etc &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download fdm=1.9+git20181219-1+b2 libtdb1 libc6 libssl3 zlib1g \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'debianfdm:x:101:101::/:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'debianfdm:x:101:' >"$root/etc/group"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
cat >"$root/fdm.conf" <<'CONF'
set default-user "root"
set lock-file "/tmp/lock"
account "provider" pop3 server "127.0.0.1" port 110 user "anna" pass "secret" no-apop
action "home" smtp server "127.0.0.1" port 25 from "anna@example.net" to "anna@example.net"
match all action "home"
CONF
chmod 600 "$root/fdm.conf"; chmod 755 "$root"; chmod 1777 "$root/tmp"

cat >"$work/server.py" <<'PYTHON'
"""A POP3 server, whose mailbox is a file of subjects, and an SMTP server that refuses one of them."""
import pathlib
import socketserver
import sys
import threading

mailbox, delivered = (pathlib.Path(name) for name in sys.argv[1:])


def message(subject):
    return f"From: bob@example.org\r\nTo: anna@example.net\r\nSubject: {subject}\r\n\r\nHello\r\n"


class Pop(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        subjects, gone = mailbox.read_text().split(), set()
        self.say("+OK")
        for line in self.rfile:
            verb, _, number = line.decode().strip().upper().partition(" ")
            at = int(number.split()[0]) - 1 if number[:1].isdigit() else None
            lengths = [len(message(subject)) for subject in subjects]
            if verb == "STAT":
                self.say(f"+OK {len(subjects)} {sum(lengths)}")
            elif verb == "LIST" and at is not None:
                self.say(f"+OK {at + 1} {lengths[at]}")
            elif verb == "UIDL" and at is not None:
                self.say(f"+OK {at + 1} {subjects[at]}")
            elif verb in ("LIST", "UIDL"):
                values = lengths if verb == "LIST" else subjects
                self.say("\r\n".join(["+OK", *(f"{n} {value}" for n, value in enumerate(values, 1)), "."]))
            elif verb in ("RETR", "TOP"):
                self.say(f"+OK\r\n{message(subjects[at])}.")
            elif verb == "DELE":
                gone.add(subjects[at])
                self.say("+OK")
            elif verb == "QUIT":
                mailbox.write_text("".join(f"{it}\n" for it in subjects if it not in gone))
                self.say("+OK")
                return
            else:
                self.say("+OK" if verb in ("USER", "PASS", "NOOP") else "-ERR")


class Smtp(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"QUIT":
                self.say("221 2.0.0 Bye")
                return
            if verb != b"DATA":
                self.say("250 2.0.0 Ok")
                continue
            self.say("354 Go ahead")
            lines = [line.decode() for line in iter(self.rfile.readline, b".\r\n")]
            subject = next(line.split()[1] for line in lines if line.startswith("Subject:"))
            if subject == "refused":
                self.say("554 5.7.1 This is spam")
            else:
                with delivered.open("a") as file:
                    file.write(f"{subject}\n")
                self.say("250 2.0.0 Ok")


socketserver.ThreadingTCPServer.allow_reuse_address = True
pop = socketserver.ThreadingTCPServer(("127.0.0.1", 110), Pop)
threading.Thread(target=pop.serve_forever, daemon=True).start()
socketserver.ThreadingTCPServer(("127.0.0.1", 25), Smtp).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
[ "$(wc -l <"$work/counts")" = 2 ] || end 4 "nothing measured: no namespaces here, or the programs did not start"
IFS=';' read -r codes times left <<<"$(head -n 1 "$work/counts")"
echo "exit codes:$codes"
echo "the first message was delivered:$times times"
echo "left in the mailbox:$left of 3"
IFS=';' read -r good _ rest <<<"$(tail -n 1 "$work/counts")"
echo "without the refused message: exit code$good, left in the mailbox:$rest of 2"
[ "$good;$rest" = ' 0; 0' ] || end 4 "nothing measured: fdm does not deliver; $(tail -n 1 "$work/fdm.log")"

if [ "$codes;$left" = ' 0 0 0; 3' ] && [ "$times" -ge 2 ]; then
    end 0 "as stated: what was delivered is delivered again at each run"
fi
end 1 "CHANGED: what was delivered is deleted, or the exit code tells of the refusal"

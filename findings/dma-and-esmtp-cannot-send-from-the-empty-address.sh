#!/usr/bin/env bash
# Version: dma 0.13-1+b1 and esmtp 1.2-18+b1 (Debian 12) in the place of sendmail.
# Behaviour: sendmail -f '<>', the usual way to send an automatic reply or a bounce. dma says MAIL FROM:<<>@mail.example.com>,
#   esmtp MAIL FROM:<<>>. That is no address, and a server answers 501: the message is lost. With dma the exit code is 0,
#   nothing stays in the queue and no bounce comes; esmtp ends with 70 and "0 (null)". With -f '' esmtp sends as it
#   should, and dma says MAIL FROM:<@mail.example.com>.
# Guessed: MAIL FROM:<>, as from Exim, OpenSMTPD, nullmailer and msmtp (RFC 5321 section 4.5.5).
# Hurts: holiday replies, bounces of list managers and delivery reports are sent like that. On a host with dma none of them
#   arrives, and no program learns of it; "bad sender address syntax" in the log of the server is the only sign.
#   Another sender than the empty one makes replies go back and forth: use another program there.
# Source: observed; no report of it was found.
# Seen on 30 November 2026:
#   dma -f <>: exit code 0; MAIL FROM:<<>@mail.example.com>; not delivered
#   dma -f '': exit code 0; MAIL FROM:<@mail.example.com>; not delivered
#   esmtp -f <>: exit code 70; MAIL FROM:<<>>; not delivered
#   esmtp -f '': exit code 0; MAIL FROM:<>; delivered
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" "$work/session" >"$work/server.log" 2>&1 &
    sleep 1
    for program in sbin/dma bin/esmtp; do
        for sender in '<>' ''; do
            : >"$work/session"
            printf '%s\n' 'From: anna@example.com' 'To: bob@example.net' 'Subject: On holiday' '' 'Hello' |
                timeout 10 chroot "$root" "/usr/$program" -i -f "$sender" bob@example.net
            code=$?
            sleep 2
            state='not delivered'
            grep -q '^taken' "$work/session" && state=delivered
            echo "${program#*/} -f ${sender:-''}: exit code $code; $(head -n 1 "$work/session"); $state"
        done
    done >"$work/lines" 2>>"$work/programs.log"
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp root etc/dma var/spool/dma var/mail &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    dma=0.13-1+b1 esmtp=1.2-18+b1 libesmtp6 libc6 libssl3 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
echo 'mail.example.com' >"$root/etc/mailname"
printf '%s\n' 'SMARTHOST 127.0.0.1' 'MAILNAME /etc/mailname' >"$root/etc/dma/dma.conf"
echo 'hostname = 127.0.0.1:25' >"$root/etc/esmtprc"
printf '%s\n' 'account default' 'host 127.0.0.1' 'auto_from off' 'from anna@example.com' >"$root/etc/msmtprc"
chown root:8 "$root/var/spool/dma" "$root/var/mail" && chmod 2775 "$root/var/spool/dma" "$root/var/mail"
chmod 755 "$root"; chmod 1777 "$root/tmp"

cat >"$work/server.py" <<'PYTHON'
"""A mail server that takes addresses of the form in RFC 5321, and the empty one, as sender."""
import re
import socketserver
import sys

PATH = re.compile(r"MAIL FROM:<(?:[\w.+-]+@[\w.-]+)?>", re.IGNORECASE)


def note(text):
    with open(sys.argv[1], "a") as file:
        print(text, file=file)


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "MAIL":
                note(line)
                self.say("250 2.1.0 Ok" if PATH.match(line) else "501 5.1.7 Bad sender address syntax")
                continue
            if verb == "DATA":
                self.say("354 Go ahead")
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
                note("taken")
            self.say("250 2.0.0 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.1", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
[ -s "$work/lines" ] || end 4 "nothing measured: no namespaces here, or the programs did not start"
cat "$work/lines"
grep -q "^esmtp -f '': exit code 0; MAIL FROM:<>; delivered$" "$work/lines" ||
    end 4 "nothing measured: the server does not take the empty sender; $(tail -n 1 "$work/programs.log")"

if grep -q '^dma -f <>: exit code 0; MAIL FROM:<<>@mail.example.com>; not delivered$' "$work/lines" &&
    grep -q "^dma -f '': exit code 0; MAIL FROM:<@mail.example.com>; not delivered$" "$work/lines" &&
    grep -q '^esmtp -f <>: exit code [1-9][0-9]*; MAIL FROM:<<>>; not delivered$' "$work/lines"; then
    end 0 "as stated: the empty sender is sent as something that is no address"
fi
end 1 "CHANGED: the empty sender is sent as <>, or the exit code tells"

#!/usr/bin/env bash
# Version: GNU Mailutils 3.15 (mailutils 1:3.15-4, Debian 12), its mail command with sendmail=smtp://..., by which
#   it hands mail to a server itself.
# Behaviour: of two recipients the server refuses one, for good (550) or for now (450). The message goes to the
#   other one; nothing is printed, the exit code is 0, no dead.letter is written, nothing is tried again, and no
#   bounce comes. With one recipient, 550 and 450 alike are "Operation rejected by remote party", exit code 1,
#   without code, status or word of the server's.
# Guessed: the server's reply on the standard error, exit code 1 if one recipient is refused, 450 told from 550.
# Hurts: reports of scripts and cron jobs do not reach one of their readers, from the day on which his mailbox
#   is full or renamed, or greylisting meets the mail each time; and the sending side has nothing that tells of
#   it. The server's log is the only place to look. Mail each recipient by itself, or let a local server send.
# Source: observed; no report of it was found.
# Seen on 29 November 2026 (550 5.1.1 for unknown, 450 4.2.1 for later, at RCPT):
#   anna: exit code 0; dead.letter: no; taken for: anna@example.net ; printed:
#   unknown: exit code 1; dead.letter: yes; taken for: ; printed: ...: Operation rejected by remote party
#   later: exit code 1; dead.letter: yes; taken for: ; printed: ...: Operation rejected by remote party
#   anna unknown: exit code 0; dead.letter: no; taken for: anna@example.net ; printed:
#   unknown anna: exit code 0; dead.letter: no; taken for: anna@example.net ; printed:
#   anna later: exit code 0; dead.letter: no; taken for: anna@example.net ; printed:
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    touch "$root/dev/null" && mount --bind /dev/null "$root/dev/null"
    python3 "$work/server.py" >>"$work/server.log" 2>&1 &
    sleep 1
    for names in anna unknown later 'anna unknown' 'unknown anna' 'anna later'; do
        : >"$work/server.log"
        rm -f "$root/root/dead.letter"
        read -ra to <<<"$(sed -E 's/[a-z]+/&@example.net/g' <<<"$names")"
        echo 'Hello' | HOME=/root LC_ALL=C chroot "$root" /usr/bin/mail.mailutils --no-config \
            -E 'set sendmail=smtp://127.0.0.2:25' -r shop@example.com -s test "${to[@]}" >"$work/words" 2>&1
        code=$? taken=$(tr '\n' ' ' <"$work/server.log") kept=no
        [ -e "$root/root/dead.letter" ] && kept=yes
        echo "$names: exit code $code; dead.letter: $kept; taken for: $taken; printed: $(cat "$work/words")"
    done >"$work/lines"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp root etc var/mail &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    mailutils=1:3.15-4 libmailutils9=1:3.15-4 libgsasl18 libgssglue1 libntlm0 libidn12 libfribidi0 libmariadb3 \
    libpq5 libpam0g libaudit1 libcap-ng0 libreadline8 libncurses6 libtinfo6 libldap-2.5-0 libsasl2-2 libssl3 \
    libgnutls30 libp11-kit0 libidn2-0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 libffi8 \
    libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libcrypt1 zlib1g libzstd1 \
    libc6 libgcc-s1 libstdc++6 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
chmod 1777 "$root/tmp"

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that refuses one recipient for good and one for now; says for whom it has taken a message."""
import socketserver

REPLIES = {"<unknown@": "550 5.1.1 No such user here", "<later@": "450 4.2.1 Try again later"}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        recipients = []
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            reply = "250 Ok"
            if verb == "RCPT":
                reply = next((text for start, text in REPLIES.items() if start in line), "250 2.1.5 Ok")
                recipients += [line[9:-1]] if reply.startswith("250") else []
            elif verb == "DATA":
                self.say("354 Go ahead")
                for text in iter(self.rfile.readline, b".\r\n"):
                    pass
                print(*recipients, flush=True)
            self.say(reply)
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.2", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the server did not start"
cat "$work/lines"
grep -q '^anna: exit code 0; dead.letter: no; taken for: anna@example.net' "$work/lines" ||
    end 4 "nothing measured: mail did not send an ordinary message"

alone='exit code 1; dead.letter: yes; taken for: ; printed: .*: Operation rejected by remote party$'
beside='exit code 0; dead.letter: no; taken for: anna@example.net ; printed: $'
if grep -q "^unknown: $alone" "$work/lines" && grep -q "^later: $alone" "$work/lines" &&
    [ "$(grep -cE "^(anna unknown|unknown anna|anna later): $beside" "$work/lines")" = 3 ]; then
    end 0 "as stated: a refused recipient beside another one is dropped, with exit code 0 and no word"
fi
end 1 "CHANGED: mail tells of a refused recipient, or of the reply"

#!/usr/bin/env bash
# Version: sendmail 8.17.1.9-2+deb12u2 (Debian 12), the listing of its queue (mailq).
# Behaviour: a message to two; the server defers one (452, mailbox full) and refuses the other
#   (550). The refused one has had his bounce and is out of the queue. mailq lists the one who
#   waits, with "(User unknown)" above him. The server never said that of him.
# Guessed: the text in brackets is why the recipients listed with it wait.
# Hurts: who looks at the queue takes a full mailbox for an unknown one, tells the sender so or
#   removes the message. It stands so until the next attempt. The log has the reason of each
#   recipient, at "to="; believe that, not the queue.
# Source: observed; the queue file keeps one text for the whole message, and a refusal fills it
#   whichever recipient comes first.
# Seen on 29 November 2026:
#   RCPT To:<full@example.net> => 452 4.2.2 Mailbox full
#   RCPT To:<unknown@example.net> => 550 5.1.1 No such user here
#   mailq: (User unknown) full@example.net
#   mailq after the next attempt: (Deferred: 452 4.2.2 Mailbox full) full@example.net
#   (a message to one recipient, for comparison:)
#   mailq: (Deferred: 452 4.2.2 Mailbox full) alone@example.net
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    chroot "$root" /bin/sh -c 'cd /etc/mail && m4 test.mc >sendmail.cf' 2>"$work/sendmail.log" || return 1
    python3 "$work/log.py" "$root/dev/log" >"$work/mail.log" 2>&1 &
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    sleep 1
    : >"$root/etc/mail/aliases"
    chroot "$root" /usr/libexec/sendmail/sendmail -Am -bi >>"$work/sendmail.log" 2>&1
    for to in 'alone@example.net' 'full@example.net unknown@example.net'; do
        # shellcheck disable=SC2086 # the recipients are words of their own
        printf '%s\n' 'From: shop@example.com' 'To: full@example.net' 'Subject: test' '' 'Hello' |
            chroot "$root" /usr/libexec/sendmail/sendmail -Am -odi -i -f shop@example.com $to
    done >>"$work/sendmail.log" 2>&1
    sleep 1
    chroot "$root" /usr/libexec/sendmail/sendmail -Am -bp >"$work/mailq" 2>>"$work/sendmail.log"
    chroot "$root" /usr/libexec/sendmail/sendmail -Am -q >>"$work/sendmail.log" 2>&1
    for _ in $(seq 20); do [ "$(grep -c ': to=full@' "$work/mail.log")" -ge 2 ] && break; sleep 1; done
    sleep 1
    chroot "$root" /usr/libexec/sendmail/sendmail -Am -bp >"$work/mailq.later" 2>>"$work/sendmail.log"
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp root etc/mail var/spool/mqueue var/lib/sendmail \
    var/run/sendmail run var/mail &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    sendmail-bin=8.17.1.9-2+deb12u2 sendmail-base=8.17.1.9-2+deb12u2 sendmail-cf=8.17.1.9-2+deb12u2 m4 \
    libsigsegv2 libc6 libdb5.3 libnsl2 libtirpc3 libldap-2.5-0 libwrap0 libsasl2-2 libssl3 \
    libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libgnutls30 \
    libp11-kit0 libidn2-0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 libffi8 libgcc-s1 \
    liblockfile1 dash \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' \
    'smmta:x:101:101::/var/lib/sendmail:/usr/sbin/nologin' \
    'smmsp:x:102:102::/var/lib/sendmail:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' 'smmta:x:101:' 'smmsp:x:102:' >"$root/etc/group"
printf '%s\n' '127.0.0.1 localhost mail.example.com' '127.0.0.2 mx.example.net' >"$root/etc/hosts"
echo 'smtp 25/tcp' >"$root/etc/services"
cat >"$root/etc/mail/test.mc" <<'M4'
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `mail.example.com')dnl
define(`confHOST_STATUS_DIRECTORY', `')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confSERVICE_SWITCH_FILE', `/etc/mail/switch')dnl
define(`SMART_HOST', `esmtp:[mx.example.net]')dnl
FEATURE(`nouucp', `reject')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
M4
echo 'hosts files' >"$root/etc/mail/switch"
: >"$root/etc/mail/local-host-names"
chmod 755 "$root" "$root/etc/mail"; chmod 700 "$root/var/spool/mqueue"; chmod 1777 "$root/tmp"

cat >"$work/log.py" <<'PYTHON'
"""In the place of syslog: what the programs send to /dev/log goes to standard output."""
import os
import socket
import sys

log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
while True:
    print(log.recv(65536).decode(errors="replace").rstrip("\0\n"), flush=True)
PYTHON

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that defers two mailboxes, does not know another and takes all other mail."""
import socketserver

REPLIES = {
    "<alone@": "452 4.2.2 Mailbox full",
    "<full@": "452 4.2.2 Mailbox full",
    "<unknown@": "550 5.1.1 No such user here",
}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "EHLO":
                self.say("250-mx.example.net\r\n250 ENHANCEDSTATUSCODES")
            elif verb == "RCPT":
                reply = next((r for a, r in REPLIES.items() if a in line), "250 2.1.5 Ok")
                if reply[0] != "2":
                    print(line, "=>", reply, flush=True)
                self.say(reply)
            elif verb == "DATA":
                self.say("354 Go ahead")
                for text in iter(self.rfile.readline, b".\r\n"):
                    pass
                self.say("250 2.0.0 Ok")
            else:
                self.say("250 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.2", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
cat "$work/server.log"
for list in mailq mailq.later; do # one line for each message: the text in brackets, then the recipients
    [ -s "$work/$list" ] || end 4 "nothing measured: no listing; $(tail -n 1 "$work/sendmail.log")"
    sed -n 's/^[[:space:]]*\((.*)\)$/\1/p; s/^[[:space:]]*\([a-z]*@example.net\)$/\1/p' "$work/$list" |
        paste -d ' ' - - | sort | tee "$work/$list.short" | sed "s/^/$list: /"
done
grep -q 'full@' "$work/mailq.short" && grep -q 'alone@' "$work/mailq.short" ||
    end 4 "nothing measured: the messages are not in the queue; $(tail -n 1 "$work/sendmail.log")"

full='(Deferred: 452 4.2.2 Mailbox full)'
if grep -qxF "(User unknown) full@example.net" "$work/mailq.short" &&
    grep -qxF "$full alone@example.net" "$work/mailq.short" &&
    grep -qxF "$full full@example.net" "$work/mailq.later.short" &&
    grep -q '<full@example.net> => 452' "$work/server.log" && ! grep -q '<full@.*=> 5' "$work/server.log"; then
    end 0 "as stated: mailq gives the refusal of one recipient for the other who waits"
fi
end 1 "CHANGED: mailq no longer gives the refusal of another recipient, or keeps it longer"

#!/usr/bin/env bash
# Version: Postfix 3.7.11-0+deb12u1 (Debian 12), defaults for SMTPUTF8, behind a relay host that has no SMTPUTF8.
# Behaviour: a message with ASCII addresses and a Subject in plain UTF-8, as PHP's mail() or a shell script
#   hands it to the sendmail command, is not sent: "SMTPUTF8 is required, but was not offered", 5.6.7. The
#   bounce to the ASCII sender has the same fate a moment later, at the same relay host. Nothing is sent to
#   anybody: no message, no bounce, no notice to postmaster; the sendmail command has said exit code 0.
# Guessed: the bounce is sent: its sender is empty, its recipient ASCII, and the notice needs no UTF-8.
# Hurts: mail disappears, with the ones that have an umlaut in the Subject only, and the sender has nothing to
#   show. Only the log of the sending host has the two lines; its dsn=5.6.7 ("conversion required") speaks of
#   the address in the RFC, and the address is plain. Encode the Subject (RFC 2047), or set
#   smtputf8_autodetect_classes to verify, or smtputf8_enable = no.
# Source: observed; SMTPUTF8_README tells of the message, and not of its bounce; RFC 6531 3.5.
# Seen on 29 November 2026 (the messages that the relay host got: 1, the one with an encoded Subject):
#   encoded: to=<anna@example.net> dsn=2.0.0, status=sent (250 2.0.0 Ok)
#   plain: to=<anna@example.net> dsn=5.6.7, status=bounced (SMTPUTF8 is required, but was not offered by host ...)
#   plain: to=<shop@example.com> dsn=5.6.7, status=bounced (SMTPUTF8 is required, but was not offered by host ...)
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" "$work" >"$work/server.log" 2>&1 &
    chroot "$root" /usr/lib/postfix/sbin/master -d >"$work/postfix.log" 2>&1 &
    sleep 3
    for subject in '=?utf-8?Q?Gr=C3=BC=C3=9Fe?=' 'Grüße'; do
        printf '%s\n' 'From: shop@example.com' 'To: anna@example.net' "Subject: $subject" '' 'Hello' |
            chroot "$root" /usr/sbin/sendmail -i -f shop@example.com anna@example.net || exit
        sleep 2
    done 2>>"$work/postfix.log"
    for _ in $(seq 30); do [ "$(grep -c ': removed$' "$root/var/log/mail.log")" -ge 3 ] && break; sleep 1; done
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
(cd "$root" && mkdir -p \
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/postfix var/lib/postfix var/log var/spool/postfix/pid \
    var/spool/postfix/public var/spool/postfix/private var/spool/postfix/active var/spool/postfix/incoming \
    var/spool/postfix/deferred var/spool/postfix/defer var/spool/postfix/bounce var/spool/postfix/corrupt \
    var/spool/postfix/hold var/spool/postfix/flush var/spool/postfix/trace var/spool/postfix/saved \
    var/spool/postfix/maildrop &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    postfix=3.7.11-0+deb12u1 libc6 libdb5.3 libnsl2 libtirpc3 libsasl2-2 libssl3 libicu72 libstdc++6 \
    libgcc-s1 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'postfix:x:101:101::/var/spool/postfix:/usr/sbin/nologin' \
    'nobody:x:65534:65534::/:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'postfix:x:101:' 'postdrop:x:102:' 'nogroup:x:65534:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
echo 'smtp 25/tcp' >"$root/etc/services"
cat >"$root/etc/postfix/main.cf" <<'CONF'
compatibility_level = 3.6
myhostname = mail.example.com
inet_protocols = ipv4
inet_interfaces = 127.0.0.1
smtp_host_lookup = native
alias_database =
mydestination =
relayhost = [127.0.0.2]
local_recipient_maps =
alias_maps =
maillog_file = /var/log/mail.log
CONF
cat >"$root/etc/postfix/master.cf" <<'CONF'
pickup  unix       n - n 1 1 pickup
qmgr    unix       n - n 300 1 qmgr
rewrite unix       - - n - - trivial-rewrite
cleanup unix       n - n - 0 cleanup
bounce  unix       - - n - 0 bounce
defer   unix       - - n - 0 bounce
trace   unix       - - n - 0 bounce
smtp    unix       - - n - - smtp
postlog unix-dgram n - n - 1 postlogd
CONF
chown -R 101:101 "$root/var/lib/postfix" "$root"/var/spool/postfix/*
chown 0:0 "$root/var/spool/postfix/pid"; chgrp 102 "$root"/var/spool/postfix/{public,maildrop}
chmod 700 "$root/var/spool/postfix/private"; chmod 710 "$root/var/spool/postfix/public"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server without SMTPUTF8 that takes all mail and says who it was for."""
import socketserver


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "EHLO":
                self.say("250-mx.example.net\r\n250 8BITMIME")
            elif verb == "RCPT":
                print("the relay host got", line, flush=True)
                self.say("250 2.1.5 Ok")
            elif verb == "DATA":
                self.say("354 Go ahead")
                for text in iter(self.rfile.readline, b".\r\n"):
                    pass
                self.say("250 2.0.0 Ok")
            else:
                self.say("250 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.2", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/postfix.log")"
log=$root/var/log/mail.log
cat "$work/server.log"
sed -nE 's/.*: (to=<[^>]*>),.* (dsn=.*)$/\1 \2/p' "$log" | tee "$work/lines"
[ "$(grep -c ': removed$' "$log")" = 3 ] ||
    end 4 "nothing measured: not three messages; $(tail -n 1 "$work/postfix.log")"
grep -q '^to=<anna@example.net> dsn=2.0.0, status=sent' "$work/lines" ||
    end 4 "nothing measured: the message with the encoded Subject was not sent"

text='dsn=5.6.7, status=bounced (SMTPUTF8 is required, but was not offered by host'
if [ "$(wc -l <"$work/server.log")" = 1 ] && [ "$(wc -l <"$work/lines")" = 3 ] &&
    grep -q "^to=<anna@example.net> $text" "$work/lines" && grep -q "^to=<shop@example.com> $text" "$work/lines"; then
    end 0 "as stated: with a Subject in plain UTF-8 the message is lost, and its bounce, too"
fi
end 1 "CHANGED: the message with a Subject in plain UTF-8, or its bounce, is sent"

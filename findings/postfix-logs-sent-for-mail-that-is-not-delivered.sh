#!/usr/bin/env bash
# Version: Postfix 3.7.11-0+deb12u1 (Debian 12), its log.
# Behaviour: mail to an alias has "dsn=2.0.0, status=sent"; it was only given a new queue id, and
#   under that one it bounces in the same second, with the alias in orig_to=. Mail that is thrown
#   away (discard) has "dsn=2.0.0, status=sent (stale.example)", which reads like a delivery there.
# Guessed: status=sent with 2.0.0 means that a mailbox or another server has taken the message.
# Hurts: who looks for the recipient and finds status=sent says "it was delivered"; counts of sent
#   mail have such lines in them. "forwarded as ID" is not the end: look for that ID. relay=none
#   beside sent means thrown away; the text in brackets is a setting, or else the domain.
# Source: observed; local(8) counts an alias as delivered once the new message is queued;
#   discard(8) calls it a success and logs the next-hop as the reason, which is the domain if none
#   is set.
# Seen on 29 November 2026:
#   office@example.com relay=local dsn=2.0.0, status=sent (forwarded as NEWID)
#   gone@example.net orig_to=<office@example.com> relay=127.0.0.2[127.0.0.2]:25 dsn=5.1.1,
#     status=bounced (host 127.0.0.2[127.0.0.2] said: 550 5.1.1 No such user here ...)
#   a@stale.example relay=none dsn=2.0.0, status=sent (stale.example)
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    chroot "$root" /usr/lib/postfix/sbin/master -d >"$work/postfix.log" 2>&1 &
    sleep 3
    for to in office@example.com a@stale.example; do
        printf '%s\n' 'From: shop@example.com' "To: $to" 'Subject: test' '' 'Hello' |
            chroot "$root" /usr/sbin/sendmail -i -f shop@example.com "$to"
    done >>"$work/postfix.log" 2>&1
    for _ in $(seq 30); do grep -q 'status=bounced' "$root/var/log/mail.log" && break; sleep 1; done
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
mydestination = example.com
relayhost = [127.0.0.2]
local_recipient_maps =
alias_maps = inline:{ office=gone@example.net }
transport_maps = inline:{ stale.example=discard: }
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
local   unix       - n n - - local
discard unix       - - n - - discard
postlog unix-dgram n - n - 1 postlogd
CONF
chown -R 101:101 "$root/var/lib/postfix" "$root"/var/spool/postfix/*
chown 0:0 "$root/var/spool/postfix/pid"; chgrp 102 "$root"/var/spool/postfix/{public,maildrop}
chmod 700 "$root/var/spool/postfix/private"; chmod 710 "$root/var/spool/postfix/public"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that does not know gone@example.net and takes all other mail."""
import socketserver


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "RCPT" and "<gone@" in line:
                print(line, "=> 550 5.1.1 No such user here", flush=True)
                self.say("550 5.1.1 No such user here")
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
    end 4 "nothing measured: no namespaces here, or the programs did not start"
cat "$work/server.log"
grep -E 'to=<(office|gone|a)@' "$root/var/log/mail.log" | tee "$work/lines" |
    sed -E 's/.*: to=<([^>]*)>, (orig_to=[^,]*)?,? ?(relay=[^,]*),.* dsn=/\1 \2 \3 dsn=/'
[ "$(wc -l <"$work/lines")" = 3 ] || end 4 "nothing measured: not three lines; $(tail -n 1 "$work/postfix.log")"

new=$(sed -n 's/.*to=<office@.*, dsn=2.0.0, status=sent (forwarded as \(.*\))$/\1/p' "$work/lines")
if [ -n "$new" ] &&
    grep -q " $new: to=<gone@.*, dsn=5.1.1, status=bounced .*550 5.1.1 No such user here" "$work/lines" &&
    grep -q 'to=<a@stale.example>, relay=none, .*, dsn=2.0.0, status=sent (stale.example)$' "$work/lines"; then
    end 0 "as stated: status=sent for an alias that bounces, and for mail that is thrown away"
fi
end 1 "CHANGED: status=sent no longer stands for an alias, or for discarded mail"

#!/usr/bin/env bash
# Version: pflogsumm 1.1.5-8 (Debian 12), defaults, on the log of Postfix 3.7.11-0+deb12u1 (Debian 12).
# Behaviour: a reason of more than 65 characters is shortened from its left, colon by colon, until the rest
#   is short enough or has no colon; and a link has one. Of a refusal by a blocklist, a greylisting and a reply
#   in Gmail's way, all with a link at the end, the list of reasons has "//www.example.org/lookup/...": no code,
#   no status, no word of the reason.
# Guessed: the beginning of the server's reply, cut at its end: the dots stand there.
# Hurts: the daily report is what most operators read. Causes that differ look alike, and each address or
#   message has a link of its own, so that one cause makes a hundred lines of count 1 and none stands out at
#   the top. Use --verbose-msg-detail, which cuts nothing, or read the log.
# Source: observed; said_string_trimmer in pflogsumm ("this sometimes elides The Wrong Bits", says its comment).
# Seen on 29 November 2026 (what the servers said, and what pflogsumm has of it):
#   554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using bl.example.org; https://www.example.org/...
#     => //www.example.org/lookup/192.0.2.7 (in reply to RCPT TO command)
#   450 4.2.0 <grey@example.net>: Recipient address rejected: Greylisted, see https://help.example.org/...
#     => //help.example.org/greylisting/example.net.html (in reply to R...
#   550-5.7.26 Your email has been blocked because the sender is unauthenticated. ... (six lines)
#     => //support.example.org/mail/answer/81126#authentication d2e1a7 ...
# Needs Debian 12 (amd64), root, perl, python3, unshare, ip. Exit codes: README.md beside this file.
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
    for to in listed grey unauthenticated; do
        printf '%s\n' 'From: shop@example.com' "To: $to@example.net" 'Subject: test' '' 'Hello' |
            chroot "$root" /usr/sbin/sendmail -i -f shop@example.com "$to@example.net" || exit
    done 2>>"$work/postfix.log"
    for _ in $(seq 30); do
        [ "$(grep -c 'example.net>, .*status=' "$root/var/log/mail.log")" -ge 3 ] && break
        sleep 1
    done
    sleep 1
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg perl python3 unshare ip chroot; do
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
    pflogsumm=1.1.5-8 \
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
"""An SMTP server that refuses two recipients, defers one and takes all other mail."""
import socketserver

REPLIES = {
    "<listed@": "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using bl.example.org; "
    "https://www.example.org/lookup/192.0.2.7",
    "<grey@": "450 4.2.0 <grey@example.net>: Recipient address rejected: Greylisted, see "
    "https://help.example.org/greylisting/example.net.html",
    "<unauthenticated@": "550-5.7.26 Your email has been blocked because the sender is unauthenticated.\r\n"
    "550-5.7.26 All senders must authenticate with either SPF or DKIM.\r\n"
    "550-5.7.26  Authentication results:\r\n550-5.7.26  DKIM = did not pass\r\n"
    "550-5.7.26  SPF [example.com] with ip: [192.0.2.7] = did not pass\r\n"
    "550 5.7.26  https://support.example.org/mail/answer/81126#authentication d2e1a7",
}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "RCPT":
                self.say(next((reply for start, reply in REPLIES.items() if start in line), "250 2.1.5 Ok"))
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
sed -nE 's/.*: (to=<[^>]*@example.net>),.* (status=.*)$/\1 \2/p' "$log"
[ "$(grep -cE 'to=<[^>]*@example.net>, .*status=(bounced|deferred) .* said: ' "$log")" = 3 ] ||
    end 4 "nothing measured: not three refusals; $(tail -n 1 "$work/postfix.log")"
perl "$root/usr/sbin/pflogsumm" "$log" 2>"$work/perl.log" |
    sed -n '/^message deferral detail/,/^message reject detail/s/^ *1   /pflogsumm: /p' | tee "$work/lines"
[ "$(wc -l <"$work/lines")" = 3 ] || end 4 "nothing measured: no summary; $(tail -n 1 "$work/perl.log")"

if grep -q '^pflogsumm: //www.example.org/lookup/192.0.2.7' "$work/lines" &&
    grep -q '^pflogsumm: //help.example.org/greylisting/' "$work/lines" &&
    grep -q '^pflogsumm: //support.example.org/mail/' "$work/lines"; then
    end 0 "as stated: of three different reasons nothing but the end of the link is left"
fi
end 1 "CHANGED: pflogsumm has another part of at least one of the reasons"

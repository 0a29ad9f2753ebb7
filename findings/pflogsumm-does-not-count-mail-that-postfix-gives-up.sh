#!/usr/bin/env bash
# Version: pflogsumm 1.1.5-8 (Debian 12) on the log of Postfix 3.7.11-0+deb12u1 (Debian 12).
# Behaviour: four messages come back to the sender: one was refused (550), three were deferred (450) until the
#   lifetime of the queue was over. pflogsumm counts 1 bounced and 3 deferred; of "status=expired, returned to
#   sender" it says nothing, in no heading, and the day on which they are given up has none of them.
# Guessed: four bounced, or a heading of its own for what expired.
# Hurts: who watches "bounced" sees nothing of a domain whose server has been down for five days, the commonest
#   way to lose mail without a refusal. "deferred" does not tell it from mail that went through at the second
#   attempt. Count the lines of qmgr with status=expired (or force-expired, after postsuper -e), or use
#   Logwatch, which has a heading for them ("Expired and returned to sender").
# Source: observed; pflogsumm takes sent, deferred and bounced of lines with to=<...>, relay=...; the line of the
#   expiry has from=<...> only.
# Seen on 29 November 2026 (maximal_queue_lifetime = 0, so that one attempt is all; five days is the default):
#   Postfix: from=<shop@example.com>, status=expired, returned to sender     (three times)
#   pflogsumm: 3 deferred (3 deferrals)
#   pflogsumm: 1 bounced
#   pflogsumm: lines with "expired": 0
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
    for to in unknown later-1 later-2 later-3; do
        printf '%s\n' 'From: shop@example.com' "To: $to@example.net" 'Subject: test' '' 'Hello' |
            chroot "$root" /usr/sbin/sendmail -i -f shop@example.com "$to@example.net" || exit
    done 2>>"$work/postfix.log"
    for _ in $(seq 30); do [ "$(grep -c ': removed$' "$root/var/log/mail.log")" -ge 8 ] && break; sleep 1; done
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
maximal_queue_lifetime = 0
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
"""An SMTP server that refuses one recipient, defers three and takes all other mail."""
import socketserver

REPLIES = {
    "<unknown@": "550 5.1.1 No such user here",
    "<later-": "450 4.2.1 Try again later",
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
[ "$(grep -c 'to=<shop@example.com>, .* status=sent' "$log")" = 4 ] ||
    end 4 "nothing measured: not four bounces; $(tail -n 1 "$work/postfix.log")"
perl "$root/usr/sbin/pflogsumm" "$log" >"$work/summary" 2>"$work/perl.log"
sed -n 's/.*: \(from=<shop@example.com>, status=expired.*\)/Postfix: \1/p' "$log"
{
    grep -E '^ +[0-9]+ +(deferred|bounced)' "$work/summary" | tr -s ' ' | sed 's/^/pflogsumm:/'
    echo "pflogsumm: lines with \"expired\": $(grep -ci expired "$work/summary")"
} | tee "$work/lines"
[ "$(grep -c ', status=expired, returned to sender$' "$log")" = 3 ] ||
    end 4 "nothing measured: Postfix did not log three expiries"
[ "$(wc -l <"$work/lines")" = 3 ] || end 4 "nothing measured: no summary; $(tail -n 1 "$work/perl.log")"

if grep -q '^pflogsumm: 1 bounced' "$work/lines" && grep -q '"expired": 0$' "$work/lines"; then
    end 0 "as stated: of four messages that came back, pflogsumm counts the refused one"
fi
end 1 "CHANGED: pflogsumm counts or names the messages that expired"

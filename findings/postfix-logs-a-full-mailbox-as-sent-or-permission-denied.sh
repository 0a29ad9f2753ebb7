#!/usr/bin/env bash
# Version: Postfix 3.7.11-0+deb12u1 with dovecot-lda 2.3.19.1 (dovecot-core 1:2.3.19.1+dfsg1-2.1+deb12u7) and maildrop
#   2.9.3-2.1 as its transports by pipe(8), all Debian 12.
# Behaviour: the recipient's mailbox is over its quota. With dovecot-lda the log has "dsn=2.0.0, status=sent (delivered
#   via lda service)": dovecot-lda has not delivered, but has sent a bounce of its own (5.2.2). With dovecot-lda -e
#   Postfix bounces, with "permission denied" and Status: 5.7.0. With maildrop it is deferred, with "temporary
#   failure" and 4.3.0, and bounces after five days. Only the text of the command, if there is one, has the cause.
# Guessed: status=bounced and 5.2.2 (mailbox full) for all of them, as with Dovecot's LMTP.
# Hurts: of the first the log says that it was delivered, and the recipient has nothing. The second is read by its
#   status as a policy that refuses the sender (5.7.0), who then looks at SPF and at blocklists; the third as a
#   fault of the server (4.3.0), and the queue fills with mail for people who have left. Hand mail over by LMTP, which
#   has 552 5.2.2, or look for "over quota" and "Quota exceeded" behind "Command output:".
# Source: observed; pipe(8) knows the exit code only, and has one status for each code of sysexits.h: 77 is 5.7.0, 75 is
#   4.3.0. dovecot-lda(1) tells that it ends with 77 with -e, and not with which code without it.
# Seen on 30 November 2026:
#   lda:      dsn=2.0.0, status=sent (delivered via lda service)
#             bounce from postmaster@example.net: Status: 5.2.2
#   lda-e:    dsn=5.7.0, status=bounced (permission denied. Command output: Quota exceeded (mailbox for user is full) )
#             bounce from MAILER-DAEMON@mail.example.net: Status: 5.7.0
#   maildrop: dsn=4.3.0, status=deferred (temporary failure. Command output: maildrop: maildir over quota. )
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
    for how in lda lda-e maildrop; do
        printf '%s\n' 'From: shop@example.com' "To: anna@$how.example" 'Subject: test' '' 'Hello' |
            chroot "$root" /usr/sbin/sendmail -i -f shop@example.com "anna@$how.example" || exit
    done 2>>"$work/postfix.log"
    for _ in $(seq 30); do
        [ "$(grep -c '<anna@.*status=' "$root/var/log/mail.log")" -ge 3 ] && break
        sleep 1
    done
    sleep 2
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
    var/spool/postfix/maildrop run/dovecot etc/dovecot &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    postfix=3.7.11-0+deb12u1 libc6 libdb5.3 libnsl2 libtirpc3 libsasl2-2 libssl3 libicu72 libstdc++6 \
    libgcc-s1 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 \
    dovecot-core=1:2.3.19.1+dfsg1-2.1+deb12u7 libcap2 libgcrypt20 libgpg-error0 liblz4-1 liblzma5 libsodium23 \
    libsystemd0 libzstd1 zlib1g libbz2-1.0 libcap-ng0 libaudit1 libunwind8 \
    maildrop=2.9.3-2.1 courier-authlib libcourier-unicode4 libgdbm6 libpcre3 libidn12 libltdl7 dash \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'postfix:x:101:101::/var/spool/postfix:/usr/sbin/nologin' \
    'vmail:x:105:105::/mail:/usr/sbin/nologin' 'nobody:x:65534:65534::/:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'postfix:x:101:' 'postdrop:x:102:' 'vmail:x:105:' 'nogroup:x:65534:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.net' >"$root/etc/hosts"
echo 'smtp 25/tcp' >"$root/etc/services"
cat >"$root/etc/postfix/main.cf" <<'CONF'
compatibility_level = 3.6
myhostname = mail.example.net
inet_protocols = ipv4
inet_interfaces = 127.0.0.1
smtp_host_lookup = native
alias_database =
mydestination =
relayhost = [127.0.0.2]
transport_maps = inline:{ lda.example=lda:, lda-e.example=lda-e:, maildrop.example=maildrop: }
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
scache  unix       - - n - 1 scache
lda     unix       - n n - - pipe
  flags=DRhu user=vmail argv=/usr/lib/dovecot/dovecot-lda -f ${sender} -a ${recipient}
lda-e   unix       - n n - - pipe
  flags=DRhu user=vmail argv=/usr/lib/dovecot/dovecot-lda -e -f ${sender} -a ${recipient}
maildrop unix      - n n - - pipe
  flags=DRhu user=vmail argv=/usr/bin/maildrop /mail/filter
postlog unix-dgram n - n - 1 postlogd
CONF
cat >"$root/etc/dovecot/dovecot.conf" <<'CONF'
base_dir = /run/dovecot
log_path = /mail/dovecot.log
ssl = no
mail_location = maildir:/mail/box
mail_plugins = quota
postmaster_address = postmaster@example.net
submission_host = 127.0.0.2:25
plugin {
  quota = maildir:User quota
  quota_rule = *:bytes=100
}
CONF
mkdir -p "$root"/mail/drop/{new,cur,tmp}
echo '100S' >"$root/mail/drop/maildirsize"
echo 'to "/mail/drop"' >"$root/mail/filter"
chmod 600 "$root/mail/filter"
chown -R 105:105 "$root/mail"
chown -R 101:101 "$root/var/lib/postfix" "$root"/var/spool/postfix/*
chown 0:0 "$root/var/spool/postfix/pid"; chgrp 102 "$root"/var/spool/postfix/{public,maildrop}
chmod 700 "$root/var/spool/postfix/private"; chmod 710 "$root/var/spool/postfix/public"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that takes all mail, and keeps each message in a file."""
import itertools
import socketserver
import sys

numbers = itertools.count()


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.com ESMTP")
        for line in self.rfile:
            verb = line.decode()[:4].upper()
            if verb == "DATA":
                self.say("354 Go ahead")
                with open(f"{sys.argv[1]}/bounce{next(numbers)}.eml", "wb") as file:
                    file.write(b"".join(iter(self.rfile.readline, b".\r\n")).replace(b"\r\n", b"\n"))
            self.say("250 2.0.0 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.2", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/postfix.log")"
sed -nE 's/.*to=<anna@([a-z-]*)\.example>,.* (dsn=.*)/\1: \2/p' "$root/var/log/mail.log" | tee "$work/lines"
for bounce in "$work"/bounce*.eml; do
    [ -e "$bounce" ] && sed -nE '/^From: .*(DAEMON|ostmaster)/p; /^(Status|Final-Recipient): /p' "$bounce"
done | tee "$work/bounces"
[ "$(wc -l <"$work/lines")" = 3 ] && grep -q '^lda-e: .*Quota exceeded' "$work/lines" &&
    grep -q '^maildrop: .*over quota' "$work/lines" && grep -qi '^From: postmaster <postmaster@' "$work/bounces" ||
    end 4 "nothing measured: a mailbox was not over quota; $(tail -n 1 "$root/mail/dovecot.log" 2>&1)"

if grep -q '^lda: dsn=2.0.0, status=sent ' "$work/lines" && grep -qx 'Status: 5.2.2' "$work/bounces" &&
    grep -q '^lda-e: dsn=5.7.0, status=bounced (permission denied' "$work/lines" &&
    grep -q '^maildrop: dsn=4.3.0, status=deferred (temporary failure' "$work/lines"; then
    end 0 "as stated: a full mailbox is sent, permission denied, or a temporary failure"
fi
end 1 "CHANGED: a full mailbox has another status in at least one of the three"

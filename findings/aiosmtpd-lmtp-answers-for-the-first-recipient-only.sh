#!/usr/bin/env bash
# Version: aiosmtpd 1.4.6 (PyPI), its LMTP class with its own handler Mailbox, behind Postfix 3.7.11-0+deb12u1 (Debian
#   12).
# Behaviour: a message for two recipients in one LMTP session gets one reply after DATA, where RFC 2033 4.2 has one for
#   each recipient. Postfix logs the first recipient as sent and waits for the reply about the second until
#   lmtp_data_done_timeout (10 minutes, here 3 seconds): deferred, 4.4.2. At the next attempt there is one recipient, and
#   it is sent: by then the handler has had the message twice.
# Guessed: the class counts, and repeats the reply of the handler for each recipient.
# Hurts: an archive, a ticket system or a filter behind this class works for as long as each message has one recipient,
#   as in most tests. Then some messages come twice, ten minutes or more apart, and "conversation timed out while sending
#   end of data -- message may be sent more than once" looks like a slow program or a broken network; meanwhile the
#   session is blocked. lmtp_destination_recipient_limit = 1 in Postfix, or a handler that itself returns one line per
#   recipient (as Mailman's does).
# Source: observed; aiosmtpd/lmtp.py has LHLO and nothing of DATA; RFC 2033 4.2.
# Seen on 30 November 2026:
#   to=<anna@example.net>, dsn=2.0.0, status=sent (250 OK)
#   to=<bob@example.net>, dsn=4.4.2, status=deferred (conversation with 127.0.0.1[127.0.0.1] timed out while sending end
#     of data -- message may be sent more than once)
#   to=<bob@example.net>, dsn=2.0.0, status=sent (250 OK)
#   copies in the handler's mailbox: 2
# Needs Debian 12 (amd64), root, python3 with venv, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    "$work/venv/bin/python" "$work/server.py" "$work/box" >"$work/server.log" 2>&1 &
    chroot "$root" /usr/lib/postfix/sbin/master -d >"$work/postfix.log" 2>&1 &
    sleep 3
    printf '%s\n' 'From: shop@example.com' 'To: anna@example.net, bob@example.net' 'Subject: test' '' 'Hello' |
        chroot "$root" /usr/sbin/sendmail -i -f shop@example.com anna@example.net bob@example.net || exit
    for _ in $(seq 40); do
        [ "$(grep -c 'status=sent' "$root/var/log/mail.log")" -ge 2 ] && break
        sleep 1
    done 2>>"$work/postfix.log"
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
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q aiosmtpd==1.4.6 >"$work/pip.log" 2>&1 ||
    end 3 "the package cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"

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
mydestination =
alias_database =
alias_maps =
default_transport = lmtp:inet:127.0.0.1:8024
lmtp_data_done_timeout = 3s
queue_run_delay = 3s
minimal_backoff_time = 3s
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
lmtp    unix       - - n - - lmtp
scache  unix       - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
CONF
chown -R 101:101 "$root/var/lib/postfix" "$root"/var/spool/postfix/*
chown 0:0 "$root/var/spool/postfix/pid"; chgrp 102 "$root"/var/spool/postfix/{public,maildrop}
chmod 700 "$root/var/spool/postfix/private"; chmod 710 "$root/var/spool/postfix/public"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""An LMTP server that keeps each message in a maildir: the class and the handler of aiosmtpd as they come."""
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from aiosmtpd.lmtp import LMTP


class Server(Controller):
    def factory(self):
        return LMTP(self.handler)


Server(Mailbox(sys.argv[1]), hostname="127.0.0.1", port=8024).start()
threading.Event().wait()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/postfix.log")"
sed -nE 's/.*(to=<(anna|bob)@[^ ]*).* (dsn=.*)/\1 \3/p' "$root/var/log/mail.log" | tee "$work/lines"
copies=$(find "$work/box/new" -type f 2>/dev/null | wc -l)
echo "copies in the handler's mailbox: $copies"
grep -q '^to=<anna@example.net>, dsn=2.0.0, status=sent' "$work/lines" ||
    end 4 "nothing measured: nothing was delivered; $(tail -n 1 "$work/server.log")"

if grep -q '^to=<bob@.* dsn=4.4.2, status=deferred (conversation .* timed out while sending end of data' "$work/lines" &&
    grep -q '^to=<bob@.* status=sent' "$work/lines" && [ "$copies" = 2 ]; then
    end 0 "as stated: two recipients, one reply, and the message comes twice"
fi
end 1 "CHANGED: two recipients in one LMTP session get something else than one reply"

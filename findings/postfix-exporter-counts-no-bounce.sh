#!/usr/bin/env bash
# Version: prometheus-postfix-exporter 0.3.0-4+b3 (Debian 12), on the log of Postfix 3.7.11-0+deb12u1 (Debian 12).
# Behaviour: of three messages one is delivered, one bounces (550) and one is deferred (450). There is a counter for the
#   deferred one, postfix_smtp_status_deferred, and none for the other two: no metric has "sent" or "bounced" in its
#   name or its labels. They are told apart nowhere else: the histogram of delays has them all, with an empty stage,
#   and four entries for each (20 here: three messages, and two bounces on their way to the sender). The counter
#   that one looks for by its name, postfix_smtp_deferred_messages_total, stays at 0. A message that is given up
#   after its time is counted among the log lines that are not understood.
# Guessed: counters of sent, bounced, deferred and expired: status= is what each such line is written for.
# Hurts: a provider begins to refuse all mail, and every graph shows a normal day: as many lines as ever, none of them
#   deferred, a queue that is empty (a bounce leaves it at once). An alarm on deferred mail does not ring, and one on
#   postfix_smtp_deferred_messages_total never will. Count status=bounced and status=expired from the log itself.
# Source: observed; postfix_exporter.go looks for "status=deferred" in the lines of smtp, and for no other status.
# Seen on 30 November 2026:
#   to=<fine@example.net> status=sent, to=<gone@example.net> status=bounced, to=<later@example.net> status=deferred
#   postfix_smtp_deferred_messages_total 0
#   postfix_smtp_delivery_delay_seconds_count{stage=""} 20
#   postfix_smtp_status_deferred 1
#   postfix_unsupported_log_entries_total{service="qmgr"} 1    (status=expired)
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    touch "$root/var/log/mail.log"
    chroot "$root" /usr/bin/prometheus-postfix-exporter --postfix.logfile_path=/var/log/mail.log \
        --web.listen-address=127.0.0.1:9154 >"$work/exporter.log" 2>&1 &
    sleep 1
    chroot "$root" /usr/lib/postfix/sbin/master -d >"$work/postfix.log" 2>&1 &
    sleep 2
    for to in fine gone later; do
        printf '%s\n' 'From: shop@example.com' "To: $to@example.net" 'Subject: test' '' 'Hello' |
            chroot "$root" /usr/sbin/sendmail -i -f shop@example.com "$to@example.net" || exit
    done 2>>"$work/postfix.log"
    for _ in $(seq 30); do
        grep -q 'status=expired' "$root/var/log/mail.log" && break
        sleep 1
    done
    sleep 2
    python3 -c 'import urllib.request; print(urllib.request.urlopen("http://127.0.0.1:9154/metrics").read().decode())' |
        grep '^postfix_' >"$work/metrics"
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
    prometheus-postfix-exporter=0.3.0-4+b3 \
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
maximal_queue_lifetime = 0
bounce_queue_lifetime = 0
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
postlog unix-dgram n - n - 1 postlogd
CONF
chown -R 101:101 "$root/var/lib/postfix" "$root"/var/spool/postfix/*
chown 0:0 "$root/var/spool/postfix/pid"; chgrp 102 "$root"/var/spool/postfix/{public,maildrop}
chmod 700 "$root/var/spool/postfix/private"; chmod 710 "$root/var/spool/postfix/public"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that refuses one recipient, defers another and takes all other mail."""
import socketserver

REPLIES = {"<gone@": "550 5.1.1 No such user here", "<later@": "450 4.2.1 Try again later"}


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
sed -nE 's/.*: (to=<[^>]*@example.net>),.* (status=[a-z]+) .*/\1 \2/p; s/.*(from=<[^>]*>, status=expired).*/\1/p' "$log"
grep -E '^postfix_(smtp_(status|deferred|delivery_delay_seconds_count)|unsupported)' "$work/metrics"
for status in sent bounced deferred; do
    grep -q "@example.net>, .*status=$status " "$log" ||
        end 4 "nothing measured: no message is $status; $(tail -n 1 "$work/postfix.log")"
done
grep -q 'status=expired' "$log" || end 4 "nothing measured: no message has expired"
grep -q '^postfix_smtp_delivery_delay_seconds_count' "$work/metrics" ||
    end 4 "nothing measured: the exporter did not read the log; $(tail -n 1 "$work/exporter.log")"

if grep -Eq 'sent|bounced|expired' "$work/metrics"; then
    end 1 "CHANGED: there is a metric for sent, bounced or expired mail"
fi
if grep -q '^postfix_smtp_status_deferred 1$' "$work/metrics" &&
    grep -q '^postfix_smtp_deferred_messages_total 0$' "$work/metrics" &&
    grep -q '^postfix_unsupported_log_entries_total{service="qmgr"} 1$' "$work/metrics"; then
    end 0 "as stated: deferred mail is counted, and sent, bounced and expired mail is not told apart"
fi
end 1 "CHANGED: the counters of deferred mail, or of lines not understood, stand at other numbers"

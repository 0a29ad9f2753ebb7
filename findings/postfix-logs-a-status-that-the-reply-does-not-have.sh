#!/usr/bin/env bash
# Version: Postfix 3.7.11-0+deb12u1 (Debian 12), as the sending server.
# Behaviour: the server greets with "554 5.7.1 ...". The log has dsn=4.7.1 beside that reply, and
#   at the end of five days the bounce has "Action: failed" with "Status: 4.7.1". 4.7.1 was not
#   said by anybody. The log's line of the end ("status=expired") has neither reply nor recipient.
# Guessed: where the reply has a status, dsn= and Status are that; a final bounce has 5.x.x.
# Hurts: who reads the status takes a final refusal for greylisting or a passing limit, and
#   a list manager that keeps addresses with 4.x.x never acts. Read the reply, not the status.
# Source: observed; smtp_proto.c (smtp_helo) sets the first digit to 4 before it goes on to the next
#   server. postconf(5) tells of that (smtp_skip_5xx_greeting), not of the status.
# Seen on 29 November 2026 (maximal_queue_lifetime = 0 in the place of 5d):
#   a@greeting.example dsn=4.7.1, status=deferred (host 127.0.0.2[127.0.0.2] refused to talk to me:
#     554 5.7.1 Your address is on our blocklist)
#   from=<shop@example.com>, status=expired, returned to sender
#   Final-Recipient: rfc822; a@greeting.example
#   Action: failed
#   Status: 4.7.1
#   Diagnostic-Code: smtp; 554 5.7.1 Your address is on our blocklist
#   (the same reply at RCPT, for comparison:)
#   b@rcpt.example dsn=5.7.1, status=bounced (host 127.0.0.3[127.0.0.3] said: 554 5.7.1 ...)
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" "$work/bounce" >"$work/server.log" 2>&1 &
    chroot "$root" /usr/lib/postfix/sbin/master -d >"$work/postfix.log" 2>&1 &
    sleep 3
    for to in a@greeting.example b@rcpt.example; do
        printf '%s\n' 'From: shop@example.com' "To: $to" 'Subject: test' '' 'Hello' |
            chroot "$root" /usr/sbin/sendmail -i -f shop@example.com "$to"
    done >>"$work/postfix.log" 2>&1
    for _ in $(seq 30); do [ "$(grep -c '^Status' "$work/bounce" 2>/dev/null)" = 2 ] && break; sleep 1; done
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
relayhost = [127.0.0.4]
transport_maps = inline:{ greeting.example=smtp:[127.0.0.2], rcpt.example=smtp:[127.0.0.3] }
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
"""Three SMTP servers: one refuses with its greeting, one at RCPT, one keeps the bounces."""
import socketserver
import sys
import threading

REFUSAL = "554 5.7.1 Your address is on our blocklist"


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        address = self.request.getsockname()[0]
        if address == "127.0.0.2":
            print("(greeting) =>", REFUSAL, flush=True)
            self.say(REFUSAL)
            return
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "RCPT" and address == "127.0.0.3":
                print(line, "=>", REFUSAL, flush=True)
                self.say(REFUSAL)
            elif verb == "DATA":
                self.say("354 Go ahead")
                message = b"".join(iter(self.rfile.readline, b".\r\n"))
                with open(sys.argv[1], "ab") as file:
                    file.write(message)
                self.say("250 2.0.0 Ok")
            else:
                self.say("250 Ok")
            if verb == "QUIT":
                return


for last in "234":
    server = socketserver.ThreadingTCPServer(("127.0.0." + last, 25), Session)
    threading.Thread(target=server.serve_forever).start()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
cat "$work/server.log"
[ -s "$work/bounce" ] || end 4 "nothing measured: no bounce came; $(tail -n 1 "$work/postfix.log")"
grep -E 'to=<[ab]@|status=expired' "$root/var/log/mail.log" |
    sed 's/.* \(to=<[^>]*>\),.* dsn=/\1 dsn=/; s/.* from=/from=/' | tee "$work/lines"
tr -d '\r' <"$work/bounce" | grep -E '^(Final-Recipient|Action|Status|Diagnostic-Code):' | tee "$work/reports"
[ "$(grep -c '^Status' "$work/reports")" = 2 ] || end 4 "nothing measured: not two bounces"

reply='554 5.7.1 Your address is on our blocklist'
first=$(grep -A 3 'a@greeting.example' "$work/reports")
if grep -q "^to=<a@greeting.example> dsn=4.7.1, status=deferred .*refused to talk to me: $reply" "$work/lines" &&
    grep -qx 'from=<shop@example.com>, status=expired, returned to sender' "$work/lines" &&
    grep -q "^to=<b@rcpt.example> dsn=5.7.1, status=bounced .*said: $reply" "$work/lines" &&
    grep -q '^Action: failed' <<<"$first" && grep -q '^Status: 4.7.1' <<<"$first" &&
    grep -q "^Diagnostic-Code: smtp; $reply" <<<"$first"; then
    end 0 "as stated: the reply says 5.7.1, the log and the bounce say 4.7.1"
fi
end 1 "CHANGED: the status is that of the reply, or the bounce is another"

#!/usr/bin/env bash
# Version: OpenSMTPD 6.8.0p2-4+b4 (Debian 12), as the sending server.
# Behaviour: the server refuses the connection with its greeting (554, and why). The log line of
#   the message, and the queue's listing, have "Network error on destination MXs", to the letter
#   what they have if no server listens there; and TempFail, though the server said 554. The
#   words are in a line of the session, which names neither message nor recipient.
# Guessed: the line of the message has the server's words, or says that the server refused.
# Hurts: who looks for the message finds a network error and looks at filters and routes, where
#   the server has named the cause (here: a blocklist). Look for "mta error reason=" some
#   seconds before, by the server's address: the session id of the message's line is all zeros.
# Source: observed; mta.c knows of a connection only that no route is left. Issues 446 and 483 of
#   OpenSMTPD/OpenSMTPD are about the words being lost; the session's line has them since.
# Seen on 29 November 2026:
#   mta error reason=BANNER rejected: 554 5.7.1 Your address is on our blocklist
#   mta error reason=IO Error: Connection refused
#   to=<a@refuses.example> relay="127.0.0.2" result="TempFail" stat="Network error on destination MXs"
#   to=<b@away.example> relay="127.0.0.3" result="TempFail" stat="Network error on destination MXs"
#   queue: a@refuses.example Network error on destination MXs
#   queue: b@away.example Network error on destination MXs
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    sleep 1
    chroot "$root" /usr/sbin/smtpd -d >"$work/smtpd.log" 2>&1 &
    sleep 2
    for to in a@refuses.example b@away.example; do
        printf '%s\n' 'From: shop@example.com' "To: $to" 'Subject: test' '' 'Hello' |
            chroot "$root" /usr/sbin/sendmail -i -f shop@example.com "$to"
    done >>"$work/smtpd.log" 2>&1
    for _ in $(seq 60); do [ "$(grep -c 'result=' "$work/smtpd.log")" -ge 2 ] && break; sleep 1; done
    chroot "$root" /usr/sbin/smtpctl show queue >"$work/queue" 2>>"$work/smtpd.log"
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/pam.d var/spool/smtpd/offline var/spool/smtpd/purge \
    var/spool/smtpd/queue var/spool/smtpd/corrupt var/spool/smtpd/incoming var/spool/smtpd/temporary \
    var/lib/opensmtpd/empty run var/run var/mail &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    opensmtpd=6.8.0p2-4+b4 libc6 libssl3 libdb5.3 zlib1g libevent-2.1-7 libcrypt1 libpam0g libaudit1 \
    libcap-ng0 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'nobody:x:65534:65534::/:/usr/sbin/nologin' \
    'opensmtpd:x:101:101::/var/lib/opensmtpd/empty:/usr/sbin/nologin' \
    'opensmtpq:x:102:102::/var/lib/opensmtpd/empty:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' 'opensmtpd:x:101:' 'opensmtpq:x:102:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
echo 'mail.example.com' >"$root/etc/mailname"
cat >"$root/etc/smtpd.conf" <<'CONF'
listen on lo port 2525
action "refuses" relay host smtp://127.0.0.2
action "away" relay host smtp://127.0.0.3
match from local for domain "refuses.example" action "refuses"
match from local for domain "away.example" action "away"
CONF
chmod 755 "$root"; chmod 711 "$root/var/spool/smtpd"; chmod 1777 "$root/tmp"
chown 0:102 "$root/var/spool/smtpd/offline"; chmod 770 "$root/var/spool/smtpd/offline"
for name in purge queue corrupt incoming temporary; do
    chown 102:0 "$root/var/spool/smtpd/$name"; chmod 700 "$root/var/spool/smtpd/$name"
done
chown 0:102 "$root/usr/sbin/smtpctl"; chmod 2755 "$root/usr/sbin/smtpctl"
ln -sf smtpctl "$root/usr/sbin/sendmail"

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that refuses the connection with its greeting."""
import socketserver

GREETING = "554 5.7.1 Your address is on our blocklist"


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        print("(greeting) =>", GREETING, flush=True)
        self.say(GREETING)
        for line in self.rfile:
            if line[:4].upper() == b"QUIT":
                self.say("221 2.0.0 Bye")
                return
            self.say("503 5.5.1 No")


socketserver.ThreadingTCPServer(("127.0.0.2", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
grep 'mta error' "$work/smtpd.log" | cut -d ' ' -f 2-
grep 'result=' "$work/smtpd.log" | tee "$work/results" |
    sed 's/.* \(to=<[^>]*>\).* \(relay="[^"]*"\).* \(result=.*\)/\1 \2 \3/'
awk -F'|' '{ print "queue: " $6 " " $NF }' "$work/queue" | sort | tee "$work/queue.short"
[ "$(wc -l <"$work/results")" = 2 ] && grep -q 'connected$' "$work/smtpd.log" ||
    end 4 "nothing measured: not two attempts; $(tail -n 1 "$work/smtpd.log")"

text='Network error on destination MXs'
if [ "$(grep -c "^0000000000000000 mta delivery .*result=\"TempFail\" stat=\"$text\"\$" "$work/results")" = 2 ] &&
    ! grep -q 'blocklist' "$work/results" && grep -q '^(greeting) => 554 5.7.1' "$work/server.log" &&
    grep -q 'mta error reason=BANNER rejected: 554 5.7.1 Your address is on our blocklist' "$work/smtpd.log" &&
    [ "$(grep -cE "^queue: (a@refuses|b@away).example $text\$" "$work/queue.short")" = 2 ]; then
    end 0 "as stated: a refusal in the greeting is logged for the message as a network error"
fi
end 1 "CHANGED: a refusal in the greeting is no longer logged as a network error"

#!/usr/bin/env bash
# Version: OpenSMTPD 6.8.0p2-4+b4 (Debian 12), as the receiving and relaying server.
# Behaviour: NOTIFY is a parameter of each RCPT (RFC 3461 section 4.1). OpenSMTPD keeps it for the recipients behind in the same
#   message, and adds to it. After one with NOTIFY=NEVER, no other recipient of that message has a bounce; after one with
#   SUCCESS, all have a receipt. Where one has NEVER and one FAILURE, the second is refused for good: 553 "NOTIFY
#   option NEVER cannot be combined with other options".
# Guessed: each recipient has what stands in its own RCPT, and one without NOTIFY has the usual bounce.
# Hurts: a program asks for no notice of some recipients (NEVER). The address behind them that does not exist gets no mail, and
#   nobody is told. Or Postfix, which hands NOTIFY on as it got it, returns a message to a good address with "cannot be
#   combined", though it combined nothing. One recipient in each message (Postfix: smtp_destination_recipient_limit = 1)
#   keeps them apart.
# Source: observed; no report of it was found.
# Seen on 30 November 2026 (the recipients as handed in; the reply; the next server hears; bounces to the sender):
#   gone: all taken; passed on: <gone>; bounces: 1
#   anna NEVER, gone: all taken; passed on: <anna> NOTIFY=NEVER, <gone> NOTIFY=NEVER; bounces: 0
#   anna SUCCESS, bob: all taken; passed on: <anna> NOTIFY=SUCCESS, <bob> NOTIFY=SUCCESS; bounces: 0
#   anna NEVER, bob FAILURE: 553 NOTIFY option NEVER cannot be combined with other options; passed on: <anna> NOTIFY=NEVER; bounces: 0
#   bob FAILURE, anna NEVER: 553 NOTIFY option NEVER cannot be combined with other options; passed on: <bob> NOTIFY=FAILURE; bounces: 0
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" "$work/heard" >>"$work/server.log" 2>&1 &
    sleep 1
    chroot "$root" /usr/sbin/smtpd -d >"$work/smtpd.log" 2>&1 &
    sleep 2
    timeout 100 python3 "$work/client.py" "$work/heard" >"$work/lines" 2>"$work/client.log"
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
action "out" relay host 127.0.0.2
match from local for any action "out"
CONF
chmod 755 "$root"; chmod 711 "$root/var/spool/smtpd"; chmod 1777 "$root/tmp"
chown 0:102 "$root/var/spool/smtpd/offline"; chmod 770 "$root/var/spool/smtpd/offline"
for name in purge queue corrupt incoming temporary; do
    chown 102:0 "$root/var/spool/smtpd/$name"; chmod 700 "$root/var/spool/smtpd/$name"
done
chown 0:102 "$root/usr/sbin/smtpctl"; chmod 2755 "$root/usr/sbin/smtpctl"
ln -sf smtpctl "$root/usr/sbin/sendmail"

cat >"$work/server.py" <<'PYTHON'
"""The next server, with DSN: it writes down the recipients as they are named to it, and who gets a bounce."""
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "EHLO":
                self.say("250-mx.example.net\r\n250-ENHANCEDSTATUSCODES\r\n250 DSN")
            elif verb == "RCPT":
                with open(sys.argv[1], "a") as file:
                    print("bounce" if "shop@" in line else line[8:], file=file)
                self.say("550 5.1.1 No such user here" if "<gone" in line else "250 2.1.5 Ok")
            elif verb == "DATA":
                self.say("354 Go ahead")
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
                self.say("250 2.0.0 Ok")
            else:
                self.say("250 2.0.0 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.2", 25), Session).serve_forever()
PYTHON
cat >"$work/client.py" <<'PYTHON'
"""Hand in messages with NOTIFY for some recipients, and show what the next server hears of it."""
import pathlib
import smtplib
import sys
import time

heard = pathlib.Path(sys.argv[1])
CASES = [
    [("gone", "")],
    [("anna", "NEVER"), ("gone", "")],
    [("anna", "SUCCESS"), ("bob", "")],
    [("anna", "NEVER"), ("bob", "FAILURE")],
    [("bob", "FAILURE"), ("anna", "NEVER")],
]
for case in CASES:
    heard.write_text("")
    replies = []
    with smtplib.SMTP("127.0.0.1", 2525, "client.example.com", timeout=20) as client:
        client.ehlo()
        client.mail("shop@example.com")
        for name, notify in case:
            code, text = client.rcpt(f"{name}@example.net", [f"NOTIFY={notify}"] if notify else [])
            replies += [f"{code} {text.decode()}"] if code >= 400 else []
        client.data("From: shop@example.com\r\nSubject: test\r\n\r\nHello\r\n")
    time.sleep(5)  # for the bounce
    said = ", ".join(f"{name} {notify}".strip() for name, notify in case)
    lines = heard.read_text().split("\n")[:-1]
    named = ", ".join(sorted(line.replace("@example.net", "") for line in lines if line != "bounce"))
    bounces = lines.count("bounce")
    print(f"{said}: {'; '.join(replies) or 'all taken'}; passed on: {named}; bounces: {bounces}", flush=True)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
[ -s "$work/lines" ] || end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/client.log")"
cat "$work/lines"
grep -qx 'gone: all taken; passed on: <gone>; bounces: 1' "$work/lines" ||
    end 4 "nothing measured: no bounce comes; $(tail -n 1 "$work/smtpd.log")"

if grep -qx 'anna NEVER, gone: all taken; passed on: <anna> NOTIFY=NEVER, <gone> NOTIFY=NEVER; bounces: 0' "$work/lines" &&
    [ "$(grep -c ': 553 .*NEVER cannot be combined' "$work/lines")" = 2 ]; then
    end 0 "as stated: NOTIFY of one recipient holds for those behind it"
fi
end 1 "CHANGED: NOTIFY is taken for its own recipient"

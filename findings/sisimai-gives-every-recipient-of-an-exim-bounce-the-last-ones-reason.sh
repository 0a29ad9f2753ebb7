#!/usr/bin/env bash
# Version: libsisimai-perl 4.25.15-1 (Debian 12), reading a bounce that Exim 4.96-15+deb12u11 (Debian 12) made.
# Behaviour: one message to three: one mailbox is full (552 5.2.2), one is unknown (550 5.1.1), one domain is
#   nowhere ("Unrouteable address"). Exim's bounce has one block of fields for each, with its own
#   Diagnostic-Code. Sisimai gives all three the reply and the reason of the recipient whose block is the last:
#   userunknown, 550, 5.1.1.
# Guessed: each recipient with its own reason: mailboxfull, userunknown, hostunknown.
# Hurts: who suppresses addresses by Sisimai's reason removes a customer whose mailbox was only full; and with the
#   blocks in another order a dead address counts as a full mailbox. Mail to one recipient is read right.
# Source: observed; Sisimai::Lhost::Exim matches the blocks of message/delivery-status.
# Seen on 29 November 2026:
#   Exim:    full@example.net      Diagnostic-Code: smtp; 552 5.2.2 Mailbox is full
#   Exim:    unknown@example.org   Diagnostic-Code: smtp; 550 5.1.1 No such user here
#   Sisimai: unknown@example.org userunknown 550 5.1.1
#   Sisimai: full@example.net userunknown 550 5.1.1
#   Sisimai: alice@no-such-place.example userunknown 550 5.1.1
# Needs Debian 12 (amd64), root, perl, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" "$work/bounce.eml" >"$work/server.log" 2>&1 &
    sleep 1
    printf '%s\n' 'From: shop@example.com' 'To: three@example.net' 'Subject: test' '' 'Hello' |
        chroot "$root" /usr/sbin/exim4 -odi -i -f shop@example.com full@example.net unknown@example.org \
            alice@no-such-place.example >>"$work/exim.log" 2>&1
    for _ in $(seq 20); do [ -s "$work/bounce.eml" ] && break; sleep 0.5; done
    perl -I "$root/usr/share/perl5" "$work/read.pl" "$work/bounce.eml" >"$work/lines" 2>"$work/perl.log"
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/exim4 var/spool/exim4 var/log/exim4 var/mail run/exim4 \
    run &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    exim4-daemon-light=4.96-15+deb12u11 exim4-base=4.96-15+deb12u11 libc6 libcrypt1 libnsl2 libtirpc3 \
    libdb5.3 libgnutls30 libgnutls-dane0 libunbound8 libevent-2.1-7 libssl3 libnghttp2-14 libhiredis0.14 \
    libpcre2-8-0 libidn12 libidn2-0 libp11-kit0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 \
    libsisimai-perl=4.25.15-1 libclass-accessor-lite-perl libjson-perl \
    libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libffi8 libgcc-s1 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' \
    'Debian-exim:x:101:101::/var/spool/exim4:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' 'Debian-exim:x:101:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
echo 'smtp 25/tcp' >"$root/etc/services"
cat >"$root/etc/exim4/exim4.conf" <<'CONF'
primary_hostname = mail.example.com
trusted_users = root
keep_environment =
begin routers
nowhere:
  driver = redirect
  domains = no-such-place.example
  allow_fail
  data = :fail: Unrouteable address
elsewhere:
  driver = manualroute
  route_list = * 127.0.0.2
  self = send
  transport = out
begin transports
out:
  driver = smtp
  hosts_try_fastopen =
begin retry
* * F,2h,15m
CONF
chown root:root "$root/etc/exim4/exim4.conf"
chown 101:101 "$root/var/spool/exim4" "$root/var/log/exim4" "$root/run/exim4"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that refuses two recipients, and writes the message that it takes to a file."""
import socketserver
import sys

REPLIES = {"<full@": "552 5.2.2 Mailbox is full", "<unknown@": "550 5.1.1 No such user here"}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "RCPT":
                self.say(next((r for a, r in REPLIES.items() if a in line), "250 2.1.5 Ok"))
            elif verb == "DATA":
                self.say("354 Go ahead")
                message = b"".join(iter(self.rfile.readline, b".\r\n"))
                with open(sys.argv[1], "wb") as file:
                    file.write(message.replace(b"\r\n", b"\n"))
                self.say("250 2.0.0 Ok")
            else:
                self.say("250 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.2", 25), Session).serve_forever()
PYTHON
cat >"$work/read.pl" <<'PERL'
use strict;
use warnings;
use Sisimai;
foreach my $bounce (@{Sisimai->make($ARGV[0]) || []}) {
    print join(" ", $bounce->recipient->address, $bounce->reason, $bounce->replycode || "-",
        $bounce->deliverystatus), "\n";
}
PERL

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
grep -qs '^Diagnostic-Code: smtp; 552 5.2.2 Mailbox is full' "$work/bounce.eml" ||
    end 4 "nothing measured: no bounce with the reply of the full mailbox; $(tail -n 1 "$work/exim.log")"
grep -E '^(Final-Recipient|Diagnostic-Code):' "$work/bounce.eml" | sed 's/^/Exim:    /'
sed 's/^/Sisimai: /' "$work/lines"
[ "$(wc -l <"$work/lines")" = 3 ] || end 4 "nothing measured: not three recipients; $(tail -n 1 "$work/perl.log")"

if grep -q '^full@example.net userunknown 550 5.1.1$' "$work/lines" &&
    grep -q '^alice@no-such-place.example userunknown 550 5.1.1$' "$work/lines"; then
    end 0 "as stated: the full mailbox and the domain that is nowhere have the reason of the unknown user"
fi
end 1 "CHANGED: the recipients no longer all have the reason of the last one"

#!/usr/bin/env bash
# Version: flufl.bounce 6.0.0 (PyPI; Mailman 3 reads bounces with it), libmail-deliverystatus-bounceparser-perl
#   1.543+repacked-1 and libsisimai-perl 4.25.15-1 (Debian 12), on bounces that Postfix 3.7.11-0+deb12u1 made.
# Behaviour: one unknown recipient, refused with 550 5.1.1, and two messages to it. With an encoded Subject
#   (=?utf-8?...) all three find the address. With the same Subject as plain UTF-8, as PHP's mail() or a
#   shell script hands it to the sendmail command, only Sisimai does, though the address is ASCII: Postfix
#   marks such a message SMTPUTF8, and its report is then message/global-delivery-status (RFC 6533) with
#   "Final-Recipient: rfc822; gone@example.net" in it as ever.
# Guessed: all read a report that says the same in the same fields, or the text above it, as Sisimai does.
# Hurts: the dead address is never counted, and the list mails it for ever. Nothing in the address tells of it;
#   the Subject does, and the next message with another Subject is counted. Look for bounces that are in the
#   mailbox and not in the statistics; encode the Subject (RFC 2047), or let the list manager do it.
# Source: observed; RFC 6533; smtputf8_autodetect_classes in postconf(5); Sisimai's later releases know the type
#   itself (p5-sisimai issue 602, 2025).
# Seen on 29 November 2026:
#   encoded: Content-Type: message/delivery-status
#   encoded: flufl.bounce gone@example.net
#   encoded: BounceParser gone@example.net user_unknown
#   encoded: Sisimai gone@example.net userunknown
#   plain: Content-Type: message/global-delivery-status
#   plain: flufl.bounce nothing
#   plain: BounceParser nothing
#   plain: Sisimai gone@example.net userunknown
# Needs Debian 12 (amd64), root, perl, python3 with venv, unshare, ip. Exit codes: README.md beside this file.
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
    for subject in '=?utf-8?Q?Gr=C3=BC=C3=9Fe?=' 'Grüße'; do
        printf '%s\n' 'From: shop@example.com' 'To: gone@example.net' "Subject: $subject" '' 'Hello' |
            chroot "$root" /usr/sbin/sendmail -i -f shop@example.com gone@example.net
        sleep 2
    done >>"$work/postfix.log" 2>&1
    for _ in $(seq 30); do [ -s "$work/plain.eml" ] && [ -s "$work/encoded.eml" ] && break; sleep 1; done
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
    libmail-deliverystatus-bounceparser-perl=1.543+repacked-1 libmailtools-perl libmime-tools-perl \
    libtimedate-perl libsisimai-perl=4.25.15-1 libclass-accessor-lite-perl libjson-perl \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q flufl.bounce==6.0.0 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"

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
"""An SMTP server that does not know gone@example.net, and writes the bounces that it takes to two files."""
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
                self.say("250-mx.example.net\r\n250-8BITMIME\r\n250 SMTPUTF8")
            elif verb == "RCPT" and "<gone@" in line:
                self.say("550 5.1.1 No such user here")
            elif verb == "DATA":
                self.say("354 Go ahead")
                message = b"".join(iter(self.rfile.readline, b".\r\n")).replace(b"\r\n", b"\n")
                name = "plain" if "Grüße".encode() in message else "encoded"
                with open(f"{sys.argv[1]}/{name}.eml", "wb") as file:
                    file.write(message)
                self.say("250 2.0.0 Ok")
            else:
                self.say("250 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.2", 25), Session).serve_forever()
PYTHON
cat >"$work/mailman.py" <<'PYTHON'
import email
import sys

from flufl.bounce import all_failures

with open(sys.argv[1], "rb") as file:
    temporary, permanent = all_failures(email.message_from_binary_file(file))
print(*sorted(address.decode() for address in temporary | permanent) or ["nothing"])
PYTHON
cat >"$work/bounceparser.pl" <<'PERL'
use strict;
use warnings;
use Mail::DeliveryStatus::BounceParser;
open(my $file, '<', $ARGV[0]) or die;
my @reports = Mail::DeliveryStatus::BounceParser->new(join('', <$file>))->reports;
print(join("; ", map { $_->get('email') . ' ' . $_->get('std_reason') } @reports) || 'nothing', "\n");
PERL
cat >"$work/sisimai.pl" <<'PERL'
use strict;
use warnings;
use Sisimai;
my @bounces = @{Sisimai->make($ARGV[0]) || []};
print(join("; ", map { $_->recipient->address . ' ' . $_->reason } @bounces) || 'nothing', "\n");
PERL

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
read_with() { # in a network without anything
    unshare --net "$@" 2>>"$work/read.log" || echo failed
}
for name in encoded plain; do
    bounce=$work/$name.eml
    grep -qs '^Final-Recipient: rfc822; gone@example.net$' "$bounce" ||
        end 4 "nothing measured: no bounce for the $name Subject; $(tail -n 1 "$work/postfix.log")"
    echo "$name: $(grep -m 1 -iE '^Content-Type: message/.*delivery-status' "$bounce")"
    echo "$name: flufl.bounce $(read_with "$work/venv/bin/python" "$work/mailman.py" "$bounce")"
    echo "$name: BounceParser $(read_with perl -I "$root/usr/share/perl5" "$work/bounceparser.pl" "$bounce")"
    echo "$name: Sisimai $(read_with perl -I "$root/usr/share/perl5" "$work/sisimai.pl" "$bounce")"
done | tee "$work/lines"
[ "$(grep -cE '^encoded: [A-Za-z.]+ gone@example.net' "$work/lines")" = 3 ] ||
    end 4 "nothing measured: a reader failed on the ordinary bounce; $(tail -n 1 "$work/read.log")"

if grep -q '^plain: Content-Type: message/global-delivery-status' "$work/lines" &&
    grep -q '^plain: flufl.bounce nothing$' "$work/lines" && grep -q '^plain: BounceParser nothing$' "$work/lines" &&
    grep -q '^plain: Sisimai gone@example.net userunknown$' "$work/lines"; then
    end 0 "as stated: with a Subject in plain UTF-8 two of three find no address in the bounce"
fi
end 1 "CHANGED: flufl.bounce or BounceParser finds the address, Sisimai does not, or the report is of another type"

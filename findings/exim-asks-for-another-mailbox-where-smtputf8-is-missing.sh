#!/usr/bin/env bash
# Version: Exim 4.96-15+deb12u11 (Debian 12, exim4-daemon-light), defaults, as the sending server.
# Behaviour: mail to grüße@example.net, where the next host does not offer SMTPUTF8. Exim does not give up: it
#   asks for another mailbox, xn--gre-6ka8l@example.net, the local part turned into punycode as if it were a
#   domain. The host's refusal of that one is in the log and in the bounce as if it were for grüße: the log has
#   "after RCPT TO:<grüße@...>", which Exim never sent, and the bounce has no trace of the other mailbox. That
#   SMTPUTF8 is missing stands in neither.
# Guessed: a bounce at once that says that the host has no SMTPUTF8 (5.6.7), as Postfix makes it.
# Hurts: who reads "User unknown" for an address that exists, and is in use, looks for the fault in the mailbox;
#   the host has never been asked for it. The receiver finds attempts for a mailbox "xn--..." that nobody has.
#   An "xn--" in front of the log line, and nothing else, is the sign: ask whether the host offers SMTPUTF8.
# Source: Exim's specification, "Internationalisation" (utf8_downconvert), tells of the conversion, and not of
#   the log; RFC 6531 3.2 lets a relay refuse or bounce such a message.
# Seen on 29 November 2026:
#   server: RCPT TO:<xn--gre-6ka8l@example.net> 550 5.1.1 User unknown
#   Exim: ** xn--gre-6ka8l@example.net <grüße@example.net> R=elsewhere T=out H=127.0.0.2 [127.0.0.2]:
#     SMTP error from remote mail server after RCPT TO:<gr\303\274\303\237e@example.net>: 550 5.1.1 User unknown
#   bounce: Action: failed
#   bounce: Final-Recipient: rfc822;grüße@example.net
#   bounce: Status: 5.0.0
#   bounce: Diagnostic-Code: smtp; 550 5.1.1 User unknown
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" "$work/bounce.eml" >"$work/server.log" 2>&1 &
    sleep 1
    printf '%s\n' 'From: shop@example.com' 'To: grüße@example.net' 'Subject: test' '' 'Hello' |
        chroot "$root" /usr/sbin/exim4 -odi -i -f shop@example.com grüße@example.net >>"$work/exim.log" 2>&1
    for _ in $(seq 20); do [ -s "$work/bounce.eml" ] && break; sleep 0.5; done
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/exim4 var/spool/exim4 var/log/exim4 var/mail run/exim4 \
    run &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    exim4-daemon-light=4.96-15+deb12u11 exim4-base=4.96-15+deb12u11 libc6 libcrypt1 libnsl2 libtirpc3 \
    libdb5.3 libgnutls30 libgnutls-dane0 libunbound8 libevent-2.1-7 libssl3 libnghttp2-14 libhiredis0.14 \
    libpcre2-8-0 libidn12 libidn2-0 libp11-kit0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 \
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
"""An SMTP server without SMTPUTF8 that knows shop@example.com only, and writes what it takes to a file."""
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
                self.say("250-mx.example.net\r\n250 8BITMIME")
            elif verb == "RCPT" and "<shop@" not in line:
                reply = "550 5.1.1 User unknown"
                print(line, reply, flush=True)
                self.say(reply)
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

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
{
    sed 's/^/server: /' "$work/server.log"
    sed -n 's/.* \(\*\* .*\)/Exim: \1/p' "$root/var/log/exim4/mainlog"
    grep -sE '^(Action|Status|Final-Recipient|Diagnostic-Code):' "$work/bounce.eml" | sed 's/^/bounce: /'
} | tee "$work/lines"
grep -q '^bounce: Action: failed' "$work/lines" || end 4 "nothing measured: no bounce; $(tail -n 1 "$work/exim.log")"

reply='550 5.1.1 User unknown'
if grep -q "^server: RCPT TO:<xn--gre-6ka8l@example.net> $reply" "$work/lines" &&
    grep -qF "after RCPT TO:<gr\\303\\274\\303\\237e@example.net>: $reply" "$work/lines" &&
    grep -q "^bounce: Diagnostic-Code: smtp; $reply" "$work/lines" && ! grep -q 'xn--' "$work/bounce.eml" &&
    ! grep -qiE 'smtputf8|internationali' "$work/bounce.eml" "$root/var/log/exim4/mainlog"; then
    end 0 "as stated: Exim asks for a mailbox in punycode, and tells of the reply as if it were for the other"
fi
end 1 "CHANGED: Exim asks for another mailbox, or tells of SMTPUTF8"

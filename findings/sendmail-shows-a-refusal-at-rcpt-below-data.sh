#!/usr/bin/env bash
# Version: sendmail 8.17.1.9-2+deb12u2 (Debian 12).
# Behaviour: the same refusal at RCPT stands below ">>> RCPT To:" in the bounce's transcript where
#   the server does not offer PIPELINING, and below ">>> DATA" where it does (most servers do).
#   A following "<<< 503" hints at the real stage; it comes only if no recipient was accepted.
# Guessed: a reply stands below the command that it answers.
# Hurts: a refusal below ">>> DATA" is read as one of the content or of the whole message, and
#   the search begins at spam filters and DKIM instead of the recipient's address.
# Source: observed; with PIPELINING sendmail's usersmtp.c (smtpdata) sends DATA before it reads
#   the replies to RCPT, and the transcript keeps that order.
# Seen on 28 November 2026:
#   (without PIPELINING)
#   >>> RCPT To:<someone@example.net>
#   <<< 550 5.7.1 Your domain has no SPF record
#   (with PIPELINING)
#   >>> DATA
#   <<< 550 5.7.1 Your domain has no SPF record
#   <<< 503 5.5.1 RCPT first
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    chroot "$root" /bin/sh -c 'cd /etc/mail && m4 test.mc >sendmail.cf' 2>"$work/sendmail.log" || return 1
    for extension in SIZE PIPELINING; do
        python3 "$work/server.py" "$work/bounce.$extension" "$extension" >>"$work/server.log" 2>&1 &
        sleep 1
        printf '%s\n' 'From: shop@example.com' 'To: someone@example.net' 'Subject: test' '' 'Hello' |
            chroot "$root" /usr/libexec/sendmail/sendmail -Am -odi -i -f shop@example.com \
                someone@example.net >>"$work/sendmail.log" 2>&1
        for _ in $(seq 20); do [ -s "$work/bounce.$extension" ] && break; sleep 1; done
        kill $! && wait $! 2>/dev/null
    done
    return 0
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp root etc/mail var/spool/mqueue var/lib/sendmail \
    var/run/sendmail run var/mail &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    sendmail-bin=8.17.1.9-2+deb12u2 sendmail-base=8.17.1.9-2+deb12u2 sendmail-cf=8.17.1.9-2+deb12u2 m4 \
    libsigsegv2 libc6 libdb5.3 libnsl2 libtirpc3 libldap-2.5-0 libwrap0 libsasl2-2 libssl3 \
    libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libgnutls30 \
    libp11-kit0 libidn2-0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 libffi8 libgcc-s1 \
    liblockfile1 dash \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' \
    'smmta:x:101:101::/var/lib/sendmail:/usr/sbin/nologin' \
    'smmsp:x:102:102::/var/lib/sendmail:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' 'smmta:x:101:' 'smmsp:x:102:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com mx.example.net' >"$root/etc/hosts"
cat >"$root/etc/mail/test.mc" <<'M4'
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `mail.example.com')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confSERVICE_SWITCH_FILE', `/etc/mail/switch')dnl
define(`SMART_HOST', `esmtp:[mx.example.net]')dnl
FEATURE(`nouucp', `reject')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
M4
echo 'hosts files' >"$root/etc/mail/switch"
: >"$root/etc/mail/local-host-names"
chmod 755 "$root" "$root/etc/mail"; chmod 700 "$root/var/spool/mqueue"; chmod 1777 "$root/tmp"

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that refuses one recipient and keeps the bounce."""
import socketserver
import sys

REFUSAL = "550 5.7.1 Your domain has no SPF record"


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        print("new session", flush=True)
        self.say("220 mx.example.net ESMTP")
        taken = False
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "EHLO":
                self.say("250-mx.example.net\r\n250-ENHANCEDSTATUSCODES\r\n250 " + EXTENSION)
            elif verb == "RCPT" and "<someone@" in line:
                print(line, "=>", REFUSAL, flush=True)
                self.say(REFUSAL)
            elif verb == "RCPT":
                taken = True
                self.say("250 2.1.5 Ok")
            elif verb == "DATA" and not taken:
                self.say("503 5.5.1 RCPT first")
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


EXTENSION = sys.argv[2]
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
for extension in SIZE PIPELINING; do
    [ -s "$work/bounce.$extension" ] || end 4 "nothing measured: no bounce came; $(tail -n 1 "$work/sendmail.log")"
    tr -d '\r' <"$work/bounce.$extension" | grep -E '^(>>>|<<<)' >"$work/transcript.$extension"
    echo "$extension offered:"
    cat "$work/transcript.$extension"
done

reply='<<< 550 5.7.1 Your domain has no SPF record'
if grep -q -B 1 -x "$reply" "$work/transcript.SIZE" &&
    [ "$(grep -B 1 -x "$reply" "$work/transcript.SIZE" | head -n 1)" = '>>> RCPT To:<someone@example.net>' ] &&
    [ "$(grep -B 1 -x "$reply" "$work/transcript.PIPELINING" | head -n 1)" = '>>> DATA' ]; then
    end 0 "as stated: with PIPELINING the refusal at RCPT stands below DATA"
fi
end 1 "CHANGED: the refusal no longer stands below DATA (PIPELINING) and RCPT (without)"

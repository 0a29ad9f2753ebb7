#!/usr/bin/env bash
# Version: Exim 4.96-15+deb12u11 (exim4-daemon-light, Debian 12) with dsn_advertise_hosts = *.
# Behaviour: the sender asks for a receipt (NOTIFY=SUCCESS), and the next server does not offer DSN. Exim hands the message on
#   and sends the receipt itself: "relayed to non-DSN-aware mailer" in its text, but "Action: delivered" in the part for programs,
#   and "successful delivery" above. The message may still be in the queue of the next server, or bounce there.
# Guessed: Action: relayed, as from Postfix, sendmail and OpenSMTPD; RFC 3461 section 5.2.2 has it so, and RFC 3464 section
#   2.3.3 keeps "delivered" for a message that is in the mailbox.
# Hurts: mail clients and ticket systems show "delivered" by that field, for letters whose arrival matters. When the next server
#   bounces the message the sender has both, a receipt and a failure, for the same recipient. Between a company's Exim and
#   a filter or a provider without DSN that is each receipt.
# Source: observed; no report of it was found.
# Seen on 30 November 2026 (what the next server hears; the receipt that Exim makes, where it does not offer DSN):
#   without DSN: RCPT TO:<good@example.net>
#   with DSN: RCPT TO:<good@example.net> NOTIFY=SUCCESS
#    ----- The following addresses had successful delivery notifications -----
#   <good@example.net> (relayed to non-DSN-aware mailer)
#   Action: delivered
#   Status: 2.0.0
#   Diagnostic-Code: smtp; 250 Ok
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    chroot "$root" /usr/sbin/exim4 -bdf >>"$work/exim.log" 2>&1 &
    for offer in SIZE DSN; do
        python3 "$work/server.py" "$work/receipt.$offer" "$work/heard.$offer" "$offer" >>"$work/server.log" 2>&1 &
        server=$!
        sleep 2
        timeout 20 python3 "$work/client.py" >>"$work/client.log" 2>&1
        sleep 3
        kill "$server"
        wait "$server"
    done 2>>"$work/exim.log"
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
keep_environment =
daemon_smtp_ports = 2525
local_interfaces = 127.0.0.1
dsn_advertise_hosts = *
acl_smtp_rcpt = accept
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
* * F,1h,10m
CONF
chown -R 101:101 "$root/var/spool/exim4" "$root/var/log/exim4" "$root/run/exim4"
chmod 4755 "$root/usr/sbin/exim4"; chmod 755 "$root"; chmod 1777 "$root/tmp"

cat >"$work/server.py" <<'PYTHON'
"""The next server, which takes everything, with the given extension; it keeps what comes for the sender."""
import socketserver
import sys

receipt, heard, offer = sys.argv[1:]


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        is_receipt = False
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "EHLO":
                self.say(f"250-mx.example.net\r\n250 {offer}")
                continue
            if verb == "RCPT":
                is_receipt = "shop@" in line
                if not is_receipt:
                    with open(heard, "a") as file:
                        print(line, file=file)
            if verb == "DATA":
                self.say("354 Go ahead")
                message = b"".join(iter(self.rfile.readline, b".\r\n"))
                if is_receipt:
                    with open(receipt, "ab") as file:
                        file.write(message.replace(b"\r", b""))
            self.say("250 2.0.0 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.2", 25), Session).serve_forever()
PYTHON
cat >"$work/client.py" <<'PYTHON'
import smtplib

with smtplib.SMTP("127.0.0.1", 2525, "client.example.com", timeout=20) as client:
    client.sendmail("shop@example.com", "good@example.net", "From: shop@example.com\r\nSubject: test\r\n\r\nHello\r\n",
                    rcpt_options=["NOTIFY=SUCCESS"])
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
[ -s "$work/heard.SIZE" ] || end 4 "nothing measured: no namespaces here, or Exim did not start; $(tail -n 1 "$work/client.log")"
echo "without DSN: $(cat "$work/heard.SIZE")"
echo "with DSN: $(cat "$work/heard.DSN")"
grep -E '^<good|^Action|^Status|^Diagnostic|address.*success' "$work/receipt.SIZE"
grep -q '^RCPT TO:<good@example.net> .*NOTIFY=SUCCESS' "$work/heard.DSN" && [ ! -e "$work/receipt.DSN" ] ||
    end 4 "nothing measured: the receipt was not asked for as meant"

if grep -qi 'relayed to non-DSN-aware mailer' "$work/receipt.SIZE" && grep -qix 'Action: delivered' "$work/receipt.SIZE"; then
    end 0 "as stated: handed on is reported as delivered"
fi
end 1 "CHANGED: the receipt says relayed, or there is none"

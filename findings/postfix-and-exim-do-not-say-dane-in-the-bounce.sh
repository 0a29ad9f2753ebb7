#!/usr/bin/env bash
# Version: Postfix 3.7.11-0+deb12u1 (smtp_tls_security_level = dane) and Exim 4.96-15+deb12u11 (exim4-daemon-light; it
#   tries DANE as it comes), both Debian 12, as the sending server.
# Behaviour: the receiver has a new certificate, and its TLSA record is that of the old one. Neither Postfix nor Exim
#   delivers, for days; then the sender gets a bounce. Postfix's has "Server certificate not verified", and so has the
#   line of the recipient in its log. Exim's has "retry timeout exceeded" and Status: 5.0.0, and no word of
#   TLS or of a certificate. DANE or TLSA stands only in another line of each log, without the recipient.
# Guessed: the bounce names the record that is not met: it is the one thing that has to be mended.
# Hurts: the receiver, to whom the bounce is shown, looks at the certificate in a browser or with openssl: it is new,
#   not expired, for the right name, from a known issuer. Most mail comes in, since most senders do not look at TLSA,
#   and so it is the sender's fault. With Exim's bounce nobody can tell where to look at all. At these words, or at
#   a time-out for one domain whose server answers, ask for the record first: dig _25._tcp.mx.example.net TLSA.
# Source: observed; RFC 7672 section 8 asks the receiver to have a TLSA record for the next certificate before it
#   is used.
# Seen on 30 November 2026:
#   Postfix, log:    server certificate verification failed for mx.example.net[127.0.0.2]:25: num=65:no matching DANE
#                    TLSA records
#   Postfix, log:    to=<anna@example.net>, ... dsn=4.7.5, status=deferred (Server certificate not verified)
#   Postfix, bounce: <anna@example.net>: Server certificate not verified
#   Exim, log:       DANE attempt failed; TLS connection to mx.example.net [127.0.0.2]: (certificate verification
#                    failed): Verification failed. The certificate differs.
#   Exim, log:       == anna@example.net ... TLS session: (certificate verification failed): Verification failed. ...
#   Exim, bounce:    anna@example.net
#                      host mx.example.net [127.0.0.2]
#                      retry timeout exceeded
# Needs Debian 12 (amd64), root, python3 with venv, openssl, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    "$work/venv/bin/python" "$work/names.py" "$work" >"$work/names.log" 2>&1 &
    python3 "$work/server.py" "$work" >"$work/server.log" 2>&1 &
    chroot "$root" /usr/lib/postfix/sbin/master -d >"$work/postfix.log" 2>&1 &
    sleep 3
    for program in sendmail 'exim4 -odi'; do
        for to in fine@example.org anna@example.net; do
            printf '%s\n' 'From: shop@example.com' "To: $to" 'Subject: test' '' 'Hello' |
                # shellcheck disable=SC2086 # the program has an option
                chroot "$root" /usr/sbin/$program -i -f shop@example.com "$to" >>"$work/exim.log" 2>&1
        done
        if [ "$program" != sendmail ]; then sleep 3; chroot "$root" /usr/sbin/exim4 -qff; fi # the end of its days
        for _ in $(seq 30); do grep -qs 'example.net' "$work"/bounce*.eml && break; sleep 0.5; done
        sleep 1
        cat "$work"/bounce*.eml >"$work/${program%% *}.eml" 2>/dev/null
        rm -f "$work"/bounce*.eml
    done
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 openssl unshare ip chroot; do
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
    var/spool/postfix/maildrop etc/exim4 var/spool/exim4 var/log/exim4 run/exim4 &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    postfix=3.7.11-0+deb12u1 libc6 libdb5.3 libnsl2 libtirpc3 libsasl2-2 libssl3 libicu72 libstdc++6 \
    libgcc-s1 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 \
    exim4-daemon-light=4.96-15+deb12u11 exim4-base=4.96-15+deb12u11 libcrypt1 \
    libgnutls30 libgnutls-dane0 libunbound8 libevent-2.1-7 libnghttp2-14 libhiredis0.14 \
    libpcre2-8-0 libidn12 libidn2-0 libp11-kit0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 libffi8 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/exim*.deb "$work"/deb/[!e]*.deb; do # Postfix last: its sendmail command is used
    dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"
done
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q dnspython==2.9.2 >"$work/pip.log" 2>&1 ||
    end 3 "the package cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"
for name in old new; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=mx.example.net \
        -addext subjectAltName=DNS:mx.example.net -keyout "$work/$name.key" -out "$work/$name.pem" \
        2>"$work/openssl.log" ||
        end 4 "nothing measured: openssl makes no certificate; $(tail -n 1 "$work/openssl.log")"
done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'postfix:x:101:101::/var/spool/postfix:/usr/sbin/nologin' \
    'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' 'Debian-exim:x:106:106::/var/spool/exim4:/usr/sbin/nologin' \
    'nobody:x:65534:65534::/:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' 'postfix:x:101:' 'postdrop:x:102:' 'Debian-exim:x:106:' 'nogroup:x:65534:' \
    >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
printf '%s\n' 'nameserver 127.0.0.1' 'options trust-ad' >"$root/etc/resolv.conf"
echo 'smtp 25/tcp' >"$root/etc/services"
cat >"$root/etc/postfix/main.cf" <<'CONF'
compatibility_level = 3.6
myhostname = mail.example.com
inet_protocols = ipv4
inet_interfaces = 127.0.0.1
smtp_dns_support_level = dnssec
smtp_tls_security_level = dane
alias_database =
mydestination =
local_recipient_maps =
alias_maps =
maximal_queue_lifetime = 0
bounce_queue_lifetime = 0
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
tlsmgr  unix       - - n 1000? 1 tlsmgr
scache  unix       - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
CONF
chown -R 101:101 "$root/var/lib/postfix" "$root"/var/spool/postfix/*
chown 0:0 "$root/var/spool/postfix/pid"; chgrp 102 "$root"/var/spool/postfix/{public,maildrop}
chmod 700 "$root/var/spool/postfix/private"; chmod 710 "$root/var/spool/postfix/public"
cat >"$root/etc/exim4/exim4.conf" <<'CONF'
primary_hostname = mail.example.com
trusted_users = root
keep_environment =
dns_dnssec_ok = 1
begin routers
elsewhere:
  driver = dnslookup
  self = send
  transport = out
begin transports
out:
  driver = smtp
  hosts_try_fastopen =
begin retry
* * F,2s,1s
CONF
chown root:root "$root/etc/exim4/exim4.conf"
chown 106:106 "$root/var/spool/exim4" "$root/var/log/exim4" "$root/run/exim4"
chmod 755 "$root"

cat >"$work/names.py" <<'PYTHON'
"""A name server whose answers are marked as validated: two hosts with a TLSA record, and the sender's own."""
import hashlib
import socketserver
import ssl
import sys

import dns.flags
import dns.message
import dns.rrset


def record(name):
    der = ssl.PEM_cert_to_DER_cert(open(f"{sys.argv[1]}/{name}.pem").read())
    return f"3 0 1 {hashlib.sha256(der).hexdigest()}"


RECORDS = {
    ("example.net.", "MX"): "10 mx.example.net.",
    ("mx.example.net.", "A"): "127.0.0.2",
    ("_25._tcp.mx.example.net.", "TLSA"): record("old"),
    ("example.org.", "MX"): "10 mx.example.org.",
    ("mx.example.org.", "A"): "127.0.0.2",
    ("_25._tcp.mx.example.org.", "TLSA"): record("new"),
    ("example.com.", "MX"): "10 mail.example.com.",
    ("mail.example.com.", "A"): "127.0.0.3",
}


class Name(socketserver.DatagramRequestHandler):
    def handle(self):
        question = dns.message.from_wire(self.rfile.read())
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.AD | dns.flags.RA
        asked = question.question[0]
        key = asked.name.to_text().lower(), dns.rdatatype.to_text(asked.rdtype)
        if key in RECORDS:
            answer.answer.append(dns.rrset.from_text(key[0], 60, "IN", key[1], RECORDS[key]))
        else:
            zone = ".".join(key[0].split(".")[-3:])
            answer.authority.append(dns.rrset.from_text(zone, 60, "IN", "SOA", f"ns.{zone} root.{zone} 1 60 60 60 60"))
        self.wfile.write(answer.to_wire())


socketserver.ThreadingUDPServer(("127.0.0.1", 53), Name).serve_forever()
PYTHON
cat >"$work/server.py" <<'PYTHON'
"""The receiver, with STARTTLS and its new certificate; and the sender's own server, which keeps what it takes."""
import itertools
import socketserver
import ssl
import sys
import threading

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{sys.argv[1]}/new.pem", f"{sys.argv[1]}/new.key")
numbers = itertools.count()


class Session(socketserver.BaseRequestHandler):
    def handle(self):
        at_receiver = self.server.server_address[0] == "127.0.0.2"
        connection, lines = self.request, self.request.makefile("rb")
        connection.sendall(b"220 mx ESMTP\r\n")
        while line := lines.readline():
            verb = line.decode().split()[0].upper()
            if verb == "EHLO":
                connection.sendall(b"250-mx\r\n250-STARTTLS\r\n250 8BITMIME\r\n" if at_receiver else b"250 mx\r\n")
                continue
            if verb == "STARTTLS":
                connection.sendall(b"220 Go ahead\r\n")
                try:
                    connection = context.wrap_socket(connection, server_side=True)
                except OSError:
                    return
                lines = connection.makefile("rb")
                continue
            if verb == "DATA":
                connection.sendall(b"354 Go ahead\r\n")
                message = b"".join(iter(lines.readline, b".\r\n")).replace(b"\r\n", b"\n")
                if not at_receiver:
                    with open(f"{sys.argv[1]}/bounce{next(numbers)}.eml", "wb") as file:
                        file.write(message)
            connection.sendall(b"250 2.0.0 Ok\r\n")
            if verb == "QUIT":
                return


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


threading.Thread(target=Server(("127.0.0.3", 25), Session).serve_forever).start()
Server(("127.0.0.2", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/postfix.log")"
log=$root/var/log/mail.log exim=$root/var/log/exim4/mainlog
grep -E '(certificate verification failed|<(anna|fine)@.*status=)' "$log" |
    sed -E 's/.*(smtp|qmgr)\[[0-9]+\]: /Postfix, log: /'
sed -E 's/^[0-9 :-]+ [^ ]+ /Exim, log: /' "$exim" | grep -E 'DANE|(==|=>|\*\*) (anna|fine)'
for program in sendmail exim4; do
    sed -n "/ertificate/s/^/bounce ($program): /p; /retry timeout/s/^/bounce ($program): /p" "$work/$program.eml"
    grep -q 'anna@example.net' "$work/$program.eml" ||
        end 4 "nothing measured: no bounce from $program; $(tail -n 1 "$work/exim.log")"
done
grep -q 'to=<fine@example.org>.*status=sent' "$log" && grep -q '=> fine@example.org.* CV=dane' "$exim" ||
    end 4 "nothing measured: mail to a host whose TLSA record is met was not delivered"
grep -q 'DANE' "$log" && grep -q 'DANE' "$exim" || end 1 "CHANGED: no line of the log speaks of DANE"

if grep -Eiq 'dane|tlsa' "$work/sendmail.eml" "$work/exim4.eml"; then end 1 "CHANGED: a bounce speaks of DANE"; fi
if grep -E '<anna@.*status=' "$log" | grep -Eiq 'dane|tlsa' ||
    grep -E '(==|\*\*) anna' "$exim" | grep -Eiq 'dane|tlsa'; then
    end 1 "CHANGED: the line of the recipient speaks of DANE"
fi
grep -q 'Server certificate not verified' "$work/sendmail.eml" && ! grep -Eiq 'tls|certificate' "$work/exim4.eml" ||
    end 1 "CHANGED: the bounce of Postfix or of Exim has other words for it"
end 0 "as stated: neither the bounce nor the line of the recipient speaks of DANE or TLSA"

#!/usr/bin/env bash
# Version: OpenDKIM 2.11.0~beta2-8+deb12u1 and OpenDMARC 1.4.2-2+b1 behind Postfix 3.7.11-0+deb12u1 (all Debian 12);
#   OpenDKIM verifies with its defaults, OpenDMARC has RejectFailures, with which it obeys p=reject.
# Behaviour: a good signature whose key cannot be asked for, since DNS fails (SERVFAIL) or gives no answer. OpenDKIM
#   neither puts the message off (its On-DNSError, by default tempfail, does not count here) nor adds a result;
#   from the second message on it has dkim=fail, "key not found in DNS". OpenDMARC refuses them all for good:
#   550 5.7.1 rejected by DMARC policy, as if the signature were forged.
# Guessed: 4yz from OpenDKIM, as On-DNSError has it, and the same message taken an hour later.
# Hurts: while the name servers of a sender with p=reject are ill, or the receiver's resolver is, all his mail
#   comes back for good. He finds nothing wrong: his records are there, his signatures are right. "key retrieval
#   failed" in OpenDKIM's log is the sign; for the sender it is that all refusals of this host lie in one
#   hour. An aligned pass of SPF keeps such a message; DKIM alone does not.
# Source: observed; opendkim.conf(5), On-DNSError; opendmarc.conf(5), RejectFailures; RFC 6376 section 6.1.2 has
#   TEMPFAIL where the query for the key gets no answer.
# Seen on 30 November 2026 (p=reject, no SPF; the key: is there, is another one, SERVFAIL, no answer):
#   good: 250, dkim=pass (2048-bit key; unprot
#   other: 550 5.7.1 rejected by DMARC policy for other.example, dkim=fail reason="signature ver
#   servfail: 550 5.7.1 rejected by DMARC policy for servfail.example, no result
#   servfail: 550 5.7.1 rejected by DMARC policy for servfail.example, dkim=fail reason="key not found
#   silent: 550 5.7.1 rejected by DMARC policy for silent.example, no result
#   silent: 550 5.7.1 rejected by DMARC policy for silent.example, dkim=fail reason="key not found
# Needs Debian 12 (amd64), root, python3 with venv, openssl, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    (cd "$work" && python3 server.py) >"$work/dns.log" 2>&1 &
    sleep 1
    chroot "$root" /usr/sbin/opendkim -f -x /etc/opendkim.conf >"$work/opendkim.log" 2>&1 &
    chroot "$root" /usr/sbin/opendmarc -f -c /etc/opendmarc.conf >"$work/opendmarc.log" 2>&1 &
    chroot "$root" /usr/lib/postfix/sbin/master -d >"$work/postfix.log" 2>&1 &
    sleep 3
    (cd "$work" && timeout 120 "$work/venv/bin/python" ask.py >"$work/answers" 2>>"$work/postfix.log")
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
    var/spool/postfix/maildrop &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    opendkim=2.11.0~beta2-8+deb12u1 opendmarc=1.4.2-2+b1 postfix=3.7.11-0+deb12u1 libopendkim11 libopendmarc2 \
    libmilter1.0.1 libspf2-2 libc6 libdb5.3 libnsl2 libtirpc3 libsasl2-2 libssl3 libicu72 libstdc++6 libgcc-s1 \
    libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libopendbx1 libmemcached11 \
    libhashkit2 liblua5.3-0 libldap-2.5-0 libunbound8 libvbr2 librbl1 libbsd0 libmd0 libgnutls30 libevent-2.1-7 \
    libhogweed6 libnettle8 libgmp10 libp11-kit0 libidn2-0 libunistring2 libtasn1-6 libffi8 libnghttp2-14 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q dkimpy==1.1.8 >"$work/pip.log" 2>&1 ||
    end 3 "the package cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"
for key in key other; do
    openssl genrsa -out "$work/$key.pem" 2048 2>>"$work/openssl.log" &&
        openssl rsa -in "$work/$key.pem" -pubout -outform DER -out "$work/$key.der" 2>>"$work/openssl.log" ||
        end 4 "nothing measured: openssl made no key"
done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'postfix:x:101:101::/var/spool/postfix:/usr/sbin/nologin' \
    'nobody:x:65534:65534::/:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'postfix:x:101:' 'postdrop:x:102:' 'nogroup:x:65534:' >"$root/etc/group"
echo '127.0.0.1 localhost mx.example.net' >"$root/etc/hosts"
printf '%s\n' 'smtp 25/tcp' 'domain 53/udp' >"$root/etc/services"
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:2 attempts:1' >"$root/etc/resolv.conf"
echo 192.0.2.1 >"$root/etc/own-hosts" # the client is none of them
cat >"$root/etc/opendkim.conf" <<'CONF'
Mode v
Socket inet:8891@127.0.0.1
UserID root
AuthservID mx
InternalHosts /etc/own-hosts
Nameservers 127.0.0.1
CONF
cat >"$root/etc/opendmarc.conf" <<'CONF'
Socket inet:8893@127.0.0.1
UserID root
AuthservID mx
IgnoreHosts /etc/own-hosts
RejectFailures true
CONF
cat >"$root/etc/postfix/main.cf" <<'CONF'
compatibility_level = 3.6
myhostname = mx.example.net
mydestination = example.net
mynetworks = 192.0.2.1
inet_protocols = ipv4
inet_interfaces = loopback-only
local_recipient_maps =
local_transport = discard:
alias_maps =
alias_database =
smtpd_peername_lookup = no
smtpd_milters = inet:127.0.0.1:8891, inet:127.0.0.1:8893
milter_header_checks = regexp:/etc/postfix/results
maillog_file = /var/log/mail.log
CONF
echo '/^Authentication-Results:/ WARN' >"$root/etc/postfix/results"
cat >"$root/etc/postfix/master.cf" <<'CONF'
smtp    inet       n - n - - smtpd
qmgr    unix       n - n 300 1 qmgr
rewrite unix       - - n - - trivial-rewrite
cleanup unix       n - n - 0 cleanup
discard unix       - - n - - discard
anvil   unix       - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
CONF
chown -R 101:101 "$root/var/lib/postfix" "$root"/var/spool/postfix/*
chown 0:0 "$root/var/spool/postfix/pid"; chgrp 102 "$root"/var/spool/postfix/{public,maildrop}
chmod 700 "$root/var/spool/postfix/private"; chmod 710 "$root/var/spool/postfix/public"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""A DNS server: keys for some domains, DMARC with p=reject for all, no SPF."""
import base64
import socket


def record(name):
    return "v=DKIM1; p=" + base64.b64encode(open(f"{name}.der", "rb").read()).decode()


KEYS = {"good": record("key"), "other": record("other")}

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    first, label, kind = labels[0], labels[-2] if len(labels) > 1 else "", query[at + 2]
    if (first, label) == ("s1", "silent"):
        continue
    text = "v=DMARC1; p=reject" if first == "_dmarc" else KEYS.get(label) if first == "s1" else None
    code = 2 if (first, label) == ("s1", "servfail") else 0 if text else 3
    answer = b""
    if text and kind == 16:
        parts = [text[i : i + 200].encode() for i in range(0, len(text), 200)]
        data = b"".join(bytes([len(part)]) + part for part in parts)
        answer = b"\xc0\x0c\0\x10\0\x01\0\0\0\x3c" + len(data).to_bytes(2, "big") + data
    head = query[:2] + bytes([0x81, 0x80 | code, 0, 1, 0, 1 if answer else 0, 0, 0, 0, 0])
    server.sendto(head + query[12 : at + 5] + answer, client)
PYTHON
cat >"$work/ask.py" <<'PYTHON'
"""Send messages signed with one key, and look for the result of OpenDKIM in the log of Postfix."""
import re
import smtplib
import time

import dkim

LOG = "root/var/log/mail.log"
key = open("key.pem", "rb").read()
for label in ("good", "other", "servfail", "servfail", "silent", "silent"):
    domain = f"{label}.example"
    message = (
        f"From: shop@{domain}\r\nTo: anna@example.net\r\nSubject: test\r\n"
        f"Date: Mon, 30 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@{domain}>\r\n\r\nHello\r\n"
    ).encode()
    signed = dkim.sign(message, b"s1", domain.encode(), key, include_headers=[b"from", b"subject"]) + message
    with smtplib.SMTP("127.0.0.1", 25, "mail.example.com", timeout=60) as client:
        client.ehlo()
        client.mail(f"shop@{domain}")
        client.rcpt("anna@example.net")
        before = len(open(LOG).read())
        code, text = client.data(signed)
    time.sleep(0.5)
    result = re.search(r"dkim=.*(?= from unknown)", open(LOG).read()[before:])
    reply = f"{code} {text.decode()}" if code > 299 else str(code)
    print(f"{label}: {reply}, {result[0] if result else 'no result'}", flush=True)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/postfix.log")"
cat "$work/answers"
refused='550 5.7.1 rejected by DMARC policy for'
grep -q '^good: 250, dkim=pass' "$work/answers" &&
    grep -q "^other: $refused other.example, dkim=fail" "$work/answers" ||
    end 4 "nothing measured: the name server was not asked as meant; $(tail -n 1 "$root/var/log/mail.log")"

for label in servfail silent; do
    grep -qx "$label: $refused $label.example, no result" "$work/answers" &&
        grep -q "^$label: $refused $label.example, dkim=fail reason=\"key not found" "$work/answers" ||
        end 1 "CHANGED: while DNS fails, the messages are no longer refused as stated"
done
end 0 "as stated: while DNS fails, a good signature is none, or a wrong one, and the message is refused for good"

#!/usr/bin/env bash
# Version: dkimpy 1.1.8 (PyPI); opendkim 2.11.0~beta2-8+deb12u1, Exim 4.96-15+deb12u11 (exim4-daemon-light) and
#   libmail-dkim-perl 1.20230212-2~deb12u1, which SpamAssassin uses (Debian 12); one message, one signature.
# Behaviour: the p= of the key record holds an RSAPublicKey, the form that RFC 6376 3.6.1 names, as "openssl rsa
#   -RSAPublicKey_out" writes it. dkimpy verifies the signature. opendkim has dkim=permerror (unable to apply public
#   key), Exim "failed key import", Mail::DKIM invalid (OpenSSL error: wrong tag). With the same key as a
#   SubjectPublicKeyInfo ("openssl rsa -pubout") all four verify.
# Guessed: what the standard writes is read by all, and the other form perhaps not by all.
# Hurts: the record is right by the standard and by dkimverify, the key matches and has 2048 bits, and yet receivers with
#   these programs have no pass, and refuse where DMARC has p=reject and SPF does not align. Look at how p= begins:
#   MIIBI is the form that all read (2048 bits), MIIBC the bare one.
# Source: observed; RFC 6376 3.6.1.
# Seen on 30 November 2026:
#   spki:  dkimpy True; opendkim dkim=pass; exim verification succeeded; Mail::DKIM pass
#   bare:  dkimpy True; opendkim dkim=permerror; exim failed key import; Mail::DKIM invalid (public key: OpenSSL …)
# Needs Debian 12 (amd64), root, python3 with venv, openssl, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    "$work/venv/bin/python" "$work/server.py" "$work" >"$work/server.log" 2>&1 &
    sleep 1
    for form in spki bare; do
        mail=$work/$form.eml
        printf '%s:  dkimpy %s' "$form" \
            "$("$work/venv/bin/python" "$work/verify.py" "$mail" 2>&1 | tail -n 1)"
        printf '; opendkim %s' \
            "$(chroot "$root" /usr/sbin/opendkim -x /etc/opendkim.conf -vvv -t "/mail/$form.eml" 2>&1 |
                grep -o 'dkim=[a-z]*' | head -n 1)"
        { printf 'EHLO client.example.com\r\nMAIL FROM:<shop@example.com>\r\nRCPT TO:<anna@example.net>\r\nDATA\r\n'
            sed 's/\r*$/\r/' "$mail"; printf '.\r\nQUIT\r\n'; } |
            timeout 30 chroot "$root" /usr/sbin/exim4 -bs -oMa 192.0.2.25 >>"$work/exim.log" 2>&1
        printf '; exim %s' \
            "$(sed -nE "s/.*DKIM: d=example.com s=$form .*\[(.*)\]/\1/p" "$root/var/log/exim4/mainlog" | head -n 1)"
        printf '; Mail::DKIM %s\n' \
            "$(LC_ALL=C chroot "$root" /usr/bin/perl /mail/verify.pl <"$mail" 2>>"$work/perl.log" | head -n 1)"
    done >"$work/lines" 2>"$work/log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 openssl unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp mail etc/exim4 var/spool/exim4 \
    var/log/exim4 run/exim4 && ln -s usr/bin usr/sbin usr/lib usr/lib64 .) ||
    end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    opendkim=2.11.0~beta2-8+deb12u1 libopendkim11 libmilter1.0.1 libmemcached11 libhashkit2 libopendbx1 librbl1 libvbr2 \
    liblua5.3-0 libsasl2-2 libbsd0 libmd0 libldap-2.5-0 libreadline8 libtinfo6 libstdc++6 zlib1g \
    exim4-daemon-light=4.96-15+deb12u11 exim4-base=4.96-15+deb12u11 libc6 libcrypt1 libnsl2 libtirpc3 \
    libdb5.3 libgnutls30 libgnutls-dane0 libunbound8 libevent-2.1-7 libssl3 libnghttp2-14 libhiredis0.14 \
    libpcre2-8-0 libidn12 libidn2-0 libp11-kit0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 \
    libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libffi8 libgcc-s1 \
    libmail-dkim-perl=1.20230212-2~deb12u1 libmailtools-perl libnet-dns-perl libcrypt-openssl-rsa-perl \
    libcrypt-openssl-bignum-perl libmail-authenticationresults-perl libnet-ip-perl libtimedate-perl libjson-perl \
    libscalar-list-utils-perl liberror-perl libcryptx-perl \
    perl perl-base perl-modules-5.36 libperl5.36 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q dkimpy==1.1.8 dnspython==2.9.2 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"
openssl genrsa -traditional -out "$work/key.pem" 2048 2>>"$work/log" &&
    openssl rsa -in "$work/key.pem" -pubout -outform DER -out "$work/spki.der" 2>>"$work/log" &&
    openssl rsa -in "$work/key.pem" -RSAPublicKey_out -outform DER -out "$work/bare.der" 2>>"$work/log" ||
    end 4 "nothing measured: openssl made no key"

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' \
    'Debian-exim:x:101:101::/var/spool/exim4:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' 'Debian-exim:x:101:' >"$root/etc/group"
echo '127.0.0.1 localhost mx.example.net' >"$root/etc/hosts"
echo 'nameserver 127.0.0.1' >"$root/etc/resolv.conf"
printf '%s\n' 'Mode v' 'Nameservers 127.0.0.1' 'Socket local:/tmp/opendkim' >"$root/etc/opendkim.conf"
cat >"$root/etc/exim4/exim4.conf" <<'CONF'
primary_hostname = mx.example.net
acl_smtp_rcpt = accept
host_lookup =
tls_advertise_hosts =
keep_environment =
log_selector = +dkim_verbose
queue_only
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  file = /var/mail/box
CONF
chown 101:101 "$root/var/spool/exim4" "$root/var/log/exim4" "$root/run/exim4"
chmod 755 "$root"

cat >"$work/sign.py" <<'PYTHON'
"""Write one message twice, signed with the same key; only the selector is another."""
import pathlib
import sys

import dkim

work = pathlib.Path(sys.argv[1])
mail = b"From: shop@example.com\r\nTo: anna@example.net\r\nSubject: test\r\nMessage-ID: <1@example.com>\r\n\r\nHello\r\n"
for selector in ("spki", "bare"):
    signature = dkim.sign(mail, selector.encode(), b"example.com", (work / "key.pem").read_bytes())
    for folder in (work, work / "root/mail"):
        (folder / f"{selector}.eml").write_bytes(signature + mail)
PYTHON
cat >"$work/verify.py" <<'PYTHON'
import pathlib
import sys

import dkim

print(dkim.verify(pathlib.Path(sys.argv[1]).read_bytes()))
PYTHON
cat >"$root/mail/verify.pl" <<'PERL'
use Mail::DKIM::Verifier;
my $verifier = Mail::DKIM::Verifier->new;
while (<STDIN>) { s/\r?\n$//; $verifier->PRINT("$_\015\012") }
$verifier->CLOSE;
print $verifier->result_detail, "\n";
PERL
cat >"$work/server.py" <<'PYTHON'
"""A name server: the two key records of example.com, and NXDOMAIN for all else."""
import base64
import pathlib
import socket
import sys

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

records = {}
for selector in ("spki", "bare"):
    key = base64.b64encode((pathlib.Path(sys.argv[1]) / f"{selector}.der").read_bytes()).decode()
    records[f"{selector}._domainkey.example.com."] = f'"v=DKIM1; k=rsa; p={key[:200]}" "{key[200:]}"'
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    data, client = server.recvfrom(4096)
    query = dns.message.from_wire(data)
    question, answer = query.question[0], dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    text = records.get(question.name.to_text().lower())
    if text is None:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif question.rdtype == 16:
        answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", text))
    server.sendto(answer.to_wire(), client)
PYTHON
"$work/venv/bin/python" "$work/sign.py" "$work" 2>>"$work/log" || end 4 "nothing measured: $(tail -n 1 "$work/log")"

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/log")"
cat "$work/lines"
grep -q '^spki:  dkimpy True; opendkim dkim=pass; exim verification succeeded; Mail::DKIM pass$' "$work/lines" ||
    end 4 "nothing measured: the usual form is not verified by all; $(tail -n 1 "$work/log" "$work/exim.log")"

grep -q '^bare:  dkimpy True; opendkim dkim=permerror; exim failed key import; Mail::DKIM invalid ' "$work/lines" ||
    end 1 "CHANGED: the bare form is verified by others than dkimpy alone"
end 0 "as stated: a key in the form of RFC 6376 is read by dkimpy, and not by opendkim, Exim and Mail::DKIM"

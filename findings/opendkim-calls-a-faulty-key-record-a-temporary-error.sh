#!/usr/bin/env bash
# Version: opendkim 2.11.0~beta2-8+deb12u1 and libmail-dkim-perl 1.20230212-2~deb12u1 (Debian 12), dkimpy 1.1.8 (PyPI);
#   one message, signed with one key; only the record of the key is another.
# Behaviour: a second semicolon in the key record, the quotation marks of a DNS panel within it, or a second record at
#   the same name: opendkim has dkim=temperror ("key DNS reply corrupt", "multiple keys found"). Mail::DKIM, which
#   SpamAssassin uses, verifies the first two all the same; dkimpy says fail.
# Guessed: permerror (RFC 6376 section 6.1.2: a key record with bad syntax is PERMFAIL), and the same from all.
# Hurts: temperror tells of a DNS that fails for the moment: the resolver and the name servers are looked at, which are
#   well, and nothing passes by waiting. And mail to one's own test account, read by SpamAssassin, shows a pass.
#   Look at the record itself, octet for octet (dig +short TXT selector._domainkey.example.com).
# Source: observed; RFC 6376 6.1.2.
# Seen on 30 November 2026:
#   good: opendkim dkim=pass (); Mail::DKIM pass; dkimpy pass
#   semicolon: opendkim dkim=temperror (key DNS reply corrupt); Mail::DKIM pass; dkimpy fail
#   quoted: opendkim dkim=temperror (key DNS reply corrupt); Mail::DKIM pass; dkimpy fail
#   two: opendkim dkim=temperror (multiple keys found); Mail::DKIM invalid (public key: revoked); dkimpy fail
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
    for case in good semicolon quoted two; do
        mail=$work/$case.eml
        chroot "$root" /usr/sbin/opendkim -x /etc/opendkim.conf -vvv -t "/mail/$case.eml" >"$work/opendkim" 2>&1
        printf '%s: opendkim %s (%s); Mail::DKIM %s; dkimpy %s\n' "$case" \
            "$(grep -o 'dkim=[a-z]*' "$work/opendkim" | head -n 1)" \
            "$(sed -n 's/.* failed: //p' "$work/opendkim" | head -n 1)" \
            "$(LC_ALL=C chroot "$root" /usr/bin/perl /mail/verify.pl <"$mail" 2>>"$work/perl.log" | head -n 1)" \
            "$("$work/venv/bin/python" "$work/verify.py" "$mail" 2>&1 | tail -n 1)"
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
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp mail etc &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    opendkim=2.11.0~beta2-8+deb12u1 libopendkim11 libmilter1.0.1 libmemcached11 libhashkit2 libopendbx1 librbl1 libvbr2 \
    liblua5.3-0 libsasl2-2 libbsd0 libmd0 libldap-2.5-0 libreadline8 libtinfo6 libstdc++6 zlib1g \
    libc6 libcrypt1 libnsl2 libtirpc3 libdb5.3 libgnutls30 libunbound8 libevent-2.1-7 libssl3 libnghttp2-14 \
    libidn2-0 libp11-kit0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 \
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
    openssl rsa -in "$work/key.pem" -pubout -outform DER -out "$work/key.der" 2>>"$work/log" ||
    end 4 "nothing measured: openssl made no key"

echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo '127.0.0.1 localhost mx.example.net' >"$root/etc/hosts"
echo 'nameserver 127.0.0.1' >"$root/etc/resolv.conf"
printf '%s\n' 'Mode v' 'Nameservers 127.0.0.1' 'Socket local:/tmp/opendkim' >"$root/etc/opendkim.conf"
chmod 755 "$root"

cat >"$work/sign.py" <<'PYTHON'
"""Write one message for each selector, all signed with the same key."""
import pathlib
import sys

import dkim

work = pathlib.Path(sys.argv[1])
mail = b"From: shop@example.com\r\nTo: anna@example.net\r\nSubject: test\r\nMessage-ID: <1@example.com>\r\n\r\nHello\r\n"
for selector in ("good", "semicolon", "quoted", "two"):
    signature = dkim.sign(mail, selector.encode(), b"example.com", (work / "key.pem").read_bytes())
    for folder in (work, work / "root/mail"):
        (folder / f"{selector}.eml").write_bytes(signature + mail)
PYTHON
cat >"$work/verify.py" <<'PYTHON'
import pathlib
import sys

import dkim

print("pass" if dkim.verify(pathlib.Path(sys.argv[1]).read_bytes()) else "fail")
PYTHON
cat >"$root/mail/verify.pl" <<'PERL'
use Mail::DKIM::Verifier;
my $verifier = Mail::DKIM::Verifier->new;
while (<STDIN>) { s/\r?\n$//; $verifier->PRINT("$_\015\012") }
$verifier->CLOSE;
print $verifier->result_detail, "\n";
PERL
cat >"$work/server.py" <<'PYTHON'
"""A name server: the key records of example.com, and NXDOMAIN for all else."""
import base64
import pathlib
import socket
import sys

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

key = base64.b64encode((pathlib.Path(sys.argv[1]) / "key.der").read_bytes()).decode()
start, end = key[:200], key[200:]
texts = {
    "good": [f'"v=DKIM1; k=rsa; p={start}" "{end}"'],
    "semicolon": [f'"v=DKIM1;; k=rsa; p={start}" "{end}"'],
    "quoted": [f'"\\"v=DKIM1; k=rsa; p={start}" "{end}\\""'],
    "two": [f'"v=DKIM1; k=rsa; p={start}" "{end}"', '"v=DKIM1; k=rsa; p="'],
}
records = {f"{selector}._domainkey.example.com.": text for selector, text in texts.items()}
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    data, client = server.recvfrom(4096)
    query = dns.message.from_wire(data)
    question, answer = query.question[0], dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    texts = records.get(question.name.to_text().lower())
    if texts is None:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif question.rdtype == 16:
        answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", *texts))
    server.sendto(answer.to_wire(), client)
PYTHON
"$work/venv/bin/python" "$work/sign.py" "$work" 2>>"$work/log" || end 4 "nothing measured: $(tail -n 1 "$work/log")"

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/log")"
cat "$work/lines"
grep -q '^good: opendkim dkim=pass .*; Mail::DKIM pass; dkimpy pass$' "$work/lines" ||
    end 4 "nothing measured: the usual record is not read by all; $(tail -n 1 "$work/log")"

if grep -q '^semicolon: opendkim dkim=temperror .*corrupt); Mail::DKIM pass; dkimpy fail$' "$work/lines" &&
    grep -q '^quoted: opendkim dkim=temperror .*corrupt); Mail::DKIM pass; dkimpy fail$' "$work/lines" &&
    grep -q '^two: opendkim dkim=temperror (multiple keys found)' "$work/lines"; then
    end 0 "as stated: opendkim has temperror for a record with a fault"
fi
end 1 "CHANGED: opendkim has another result for a record with a fault"

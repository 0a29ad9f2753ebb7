#!/usr/bin/env bash
# Version: opendkim 2.11.0~beta2-8+deb12u1 (Debian 12): its test mode for saved mail (opendkim -t FILE), and as the filter of a
#   mail server; dkimpy 1.1.8 (PyPI) for comparison. One key, one message, five forms of a field.
# Behaviour: a message signed with c=simple in which one signed field has no blank behind its colon: folded there
#   ("Message-ID:", and the value on the next line), empty, with a tab, or written without. opendkim -t has dkim=fail
#   (signature verification failed). The same opendkim, given the same message by a mail server, has dkim=pass, and so has
#   dkimpy. With c=relaxed all have pass.
# Guessed: the test mode does with a file what the filter does with the mail.
# Hurts: a saved mail is looked at anew to see whether the sender's complaint is right: opendkim -t says that the
#   signature is broken, and the search for what changed the mail begins. Nothing did. Exchange and Outlook fold a long
#   Message-ID behind the colon, and simple is what opendkim itself signs with unless told otherwise. Use dkimverify of dkimpy.
# Source: observed; no report of it was found.
# Seen on 30 November 2026 (dkimpy; opendkim -t; opendkim as the filter):
#   simple usual: dkim=pass; dkim=pass; dkim=pass
#   simple folded: dkim=pass; dkim=fail; dkim=pass       (Message-ID:, and the value on the next line)
#   simple empty: dkim=pass; dkim=fail; dkim=pass        (Subject: without a value)
#   simple tab: dkim=pass; dkim=fail; dkim=pass          (a tab behind Subject:)
#   simple bare: dkim=pass; dkim=fail; dkim=pass         (Subject:test)
#   relaxed, all five: dkim=pass; dkim=pass; dkim=pass
# Needs Debian 12 (amd64), root, python3 with venv, openssl, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: a name server, and opendkim waiting for a mail server
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    "$work/venv/bin/python" "$work/server.py" "$work" >"$work/server.log" 2>&1 &
    chroot "$root" /usr/sbin/opendkim -f -x /etc/opendkim.conf -p inet:8891@127.0.0.1 >"$work/opendkim.log" 2>&1 &
    sleep 2
    for form in simple relaxed; do
        for case in usual folded empty tab bare; do
            printf '%s %s: %s; %s; %s\n' "$form" "$case" \
                "$(timeout 20 "$work/venv/bin/python" "$work/verify.py" "$root/mail/$case.$form" 2>>"$work/log")" \
                "$(timeout 20 chroot "$root" /usr/sbin/opendkim -x /etc/opendkim.conf -vvv -t "/mail/$case.$form" 2>&1 |
                    grep -o 'dkim=[a-z]*' | head -n 1)" \
                "$(timeout 20 python3 "$work/milter.py" "$root/mail/$case.$form" 2>>"$work/log")"
        done
    done >"$work/lines"
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
printf '%s\n' 'Mode v' 'Nameservers 127.0.0.1' 'Socket inet:8891@127.0.0.1' 'AuthservID mx.example.net' \
    >"$root/etc/opendkim.conf"
chmod 755 "$root"

cat >"$work/sign.py" <<'PYTHON'
"""Write one message for each form of a field, signed with c=simple/simple and with c=relaxed/relaxed."""
import pathlib
import sys

import dkim

FIELDS = {
    "usual": "Subject: test\r\nMessage-ID: <1@example.com>\r\n",
    "folded": "Subject: test\r\nMessage-ID:\r\n <1@example.com>\r\n",
    "empty": "Subject:\r\nMessage-ID: <1@example.com>\r\n",
    "tab": "Subject:\ttest\r\nMessage-ID: <1@example.com>\r\n",
    "bare": "Subject:test\r\nMessage-ID: <1@example.com>\r\n",
}
work = pathlib.Path(sys.argv[1])
key = (work / "key.pem").read_bytes()
for case, fields in FIELDS.items():
    mail = f"From: shop@example.com\r\nTo: anna@example.net\r\n{fields}\r\nHello\r\n".encode()
    for form in ("simple", "relaxed"):
        forms = (form.encode(), form.encode())
        signature = dkim.sign(
            mail, b"s1", b"example.com", key, canonicalize=forms, include_headers=[b"from", b"subject", b"message-id"]
        )
        (work / "root/mail" / f"{case}.{form}").write_bytes(signature + mail)
PYTHON
cat >"$work/verify.py" <<'PYTHON'
import pathlib
import sys

import dkim

print("dkim=pass" if dkim.verify(pathlib.Path(sys.argv[1]).read_bytes()) else "dkim=fail")
PYTHON
cat >"$work/milter.py" <<'PYTHON'
"""Hand a message to the filter as a mail server does (milter protocol, version 6); print its result for DKIM."""
import pathlib
import re
import socket
import struct
import sys

LEADING_BLANKS = 0x100000  # the filter wants header values with what stands behind the colon

server = socket.create_connection(("127.0.0.1", 8891))
stream = server.makefile("rb")


def send(command: bytes, data: bytes = b"") -> None:
    server.sendall(struct.pack("!I", len(data) + 1) + command + data)


def reply() -> tuple[bytes, bytes]:
    (length,) = struct.unpack("!I", stream.read(4))
    packet = stream.read(length)
    return packet[:1], packet[1:]


send(b"O", struct.pack("!III", 6, 0x1FF, LEADING_BLANKS))
_, offer = reply()
leading = struct.unpack("!III", offer[:12])[2] & LEADING_BLANKS
head, body = pathlib.Path(sys.argv[1]).read_bytes().split(b"\r\n\r\n", 1)
for command, data in (
    (b"C", b"mail.example.com\x004" + struct.pack("!H", 25000) + b"192.0.2.25\x00"),
    (b"H", b"mail.example.com\x00"),
    (b"M", b"<shop@example.com>\x00"),
    (b"R", b"<anna@example.net>\x00"),
):
    send(command, data)
    reply()
for field in re.split(rb"\r\n(?![ \t])", head):
    name, value = field.replace(b"\r\n", b"\n").split(b":", 1)
    send(b"L", name + b"\x00" + (value if leading else value.removeprefix(b" ")) + b"\x00")
    reply()
for command, data in ((b"N", b""), (b"B", body)):
    send(command, data)
    reply()
send(b"E")
while True:
    code, data = reply()
    found = re.search(rb"dkim=[a-z]+", data)
    if code in b"hi" and found:
        print(found[0].decode())
    if code in b"act":
        break
PYTHON
cat >"$work/server.py" <<'PYTHON'
"""A name server: the key record of example.com, and NXDOMAIN for all else."""
import base64
import pathlib
import socket
import sys

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

key = base64.b64encode((pathlib.Path(sys.argv[1]) / "key.der").read_bytes()).decode()
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    data, client = server.recvfrom(4096)
    query = dns.message.from_wire(data)
    question, answer = query.question[0], dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    if question.name.to_text().lower() != "s1._domainkey.example.com.":
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif question.rdtype == 16:
        text = f'"v=DKIM1; k=rsa; p={key[:200]}" "{key[200:]}"'
        answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", text))
    server.sendto(answer.to_wire(), client)
PYTHON
"$work/venv/bin/python" "$work/sign.py" "$work" 2>>"$work/log" || end 4 "nothing measured: $(tail -n 1 "$work/log")"

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/log")"
cat "$work/lines"
for line in 'simple usual' 'relaxed usual' 'relaxed folded'; do
    grep -qx "$line: dkim=pass; dkim=pass; dkim=pass" "$work/lines" ||
        end 4 "nothing measured: the usual message is not verified by all; $(tail -n 1 "$work/log")"
done

if [ "$(grep -cE '^simple (folded|empty|tab|bare): dkim=pass; dkim=fail; dkim=pass$' "$work/lines")" = 4 ]; then
    end 0 "as stated: opendkim -t fails a good signature, which the filter passes"
fi
end 1 "CHANGED: opendkim -t and the filter have other results"

#!/usr/bin/env bash
# Version: nullmailer 1:2.2-4 (Debian 12); dkimpy 1.1.8 (PyPI) signs and verifies.
# Behaviour: nullmailer writes the headers with addresses anew: quotes that need not be there are taken away, "Shop" <shop@example.com>
#   becomes Shop <shop@example.com>, and a blank is put behind each comma. A signature that the program made before it handed
#   the message to sendmail does not fit any more, though it is relaxed/relaxed.
# Guessed: the message goes out as it came in, with Received on top, as from dma, msmtp, ssmtp, esmtp, OpenSMTPD, Exim and
#   Postfix; "relaxed" stands what a mail server does on its way.
# Hurts: the web application signs, the host sends by nullmailer: dkim=fail at the receiver, and DMARC with it where SPF is of
#   another domain. Only mails to people whose names are quoted are hit, or those with two recipients, so that the key and
#   the DNS record are suspected first. Sign behind nullmailer, at the smarthost, or hand in by SMTP.
# Source: observed; RFC 6376 section 3.4.2: relaxed changes case and white space of a header, no quotes.
# Seen on 30 November 2026 (the header as signed; what nullmailer makes of it; the signature):
#   From: Shop <shop@example.com>; unchanged; passes
#   From: "Shop" <shop@example.com>; From: Shop <shop@example.com>; fails
#   To: "Bob Smith" <bob@example.net>; To: Bob Smith <bob@example.net>; fails
#   To: anna@example.net,bob@example.net; To: anna@example.net, bob@example.net; fails
#   To: "Doe, Anna" <anna@example.net>; unchanged; passes
# Needs Debian 12 (amd64), root, python3 with venv, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback
    work=$1
    ip link set lo up
    for name in null urandom random; do touch "$work/root/dev/$name" && mount --bind "/dev/$name" "$work/root/dev/$name"; done
    timeout 60 "$work/venv/bin/python" "$work/sign.py" "$work/root" >"$work/lines" 2>"$work/sign.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/nullmailer &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download nullmailer=1:2.2-4 libc6 libgcc-s1 libstdc++6 libgnutls30 \
    libidn2-0 libp11-kit0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 libffi8 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q dkimpy==1.1.8 cryptography >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"
printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' >"$root/etc/group"
echo 'mail.example.com' | tee "$root/etc/mailname" >"$root/etc/nullmailer/me"

cat >"$work/sign.py" <<'PYTHON'
"""Sign messages, let nullmailer-inject (which its sendmail calls) show what it would send, and verify."""
import base64
import subprocess
import sys

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

HEADERS = [
    "From: Shop <shop@example.com>",
    'From: "Shop" <shop@example.com>',
    'To: "Bob Smith" <bob@example.net>',
    "To: anna@example.net,bob@example.net",
    'To: "Doe, Anna" <anna@example.net>',
]
pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
private = pair.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)
public = pair.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)
record = b"v=DKIM1; p=" + base64.b64encode(public)
for header in HEADERS:
    fields = {"From": "From: shop@example.com", "To": "To: anna@example.net"}
    fields[header.split(":")[0]] = header
    rest = ["Subject: Order", "Date: Mon, 30 Nov 2026 10:00:00 +0000", "Message-ID: <1@example.com>", "", "Hello", ""]
    message = "\r\n".join([*fields.values(), *rest]).encode()
    signature = dkim.sign(
        message, b"s", b"example.com", private, canonicalize=(b"relaxed", b"relaxed"), include_headers=[b"from", b"to", b"subject"]
    )
    sent = subprocess.run(
        ["chroot", sys.argv[1], "/usr/bin/nullmailer-inject", "-n", "-f", "shop@example.com", "anna@example.net"],
        input=(signature + message).replace(b"\r\n", b"\n"), stdout=subprocess.PIPE, check=True, timeout=20,
    ).stdout.replace(b"\n", b"\r\n")
    start = header.split(":")[0].encode() + b":"
    after = next(line.decode() for line in sent.split(b"\r\n") if line.startswith(start))
    passes = dkim.verify(sent, dnsfunc=lambda name, timeout=5: record)
    print(f"{header}; {'unchanged' if after == header else after}; {'passes' if passes else 'fails'}", flush=True)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
[ "$(wc -l <"$work/lines")" = 5 ] ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/sign.log")"
cat "$work/lines"
[ "$(grep -c '; unchanged; passes$' "$work/lines")" -ge 1 ] || end 4 "nothing measured: no signature passes"

if [ "$(grep -c '; unchanged; passes$' "$work/lines")" = 2 ] && [ "$(grep -cE '^(From|To): .*; (From|To): .*; fails$' "$work/lines")" = 3 ]; then
    end 0 "as stated: headers are written anew, and the signature fails"
fi
end 1 "CHANGED: headers are left as they were signed"

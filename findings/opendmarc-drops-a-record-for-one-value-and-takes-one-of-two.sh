#!/usr/bin/env bash
# Version: opendmarc 1.4.2-2+b1 (Debian 12); mailauth 4.13.3 (npm) and authheaders 0.16.3 (PyPI) for comparison.
# Behaviour: of "v=DMARC1; p=reject; fo=all" opendmarc takes nothing: one value that a tag cannot have (fo=, ri=, rf=,
#   pct= above 100, sp=) makes it drop the whole record. Of two DMARC records at one name it takes one, and it takes a
#   record that does not begin with v=. The others ignore the bad tag (RFC 7489 section 6.3) and apply no DMARC where there
#   are two records (section 6.6.3) or v= does not come first.
# Guessed: all read records alike: a bad tag is ignored, two records are none.
# Hurts: a typing error in a tag about reports takes the whole protection away at receivers with opendmarc, and no
#   report tells of it. With two records, mail that fails is refused there, while every checker says that the domain
#   has no valid DMARC record.
# Source: observed; RFC 7489 6.3 and 6.6.3, RFC 9989 4.7 and 4.10.
# Seen on 30 November 2026 (which of the two records it takes is the name server's order):
#   plain:  opendmarc reject; mailauth fail p=reject; authheaders fail
#   foall: opendmarc none (Found DMARC record contained a bad token value); mailauth fail p=reject; authheaders fail
#   riday: opendmarc none (Found DMARC record contained a bad token value); mailauth fail p=reject; authheaders fail
#   pct150: opendmarc none (Found DMARC record contained a bad token value); mailauth fail p=reject; authheaders fail
#   two:    opendmarc reject; mailauth none; authheaders none
#   vlast: opendmarc reject; mailauth none; authheaders none
# Needs Debian 12 (amd64), root, python3 with venv, node, npm, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    "$work/venv/bin/python" "$work/server.py" >"$work/server.log" 2>&1 &
    sleep 1
    for name in plain foall riday pct150 two vlast; do
        chroot "$root" /usr/sbin/opendmarc-check "$name.example.com" >"$work/opendmarc" 2>&1
        own=$(sed -n 's/.*Domain policy: //p' "$work/opendmarc")
        [ -n "$own" ] || own="none ($(sed 's/.*): //' "$work/opendmarc" | head -n 1))"
        printf '%-7s opendmarc %s; mailauth %s; authheaders %s\n' "$name:" "$own" \
            "$(cd "$work/npm" && node verify.js "$name.example.com" 2>>"$work/npm.log")" \
            "$("$work/venv/bin/python" "$work/verify.py" "$name.example.com" 2>>"$work/verify.log")"
    done >"$work/lines"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 node npm unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root" "$work/npm"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    opendmarc=1.4.2-2+b1 libopendmarc2 libspf2-2 libmilter1.0.1 libbsd0 libmd0 libc6 libgcc-s1 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q authheaders==0.16.3 pyspf==2.0.14 dkimpy==1.1.8 dnspython==2.9.2 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"
(cd "$work/npm" && npm init -y >/dev/null 2>&1 && npm install mailauth@4.13.3 >"$work/npm.log" 2>&1) ||
    end 3 "the packages cannot be had from npm: $(tail -n 1 "$work/npm.log")"

echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'nameserver 127.0.0.1' >"$root/etc/resolv.conf"
chmod 755 "$root"
cat >"$work/npm/verify.js" <<'JS'
// Prints what mailauth makes of a message from this domain whose SPF fails.
const { authenticate } = require('mailauth');
const domain = process.argv[2];
const mail = `From: shop@${domain}\r\nTo: anna@example.net\r\nSubject: test\r\n\r\nHello\r\n`;
const from = { ip: '192.0.2.25', helo: 'x.example.org', mta: 'mx.example.net', sender: `shop@${domain}` };
authenticate(mail, from).then(({ dmarc }) => {
    const { result } = dmarc.status;
    console.log(dmarc.policy ? `${result} p=${dmarc.policy}` : result);
});
JS
cat >"$work/verify.py" <<'PYTHON'
"""Prints what authheaders makes of it."""
import re
import sys

from authheaders import authenticate_message

domain = sys.argv[1]
mail = f"From: shop@{domain}\r\nTo: anna@example.net\r\nSubject: test\r\n\r\nHello\r\n".encode()
header = authenticate_message(
    mail, "mx.example.net", ip="192.0.2.25", mail_from=f"shop@{domain}", helo="x.example.org",
    spf=True, dkim=True, dmarc=True, arc=False,
)
print(re.search(r"dmarc=(\w+)", header)[1])
PYTHON
cat >"$work/server.py" <<'PYTHON'
"""A name server: the DMARC records, an SPF record that fails, and NXDOMAIN for all else."""
import socket

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

TEXTS = {
    "plain": ["v=DMARC1; p=reject"],
    "foall": ["v=DMARC1; p=reject; fo=all"],
    "riday": ["v=DMARC1; p=reject; ri=day"],
    "pct150": ["v=DMARC1; p=reject; pct=150"],
    "two": ["v=DMARC1; p=reject", "v=DMARC1; p=reject; rua=mailto:d@example.com"],
    "vlast": ["p=reject; v=DMARC1"],
}
records = {f"_dmarc.{name}.example.com.": texts for name, texts in TEXTS.items()}
records |= {f"{name}.example.com.": ["v=spf1 -all"] for name in TEXTS}
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
        answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", *(f'"{text}"' for text in texts)))
    server.sendto(answer.to_wire(), client)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
cat "$work/lines"
grep -q '^plain: *opendmarc reject; mailauth fail p=reject; authheaders fail$' "$work/lines" ||
    end 4 "nothing measured: the usual record is not read by all; $(tail -n 1 "$work/server.log" "$work/verify.log")"

bad=$(grep -cE '^(foall|riday|pct150): *opendmarc none \(.*bad token value\); mailauth fail p=reject; authheaders fail$' \
    "$work/lines")
kept=$(grep -cE '^(two|vlast): *opendmarc reject; mailauth none; authheaders none$' "$work/lines")
[ "$bad$kept" = 32 ] || end 1 "CHANGED: opendmarc or one of the others reads these records in another way"
end 0 "as stated: opendmarc drops a record for one value, and takes one of two"

#!/usr/bin/env bash
# Version: Haraka 3.3.4 with haraka-plugin-mail_from.is_resolvable 1.3.0 (npm), its defaults, as the receiving server.
# Behaviour: the plugin looks whether mail to the sender could be delivered. A domain that has an address and no MX record,
#   to which every mail server delivers (the "implicit MX"), is refused for good: "No valid MX for your FROM address". So
#   is a domain whose MX host cannot be looked up for the moment (SERVFAIL), where 450 was due; only a failing look-up
#   of the MX record itself is 450.
# Guessed: the first is accepted (RFC 5321 section 5.1), the second is 450.
# Hurts: mail from machines (root@web1.example.com, cron, monitoring), whose names have an address and no MX, is refused by
#   such a server only; and a good sender loses mail for good in the minutes in which a name server of his provider is
#   ill. The reply tells of an MX that is not valid. "allow_mx_ip=true" lets the first one pass.
# Source: observed; its README promises the implicit MX, which it finds and leaves out, since it is an address; its look-up of MX
#   hosts ignores errors.
# Seen on 30 November 2026 (the sender's domain: the reply to MAIL):
#   an MX record: 250 sender <shop@mx.example> OK
#   an address and no MX record: 550 No valid MX for your FROM address
#   an MX record, its host is SERVFAIL: 550 No valid MX for your FROM address
#   the MX record is SERVFAIL: 450 Temp. resolver error (ESERVFAIL)
#   with allow_mx_ip, an address and no MX record: 250 sender <shop@address.example> OK
# Needs Node.js 20 or later with npm, python3; root, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, and every process ends with it
    work=$1
    ip link set lo up
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || return 1
    python3 "$work/dns.py" >"$work/dns.log" 2>&1 &
    for allow in false true; do
        sed -i "s/^allow_mx_ip=.*/allow_mx_ip=$allow/" "$work/haraka/config/mail_from.is_resolvable.ini"
        node "$work/node_modules/Haraka/bin/haraka" -c "$work/haraka" >>"$work/haraka.log" 2>&1 &
        haraka=$!
        for _ in $(seq 20); do
            sleep 1
            python3 "$work/ask.py" "$allow" 2>"$work/ask.log" && break
        done
        kill -9 "$haraka"
        wait "$haraka"
    done >"$work/lines" 2>>"$work/haraka.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in node npm python3 unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund --omit=optional Haraka@3.3.4 \
    haraka-plugin-mail_from.is_resolvable@1.3.0 >npm.log 2>&1) ||
    end 3 "the packages cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"

mkdir -p "$work"/haraka/{config,plugins,queue}
cp -r "$work"/node_modules/Haraka/config/. "$work/haraka/config/"
config=$work/haraka/config
cp "$work/node_modules/haraka-plugin-mail_from.is_resolvable/config/mail_from.is_resolvable.ini" "$config/"
echo 'mx.example.net' >"$config/me"
echo 'example.net' >"$config/host_list"
printf '%s\n' rcpt_to.in_host_list mail_from.is_resolvable queue/discard >"$config/plugins"
printf 'listen=127.0.0.1:2525\nnodes=0\n' >"$config/smtp.ini"

cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: good names have an address, two domains an MX record, one name of each kind fails."""
import socket

MX = {"mx.example": b"\0\x0a\4good\4host\4test\0", "ill.example": b"\0\x0a\3ill\4host\4test\0"}
ADDRESSES = ("good.host.test", "address.example")
FAILING = ("ill.host.test", "failing.example")
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    name, kind = ".".join(labels), query[at + 2]
    record = MX.get(name) if kind == 15 else bytes([192, 0, 2, 1]) if kind == 1 and name in ADDRESSES else None
    code = 2 if name in FAILING else 0
    body = b"\xc0\x0c" + bytes([0, kind, 0, 1, 0, 0, 0, 60, 0, len(record)]) + record if record else b""
    head = query[:2] + bytes([0x85, 0x80 | code, 0, 1, 0, 1 if record else 0, 0, 0, 0, 0])
    server.sendto(head + query[12 : at + 5] + body, client)
PYTHON
cat >"$work/ask.py" <<'PYTHON'
"""Show the reply to MAIL for each sender."""
import smtplib
import sys

cases = {
    "mx.example": "an MX record",
    "address.example": "an address and no MX record",
    "ill.example": "an MX record, its host is SERVFAIL",
    "failing.example": "the MX record is SERVFAIL",
}
if sys.argv[1] == "true":
    cases = {"address.example": "with allow_mx_ip, an address and no MX record"}
lines = []
for domain, case in cases.items():
    with smtplib.SMTP("127.0.0.1", 2525, "mail.example.com", timeout=20) as haraka:
        haraka.ehlo()
        code, text = haraka.mail(f"shop@{domain}")
        lines.append(f"{case}: {code} {text.decode()}")
print("\n".join(lines))
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
[ -s "$work/lines" ] || end 4 "nothing measured: no namespaces here, or Haraka did not start"
cat "$work/lines"
grep -q '^an MX record: 250 ' "$work/lines" && grep -q '^the MX record is SERVFAIL: 450 ' "$work/lines" ||
    end 4 "nothing measured: DNS was not asked as meant; $(tail -n 1 "$work/haraka.log")"

if grep -q '^an address and no MX record: 550 No valid MX' "$work/lines" &&
    grep -q '^an MX record, its host is SERVFAIL: 550 No valid MX' "$work/lines" &&
    grep -q '^with allow_mx_ip, an address and no MX record: 250 ' "$work/lines"; then
    end 0 "as stated: no MX record, or one whose host cannot be looked up, is a refusal for good"
fi
end 1 "CHANGED: such senders are accepted, or told to come again"

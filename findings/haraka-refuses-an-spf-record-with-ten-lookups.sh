#!/usr/bin/env bash
# Version: Haraka 3.3.4 with haraka-plugin-spf 1.3.0 (npm), as the receiving server, "mfrom_permerror = true" in the part
#   [deny] of spf.ini (false as it comes; then the error stands in Authentication-Results only).
# Behaviour: an SPF record whose terms need ten look-ups, the most that RFC 7208 allows, is a permerror as soon as
#   anything stands behind the tenth, be it "ip4:" or "-all", which need none. A macro in "exp=" or "redirect=" is a
#   permerror, too. With nine look-ups, or with a macro in "include:", the same address passes.
# Guessed: ten look-ups pass, the eleventh is the error; macros are read in all terms that may have them.
# Hurts: checkers count ten of ten and say that the record is valid, other receivers pass it, and one refuses it for a
#   "Permanent Error". The sender looks for a fault of the record that is not there. Stay at nine look-ups or fewer, put
#   what needs none (ip4, ip6) in front, and write exp= and redirect= without macros.
# Source: observed; lib/spf.js asks "count >= LIMIT" before each term, whatever its kind, and has no "%{" in the pattern
#   of modifiers; RFC 7208 4.6.4, 6.1, 6.2.
# Seen on 30 November 2026 (client 192.0.2.25):
#   nine.example: 250 spf=Pass            (nine times "a:", then ip4:192.0.2.25 -all)
#   ten.example: 550 5.7.23 … SPF Permanent Error   (ten times "a:", then ip4:192.0.2.25 -all)
#   eleven.example: 550 5.7.23 … SPF Permanent Error
#   include.example: 250 spf=Pass         (include:%{ir}.spf.example)
#   redirect.example: 550 5.7.23 … SPF Permanent Error   (redirect=%{ir}.spf.example)
#   exp.example: 550 5.7.23 … SPF Permanent Error   (ip4:192.0.2.25 exp=%{ir}.exp.example -all)
# Needs Node.js 20 or later with npm, python3; root, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, a name server of its own
    work=$1
    ip link set lo up
    ip address add 192.0.2.25/32 dev lo
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    python3 "$work/dns.py" >"$work/dns.log" 2>&1 &
    node "$work/node_modules/Haraka/bin/haraka" -c "$work/haraka" >"$work/haraka.log" 2>&1 &
    for _ in $(seq 20); do
        sleep 1
        timeout 60 python3 "$work/ask.py" >"$work/lines" 2>"$work/ask.log" && break
    done
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in node npm python3 unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund --omit=optional Haraka@3.3.4 haraka-plugin-spf@1.3.0 \
    >npm.log 2>&1) || end 3 "the packages cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"

mkdir -p "$work"/haraka/{config,plugins,queue}
cp -r "$work"/node_modules/Haraka/config/. "$work/haraka/config/"
config=$work/haraka/config
echo 'mx.example.net' >"$config/me"
printf 'spf\nhere\n' >"$config/plugins"
printf 'listen=192.0.2.25:2525\nnodes=0\n' >"$config/smtp.ini"
printf '[deny]\nmfrom_permerror = true\n' >"$config/spf.ini"
cat >"$work/haraka/plugins/here.js" <<'JS'
exports.hook_connect = (next, connection) => {
  connection.remote.is_private = false // as it is for an address that is not of a range for documentation
  next()
}
exports.hook_rcpt = (next, connection) => next(OK, `spf=${connection.transaction.notes.spf_mail_result}`)
JS

cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: SPF records, and one address."""
import socket

TERMS = {"nine": 9, "ten": 10, "eleven": 11}
RECORDS = {f"{name}.example": f"v=spf1 {'a:a.example ' * count}ip4:192.0.2.25 -all" for name, count in TERMS.items()}
RECORDS |= {
    "include.example": "v=spf1 include:%{ir}.spf.example -all",
    "redirect.example": "v=spf1 redirect=%{ir}.spf.example",
    "exp.example": "v=spf1 ip4:192.0.2.25 exp=%{ir}.exp.example -all",
    "25.2.0.192.spf.example": "v=spf1 ip4:192.0.2.25 -all",
    "25.2.0.192.exp.example": "Not this address",
}

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    name, kind = ".".join(labels), query[at + 2]
    data = b""
    if kind == 1 and name == "a.example":
        data = bytes((192, 0, 2, 77))
    elif kind == 16 and name in RECORDS:
        data = bytes([len(RECORDS[name])]) + RECORDS[name].encode()
    answer = b"\xc0\x0c\x00" + bytes([kind]) + b"\x00\x01\x00\x00\x00\x3c" + len(data).to_bytes(2, "big") + data
    there = data or name in RECORDS or name == "a.example"
    head = query[:2] + bytes([0x81, 0x80 | (0 if there else 3), 0, 1, 0, 1 if data else 0, 0, 0, 0, 0])
    server.sendto(head + query[12 : at + 5] + (answer if data else b""), client)
PYTHON
cat >"$work/ask.py" <<'PYTHON'
"""Ask for one recipient from each sender; send no message."""
import smtplib

for label in ("nine", "ten", "eleven", "include", "redirect", "exp"):
    with smtplib.SMTP("192.0.2.25", 2525, "mail.example.com", timeout=30) as server:
        server.ehlo()
        code, text = server.mail(f"shop@{label}.example")
        if code == 250:
            code, text = server.rcpt("anna@example.net")
        print(f"{label}.example: {code} {text.decode()}", flush=True)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/ask.log")"
cat "$work/lines"
grep -qi '^nine.example: 250 .*spf=pass' "$work/lines" &&
    grep -q '^eleven.example: 550 .*SPF Permanent Error' "$work/lines" &&
    grep -qi '^include.example: 250 .*spf=pass' "$work/lines" ||
    end 4 "nothing measured: SPF was not asked as meant; $(tail -n 1 "$work/haraka.log")"

for label in ten redirect exp; do
    grep -q "^$label.example: 550 .*SPF Permanent Error" "$work/lines" || end 1 "CHANGED: $label.example is no permerror"
done
end 0 "as stated: ten look-ups with a term behind them, and a macro in a modifier, are a permerror"

#!/usr/bin/env bash
# Version: Knot Resolver 5.6.0-1+deb12u1 (Debian 12), as it comes (QNAME minimisation is on).
# Behaviour: a name server answers for s1._domainkey.shop.example, and drops questions for _domainkey.shop.example, a
#   name without records. The resolver asks for that one first, gets no answer, and says SERVFAIL; it never
#   asks for the key itself, however often it is asked. NXDOMAIN, REFUSED or SERVFAIL for the upper name do no
#   harm: then it asks for the whole name.
# Guessed: after the time-out, too, it asks for the whole name: servers that do not bear with minimisation are
#   known to everybody who implements it.
# Hurts: load balancers and filters in front of name servers that drop what they do not know. dig at such a server,
#   and most resolvers, find the DKIM key; behind a Knot Resolver the same message has dkim=temperror, and
#   mail to a server with a TLSA record (_25._tcp.mx) waits. The sender is told of a DNS failure and sees
#   none. Ask the name server for the upper name: dig _domainkey.example.com NS must get an answer.
# Source: observed; RFC 9156 (QNAME minimisation). Unbound 1.17.1, asked in the same way by hand, had no answer
#   for five seconds, and then found the key; PowerDNS Recursor 4.8.8 found it in 1.5 seconds.
# Seen on 30 November 2026 (TXT for s1._domainkey..., three times each; what the server says to the upper name):
#   good (no records): NOERROR 1, NOERROR 1, NOERROR 1; asked for the key: yes
#   nxdomain: NOERROR 1, NOERROR 1, NOERROR 1; asked for the key: yes
#   refused: NOERROR 1, NOERROR 1, NOERROR 1; asked for the key: yes
#   servfail: NOERROR 1, NOERROR 1, NOERROR 1; asked for the key: yes
#   silent: SERVFAIL 0, SERVFAIL 0, SERVFAIL 0; asked for the key: no
# Needs Debian 12 (amd64), root, python3 with venv, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    "$work/venv/bin/python" "$work/server.py" "$work/questions" >"$work/server.log" 2>&1 &
    chroot "$root" /usr/sbin/kresd -n -q -c /etc/kresd.conf /var/kresd >"$work/kresd.log" 2>&1 &
    sleep 2
    timeout 90 "$work/venv/bin/python" "$work/ask.py" "$work/questions" >"$work/lines" 2>"$work/ask.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc var/kresd &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    knot-resolver=5.6.0-1+deb12u1 libbpf1 libc6 libcap2 libdnssec9 libelf1 libffi8 libgcc-s1 libgcrypt20 libgmp10 \
    libgnutls30 libgpg-error0 libhogweed6 libidn2-0 libjemalloc2 libknot13 liblmdb0 libluajit-5.1-2 \
    libluajit-5.1-common liblz4-1 liblzma5 libnettle8 libnghttp2-14 libp11-kit0 libstdc++6 libsystemd0 libtasn1-6 \
    libunistring2 libuv1 libxdp1 libzscanner4 libzstd1 zlib1g dns-root-data \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q dnspython==2.9.2 >"$work/pip.log" 2>&1 ||
    end 3 "the package cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
cat >"$root/etc/kresd.conf" <<'CONF'
net.listen('127.0.0.1', 53, { kind = 'dns' })
net.ipv6 = false
modules = { 'hints > iterate' }
hints.root({ ['a.root-servers.net.'] = '127.0.0.2' })
trust_anchors.remove('.')
policy.add(policy.all(policy.FLAGS('ALLOW_LOCAL')))
CONF
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""The name servers of the root, of example and of the domains below it, each on an address of its own."""
import socket
import sys
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

CODES = {"nxdomain": dns.rcode.NXDOMAIN, "refused": dns.rcode.REFUSED, "servfail": dns.rcode.SERVFAIL}
questions = open(sys.argv[1], "w", buffering=1)


def refer(answer, zone, address):
    answer.authority.append(dns.rrset.from_text(zone, 3600, "IN", "NS", f"ns.{zone}"))
    answer.additional.append(dns.rrset.from_text(f"ns.{zone}", 3600, "IN", "A", address))


def reply_of(place, asked, answer):
    """Fill in the answer of one name server. False: it says nothing."""
    name, kind = asked.name.to_text().lower(), dns.rdatatype.to_text(asked.rdtype)
    labels = name.rstrip(".").split(".") if name != "." else []
    if place == "root" and labels[-1:] == ["example"]:
        refer(answer, "example.", "127.0.0.3")
        return True
    if place == "example" and len(labels) > 1 and labels[-2] != "ns":
        refer(answer, f"{labels[-2]}.example.", "127.0.0.4")
        return True
    answer.flags |= dns.flags.AA
    zone = {"root": ".", "example": "example."}.get(place, ".".join(labels[-2:]) + ".")
    below = labels[:-2] if place == "domains" else []
    found = ""
    if below == ["_domainkey"]:
        if labels[-2] == "silent":
            return False
        answer.set_rcode(CODES.get(labels[-2], dns.rcode.NOERROR))
    elif below == ["s1", "_domainkey"]:
        found = '"v=DKIM1; p=MAo="' if kind == "TXT" else ""
    elif kind == "NS" and name == zone:
        found = "a.root-servers.net." if place == "root" else f"ns.{zone}"
    elif kind == "A" and labels[:1] in (["ns"], ["a"]):
        found = {"root": "127.0.0.2", "example": "127.0.0.3"}.get(place, "127.0.0.4")
    if found:
        answer.answer.append(dns.rrset.from_text(name, 3600, "IN", kind, found))
    else:
        text = f"ns.{zone.lstrip('.')} root.{zone.lstrip('.')} 1 60 60 60 60"
        answer.authority.append(dns.rrset.from_text(zone, 60, "IN", "SOA", text))
    return True


def serve(place, address):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    while True:
        query, client = server.recvfrom(4096)
        question = dns.message.from_wire(query)
        answer = dns.message.make_response(question)
        questions.write(question.question[0].name.to_text().lower() + "\n")
        if reply_of(place, question.question[0], answer):
            server.sendto(answer.to_wire(), client)


for place, address in (("root", "127.0.0.2"), ("example", "127.0.0.3"), ("domains", "127.0.0.4")):
    threading.Thread(target=serve, args=(place, address)).start()
PYTHON
cat >"$work/ask.py" <<'PYTHON'
"""Ask the resolver for the key of each domain three times, and look what it asked the name server."""
import sys

import dns.message
import dns.query
import dns.rcode

for label in ("good", "nxdomain", "refused", "servfail", "silent"):
    name = f"s1._domainkey.{label}.example."
    answers = []
    for _ in range(3):
        answer = dns.query.udp(dns.message.make_query(name, "TXT"), "127.0.0.1", timeout=20)
        answers.append(f"{dns.rcode.to_text(answer.rcode())} {len(answer.answer)}")
    was_asked = name in open(sys.argv[1]).read().splitlines()
    what = " (no records)" if label == "good" else ""
    print(f"{label}{what}: {', '.join(answers)}; asked for the key: {'yes' if was_asked else 'no'}", flush=True)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/ask.log")"
cat "$work/lines"
[ "$(grep -c ': NOERROR 1, NOERROR 1, NOERROR 1; asked for the key: yes$' "$work/lines")" = 4 ] ||
    end 4 "nothing measured: the resolver did not reach the name servers as meant; $(tail -n 1 "$work/kresd.log")"

grep -qx 'silent: SERVFAIL 0, SERVFAIL 0, SERVFAIL 0; asked for the key: no' "$work/lines" ||
    end 1 "CHANGED: it finds the key below the silent name, or asks for it"
end 0 "as stated: below a name that gets no answer nothing is asked for"

#!/usr/bin/env bash
# Version: Knot Resolver 5.6.0-1+deb12u1 (its module hints, as its manual loads it) and PowerDNS Recursor 4.8.8-1+deb12u1
#   (export-etc-hosts=yes); dnsmasq 2.90-4~deb12u2 for comparison, all of Debian 12; all forward to the same server.
# Behaviour: the hosts file has "10.0.0.5 shop.example", so that the office reaches the web server within. From
#   then on the resolver says that shop.example has no MX and no TXT record, though the server that it forwards to has
#   both. PowerDNS Recursor also has NXDOMAIN for every name below it: _dmarc.shop.example, the DKIM keys, mail.shop.example.
#   dnsmasq replaces the address, and forwards all other questions.
# Guessed: a line of the hosts file is about addresses, and no other question changes, as with dnsmasq.
# Hurts: mail to the domain goes to the web server within ("Connection refused", or "relaying denied"), as there is no MX
#   record; mail from the domain has no SPF and, with PowerDNS Recursor, no DKIM key and no DMARC record, so that it is
#   refused or marked as spam by its own people. From outside all is well. Ask the mail server's own resolver for the
#   MX, and put the name of the host (www.shop.example) into the file in place of the domain.
# Source: observed. Unbound does the same for local-data, as unbound.conf(5) says (typetransparent is without it), and BIND
#   for a name in a response policy zone.
# Seen on 30 November 2026 (A; MX; TXT of shop.example; TXT of _dmarc.shop.example):
#   without a line: 198.51.100.5; 10 mx.provider.example.; "v=spf1 mx -all"; "v=DMARC1; p=reject"   (all three)
#   dnsmasq: 10.0.0.5; 10 mx.provider.example.; "v=spf1 mx -all"; "v=DMARC1; p=reject"
#   kresd: 10.0.0.5; NOERROR, no records; NOERROR, no records; "v=DMARC1; p=reject"
#   pdns_recursor: 10.0.0.5; NOERROR, no records; NOERROR, no records; NXDOMAIN
# Needs Debian 12 (amd64), root, python3 with venv, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

ask() { # what a resolver answers: LABEL COMMAND...
    label=$1
    shift
    chroot "$root" "$@" >>"$work/resolver.log" 2>&1 &
    resolver=$!
    "$work/venv/bin/python" "$work/ask.py" "$label"
    kill "$resolver"
    wait "$resolver" 2>>"$work/log" || return 0
}

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    "$work/venv/bin/python" "$work/server.py" >"$work/server.log" 2>&1 &
    sleep 1
    for hosts in plain shop; do
        echo '127.0.0.1 localhost' >"$root/etc/hosts"
        if [ "$hosts" = shop ]; then echo '10.0.0.5 shop.example' >>"$root/etc/hosts"; fi
        rm -rf "$root"/var/kresd/*
        ask "$hosts dnsmasq" /usr/sbin/dnsmasq --keep-in-foreground --user=root --conf-file=/dev/null --no-resolv \
            --server=127.0.0.2 --listen-address=127.0.0.1 --bind-interfaces --pid-file=
        ask "$hosts kresd" /usr/sbin/kresd -n -q -c /etc/kresd.conf /var/kresd
        ask "$hosts pdns_recursor" /usr/sbin/pdns_recursor --config-dir=/etc --daemon=no
    done >"$work/lines"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp run etc var/kresd var/run &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    knot-resolver=5.6.0-1+deb12u1 pdns-recursor=4.8.8-1+deb12u1 dnsmasq-base=2.90-4~deb12u2 \
    dns-root-data libboost-context1.74.0 libbpf1 libbrotli1 libc6 libcap2 libcom-err2 libcrypt1 libcurl4 libdbus-1-3 \
    libdnssec9 libelf1 libffi8 libfstrm0 libgcc-s1 libgcrypt20 libgmp10 libgnutls30 libgpg-error0 libgssapi-krb5-2 \
    libhogweed6 libidn2-0 libjansson4 libjemalloc2 libk5crypto3 libkeyutils1 libknot13 libkrb5-3 libkrb5support0 \
    libldap-2.5-0 liblmdb0 libluajit-5.1-2 libluajit-5.1-common liblz4-1 liblzma5 libmnl0 libnetfilter-conntrack3 \
    libnettle8 libnfnetlink0 libnftables1 libnftnl11 libnghttp2-14 libnsl2 libp11-kit0 libperl5.36 libpsl5 librtmp1 \
    libsasl2-2 libsnmp40 libsodium23 libssh2-1 libssl3 libstdc++6 libsystemd0 libtasn1-6 libtirpc3 libunistring2 \
    libuv1 libwrap0 libxdp1 libxtables12 libzscanner4 libzstd1 zlib1g \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q dnspython==2.9.2 >"$work/pip.log" 2>&1 ||
    end 3 "the package cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'dip:x:30:' >"$root/etc/group"
cat >"$root/etc/kresd.conf" <<'CONF'
net.listen('127.0.0.1', 53, { kind = 'dns' })
modules = { 'hints > iterate', 'policy' }
hints.add_hosts('/etc/hosts')
trust_anchors.remove('.')
policy.add(policy.all(policy.FORWARD({'127.0.0.2'})))
cache.open(10*MB, 'lmdb:///var/kresd')
CONF
cat >"$root/etc/recursor.conf" <<'CONF'
local-address=127.0.0.1
forward-zones-recurse=.=127.0.0.2
dont-query=
dnssec=off
export-etc-hosts=yes
socket-dir=/tmp
setuid=0
setgid=0
CONF
cat >"$work/server.py" <<'PYTHON'
"""The name server that all forward to: shop.example as it is known outside."""
import socket

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

RECORDS = {
    ("shop.example.", "A"): "198.51.100.5",
    ("shop.example.", "MX"): "10 mx.provider.example.",
    ("shop.example.", "TXT"): '"v=spf1 mx -all"',
    ("_dmarc.shop.example.", "TXT"): '"v=DMARC1; p=reject"',
    (".", "NS"): "ns.example.",
}
NAMES = {name for name, _ in RECORDS}

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.2", 53))
while True:
    data, client = server.recvfrom(4096)
    query = dns.message.from_wire(data)
    question, answer = query.question[0], dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
    if (name, kind) in RECORDS:
        answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, RECORDS[name, kind]))
    else:
        if not any(known.endswith(name) for known in NAMES):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        answer.authority.append(dns.rrset.from_text("example.", 60, "IN", "SOA", "ns.example. a.example. 1 60 60 60 60"))
    server.sendto(answer.to_wire(), client)
PYTHON
cat >"$work/ask.py" <<'PYTHON'
"""One line of answers of the resolver at 127.0.0.1; it gets ten seconds to start."""
import sys
import time

import dns.exception
import dns.message
import dns.query
import dns.rcode


def answer(name: str, kind: str, seconds: float = 5) -> str:
    reply = dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", timeout=seconds)
    records = [record.to_text() for rrset in reply.answer for record in rrset]
    rcode = dns.rcode.to_text(reply.rcode())
    return " ".join(records) or (f"{rcode}, no records" if rcode == "NOERROR" else rcode)


for _ in range(40):
    try:
        answer("shop.example", "A", 0.25)
        break
    except (OSError, dns.exception.DNSException):
        time.sleep(0.25)
questions = [("shop.example", "A"), ("shop.example", "MX"), ("shop.example", "TXT"), ("_dmarc.shop.example", "TXT")]
print(f"{sys.argv[1]}: {'; '.join(answer(*question) for question in questions)}")
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" 2>>"$work/log" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/log")"
cat "$work/lines"
records='10 mx.provider.example.; "v=spf1 mx -all"; "v=DMARC1; p=reject"'
for line in "plain dnsmasq: 198.51.100.5; $records" "plain kresd: 198.51.100.5; $records" \
    "plain pdns_recursor: 198.51.100.5; $records"; do
    grep -qxF "$line" "$work/lines" || end 4 "nothing measured: a resolver did not start, or did not forward"
done

none='NOERROR, no records'
if grep -qxF "shop dnsmasq: 10.0.0.5; $records" "$work/lines" &&
    grep -qxF "shop kresd: 10.0.0.5; $none; $none; \"v=DMARC1; p=reject\"" "$work/lines" &&
    grep -qxF "shop pdns_recursor: 10.0.0.5; $none; $none; NXDOMAIN" "$work/lines"; then
    end 0 "as stated: a line of the hosts file takes the MX and TXT records of the name away"
fi
end 1 "CHANGED: a line of the hosts file has another effect on the MX and TXT records"

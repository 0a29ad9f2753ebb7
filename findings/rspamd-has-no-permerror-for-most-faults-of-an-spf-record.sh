#!/usr/bin/env bash
# Version: rspamd 3.4-1 (Debian 12), its SPF module as it comes; pyspf 2.0.14 (PyPI), which the policy servers of Debian
#   use, for comparison.
# Behaviour: an SPF record with a fault is read as far as it goes. Of two records at one name the one that stands first
#   in the answer counts, so that the result changes with the order in which the resolver gives them. A mechanism that is
#   none ("ipv4:"), an include of a name without a record and three names that do not exist are passed over, and the
#   term behind them makes it R_SPF_ALLOW (pass). pyspf has permerror for all of these, as RFC 7208 has it.
# Guessed: R_SPF_PERMFAIL, which rspamd does have for a redirect to a name without a record.
# Hurts: the domain's own people try a new record with the server they have (mailcow, for one, has rspamd): pass. At
#   receivers that follow the RFC the same mail has no SPF pass, so that DMARC fails where DKIM does not align. With two
#   records it is pass and fail in turn, which looks like a fault of DNS. "It works there" says nothing of the record:
#   read it, or ask a second program.
# Source: observed; RFC 7208 4.5 (two records), 4.6 (syntax), 4.6.4 (void look-ups), 5.2 (include).
# Seen on 30 November 2026 (client 192.0.2.25):
#   good.example: rspamd R_SPF_ALLOW; pyspf pass
#   two.example: rspamd R_SPF_ALLOW; pyspf permerror       (the record that names the client comes first)
#   turned.example: rspamd R_SPF_FAIL; pyspf permerror     (the other one comes first)
#   typo.example: rspamd R_SPF_ALLOW; pyspf permerror
#   include.example: rspamd R_SPF_ALLOW; pyspf permerror
#   void.example: rspamd R_SPF_ALLOW; pyspf permerror
#   redirect.example: rspamd R_SPF_PERMFAIL; pyspf permerror
# Needs Debian 12 (amd64), root, python3 with venv, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null zero urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    mount -t proc proc "$root/proc" && mount -t tmpfs tmpfs "$root/dev/shm" || exit
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
    mount --bind "$work/resolv.conf" /etc/resolv.conf || exit
    "$work/venv/bin/python" "$work/server.py" >"$work/server.log" 2>&1 &
    chroot "$root" /usr/bin/rspamd -f -u _rspamd -g _rspamd >"$work/rspamd.log" 2>&1 &
    for _ in $(seq 60); do
        sleep 1
        chroot "$root" /usr/bin/rspamc uptime >/dev/null 2>&1 && break
    done
    for label in good two turned typo include void redirect; do
        printf '%s\r\n' "From: shop@$label.example" 'To: anna@example.net' 'Subject: test' '' 'Hello' >"$work/mail"
        symbol=$(timeout 30 chroot "$root" /usr/bin/rspamc --ip 192.0.2.25 --helo mail.example.com \
            --from "shop@$label.example" <"$work/mail" 2>>"$work/log" | grep -o 'R_SPF_[A-Z]*')
        result=$(timeout 30 "$work/venv/bin/python" "$work/ask.py" "$label.example" 2>>"$work/log")
        echo "$label.example: rspamd $symbol; pyspf $result"
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
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev/shm proc tmp etc/rspamd/local.d var/lib/rspamd \
    run/rspamd var/log/rspamd && ln -s usr/bin usr/sbin usr/lib usr/lib64 .) ||
    end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    rspamd=3.4-1 libhyperscan5 libglib2.0-0 libluajit-5.1-2 libluajit-5.1-common libsodium23 libsqlite3-0 libpcre2-8-0 \
    libicu72 libmagic1 libmagic-mgc libssl3 libunwind8 libzstd1 zlib1g libstdc++6 libgcc-s1 libc6 liblzma5 libbz2-1.0 \
    libarchive13 libjemalloc2 ca-certificates \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q pyspf==2.0.14 dnspython==2.9.2 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' '_rspamd:x:101:101::/var/lib/rspamd:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' '_rspamd:x:101:' >"$root/etc/group"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
echo 'nameserver 127.0.0.1' >"$root/etc/resolv.conf"
local=$root/etc/rspamd/local.d
printf 'com\nexample\nnet\n' >"$root/etc/rspamd/tld.dat" # the whole list takes minutes to compile
echo 'dns { nameserver = ["127.0.0.1"]; } url_tld = "/etc/rspamd/tld.dat"; disable_hyperscan = true;' \
    >"$local/options.inc"
echo 'type = "console"; level = "warning";' >"$local/logging.inc"
for module in rbl surbl emails phishing fuzzy_check neural greylist ratelimit history_redis asn mx_check replies; do
    echo 'enabled = false;' >"$local/$module.conf" # they ask other names, or Redis
done
chown -R 101:101 "$root/var/lib/rspamd" "$root/var/log/rspamd" "$root/run/rspamd"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""A name server: SPF records, and NXDOMAIN for all else but an address of empty.example."""
import socket

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

GOOD = '"v=spf1 ip4:192.0.2.25 -all"'
OTHER = '"v=spf1 ip4:192.0.2.26 -all"'
RECORDS = {
    "good.example.": [GOOD],
    "two.example.": [GOOD, OTHER],
    "turned.example.": [OTHER, GOOD],
    "typo.example.": ['"v=spf1 ipv4:192.0.2.26 ip4:192.0.2.25 -all"'],
    "include.example.": ['"v=spf1 include:empty.example ip4:192.0.2.25 -all"'],
    "void.example.": ['"v=spf1 a:a.example a:b.example a:c.example ip4:192.0.2.25 -all"'],
    "redirect.example.": ['"v=spf1 redirect=empty.example"'],
}
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    data, client = server.recvfrom(4096)
    query = dns.message.from_wire(data)
    question, answer = query.question[0], dns.message.make_response(query)
    name = question.name.to_text().lower()
    answer.flags |= dns.flags.RA
    if name not in RECORDS and name != "empty.example.":
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif question.rdtype == 16 and name in RECORDS:
        for record in RECORDS[name]:  # one by one: in the order that stands here
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", record))
    elif question.rdtype == 1 and name == "empty.example.":
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", "A", "192.0.2.77"))
    server.sendto(answer.to_wire(), client)
PYTHON
cat >"$work/ask.py" <<'PYTHON'
import sys

import spf

print(spf.check2(i="192.0.2.25", s=f"shop@{sys.argv[1]}", h="mail.example.com")[0])
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/rspamd.log")"
cat "$work/lines"
grep -qx 'good.example: rspamd R_SPF_ALLOW; pyspf pass' "$work/lines" &&
    grep -qx 'redirect.example: rspamd R_SPF_PERMFAIL; pyspf permerror' "$work/lines" ||
    end 4 "nothing measured: SPF was not asked as meant; $(tail -n 1 "$work/rspamd.log" "$work/log")"

for line in two:ALLOW turned:FAIL typo:ALLOW include:ALLOW void:ALLOW; do
    grep -qx "${line%:*}.example: rspamd R_SPF_${line#*:}; pyspf permerror" "$work/lines" ||
        end 1 "CHANGED: ${line%:*}.example has another result"
done
end 0 "as stated: rspamd reads past what is a permerror in pyspf"

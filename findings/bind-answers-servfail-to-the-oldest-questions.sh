#!/usr/bin/env bash
# Version: BIND 1:9.18.49-1~deb12u3 (Debian 12) as the resolver of a machine, with its default settings (recursive-clients
#   1000); a name server that takes 0.9 seconds for an answer.
# Behaviour: 1300 questions of one program are open at once. The 400 that were asked first get SERVFAIL before their
#   answer could come; the 900 that were asked last are answered. 700 at once are all answered. Its log has a
#   line about it now and then ("soft limit exceeded (901/900/1000), aborting oldest query"). Whose question it was does
#   not matter: what a mail server asked before is among the oldest.
# Guessed: beyond its limit it refuses what is new, as dnsmasq does, or lets it wait.
# Hurts: SERVFAIL is taken for a failure of the domain's own name servers: a check of a long list, or of the mail log of
#   a busy hour, finds good domains broken, others at each run, and the mail server beside it defers mail "Domain not
#   found". Ask fewer at once, or raise recursive-clients; "rndc status" shows how near it is.
# Source: observed; the BIND 9 manual (recursive-clients) says that a pending request is dropped for each new one.
# Seen on 30 November 2026:
#   700 at once: 700 answered, 0 SERVFAIL
#   1300 at once: 900 answered, 400 SERVFAIL: numbers 1 to 400, at the latest after 0.8 s
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    mkdir -p "$root/proc" && mount -t proc proc "$root/proc"
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    chroot "$root" /usr/sbin/named -g -c /etc/named.conf >"$work/named.log" 2>&1 &
    for _ in $(seq 20); do grep -q ' running$' "$work/named.log" && break; sleep 0.5; done
    for count in 700 1300; do python3 "$work/ask.py" "$count" || return 1; done >"$work/lines" 2>"$work/ask.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc var/cache/bind &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    bind9=1:9.18.49-1~deb12u3 bind9-libs=1:9.18.49-1~deb12u3 libc6 libcap2 libcom-err2 libfstrm0 libgcc-s1 libgcrypt20 \
    libgpg-error0 libgssapi-krb5-2 libicu72 libjemalloc2 libjson-c5 libk5crypto3 libkeyutils1 libkrb5-3 \
    libkrb5support0 liblmdb0 liblz4-1 liblzma5 libmaxminddb0 libnghttp2-14 libprotobuf-c1 libssl3 libstdc++6 \
    libsystemd0 libuv1 libxml2 libzstd1 zlib1g \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
cat >"$root/etc/named.conf" <<'CONF'
options {
    directory "/var/cache/bind";
    pid-file none;
    listen-on port 53 { 127.0.0.1; };
    listen-on-v6 { none; };
    dnssec-validation no;
    forwarders { 127.0.0.2; };
    forward only;
};
controls { };
CONF
cat >"$work/server.py" <<'PYTHON'
"""A name server that gives the same address for every name, 0.9 seconds after the question."""
import heapq
import select
import socket
import time

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE: no question may be lost here
server.bind(("127.0.0.2", 53))
answers = []
number = 0
while True:
    pause = max(0, answers[0][0] - time.monotonic()) if answers else None
    if select.select([server], [], [], pause)[0]:
        query, client = server.recvfrom(4096)
        at = 12
        while query[at]:
            at += 1 + query[at]
        record = b"\xc0\x0c" + query[at + 1 : at + 5] + b"\0\0\0\x3c\0\4\xc0\0\2\7"
        answer = query[:2] + b"\x85\x80\0\1\0\1\0\0\0\0" + query[12 : at + 5] + record
        number += 1
        heapq.heappush(answers, (time.monotonic() + 0.9, number, answer, client))
    while answers and answers[0][0] <= time.monotonic():
        _, _, answer, client = heapq.heappop(answers)
        server.sendto(answer, client)
PYTHON
cat >"$work/ask.py" <<'PYTHON'
"""Asks for as many names as it is told, one after the other, and waits for the answers afterwards."""
import socket
import struct
import sys
import time

count = int(sys.argv[1])
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)
client.connect(("127.0.0.1", 53))
begin = time.monotonic()
for number in range(1, count + 1):
    labels = f"d{number}.of{count}.example".split(".")
    name = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
    client.send(struct.pack("!HHHHHH", number, 0x100, 1, 0, 0, 0) + name + struct.pack("!HH", 1, 1))
    time.sleep(0.0002)
client.settimeout(5)
answered, failures, latest = set(), set(), 0.0
while len(answered) + len(failures) < count:
    try:
        answer = client.recv(4096)
    except TimeoutError:
        break
    number = struct.unpack("!H", answer[:2])[0]
    if answer[3] & 15 == 2:
        failures.add(number)
        latest = time.monotonic() - begin
    else:
        answered.add(number)
line = f"{count} at once: {len(answered)} answered, {len(failures)} SERVFAIL"
if failures:
    line += f": numbers {min(failures)} to {max(failures)}, at the latest after {latest:.1f} s"
print(line)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/named.log" "$work/ask.log")"
cat "$work/lines"
grep -q '^700 at once: 700 answered, 0 SERVFAIL$' "$work/lines" ||
    end 4 "nothing measured: this machine is too busy to answer 700 questions in time"

python3 - "$work/lines" <<'PYTHON' && end 0 "as stated: beyond 900 open questions the oldest get SERVFAIL"
import re
import sys

text = open(sys.argv[1], encoding="ascii").read()
found = re.search(r"^1300 at once: (\d+) answered, (\d+) SERVFAIL: numbers (\d+) to (\d+),", text, re.MULTILINE)
if found is None:
    sys.exit(1)
answered, failures, first, last = map(int, found.groups())
sys.exit(not (850 <= answered <= 950 and failures >= 300 and first == 1 and last <= failures + 50))
PYTHON
end 1 "CHANGED: the questions beyond its limit are treated in another way"

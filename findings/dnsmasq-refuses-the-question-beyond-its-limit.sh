#!/usr/bin/env bash
# Version: dnsmasq 2.90-4~deb12u2 (Debian 12), as it comes (dns-forward-max 150).
# Behaviour: of more than 150 questions at once, those beyond are answered with REFUSED, each within
#   milliseconds; the 150 get their answers when these come. Nothing in a REFUSED tells it from that of
#   a server which does not serve this client, and the log has one line for all of them.
# Guessed: what is too much waits, or is dropped, so that the client asks again as after any loss.
# Hurts: a mailing, or a check of a list of domains, begins with hundreds of questions for MX. Where a
#   few zones answer slowly, good domains come back as REFUSED, which is final to many programs: a
#   list cleaner that goes by it drops them, and a diagnosis says that the resolver answers for nobody.
#   Try REFUSED again, later and fewer at once; set dns-forward-max higher.
# Source: observed; dnsmasq(8) has the limit and its default, and not what happens beyond it.
# Seen on 29 November 2026 (an upstream that takes two seconds; questions at once: answers, refusals):
#   100: 100 answered, 0 refused
#   200: 150 answered, 50 refused within a second
#   400: 150 answered, 250 refused within a second
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    chroot "$root" /usr/sbin/dnsmasq --no-daemon --no-resolv --no-hosts --user=root --listen-address=127.0.0.1 \
        --bind-interfaces --pid-file= --conf-file=/dev/null --server=127.0.0.1#5300 >"$work/dnsmasq.log" 2>&1 &
    python3 "$work/ask.py" >"$work/counts"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    dnsmasq-base=2.90-4~deb12u2 libc6 libcap2 libdbus-1-3 libgcrypt20 libgmp10 libgpg-error0 libhogweed6 libidn2-0 \
    libjansson4 liblz4-1 liblzma5 libmnl0 libnetfilter-conntrack3 libnettle8 libnfnetlink0 libnftables1 libnftnl11 \
    libsystemd0 libunistring2 libxtables12 libzstd1 libedit2 libtinfo6 libbsd0 libmd0 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'dnsmasq:x:101:65534::/:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'dip:x:30:' 'nogroup:x:65534:' >"$root/etc/group"
chmod 755 "$root"

cat >"$work/ask.py" <<'PYTHON'
"""An upstream that takes two seconds, and a client with many questions at once."""
import collections
import socket
import struct
import threading
import time

upstream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
upstream.bind(("127.0.0.1", 5300))


def answer(query, peer):
    time.sleep(2)
    question = query[12 : query.index(b"\0", 12) + 5]
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300, 4) + bytes((192, 0, 2, 1))
    upstream.sendto(query[:2] + b"\x81\x80" + struct.pack("!HHHH", 1, 1, 0, 0) + question + record, peer)


def serve():
    while True:
        query, peer = upstream.recvfrom(4096)
        threading.Thread(target=answer, args=(query, peer), daemon=True).start()


def question(number, name):
    labels = b"".join(bytes([len(it)]) + it for it in (name.encode(), b"example", b"com"))
    return struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", 1, 1)


def ask(count):
    """Response codes, and how many of each came within a second."""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    client.connect(("127.0.0.1", 53))
    client.settimeout(5)
    moments, codes, soon = {}, collections.Counter(), collections.Counter()
    for number in range(count):
        moments[number] = time.monotonic()
        client.send(question(number, f"d{count}-{number}"))
        if number % 50 == 49:
            time.sleep(0.01)
    try:
        while sum(codes.values()) < count:
            reply = client.recv(4096)
            code = reply[3] & 15
            codes[code] += 1
            soon[code] += time.monotonic() - moments[struct.unpack("!H", reply[:2])[0]] < 1
    except TimeoutError:
        pass
    late = "" if codes[5] == soon[5] else ", some of them late"
    print(f"{count}: {codes[0]} answered, {codes[5]} refused{' within a second' if codes[5] else ''}{late}")


threading.Thread(target=serve, daemon=True).start()
time.sleep(1)
for count in (100, 200, 400):
    ask(count)
PYTHON

unshare --mount --net --pid --fork bash "$0" inside "$work" >"$work/inside.log" 2>&1
[ -s "$work/counts" ] || end 4 "nothing measured: dnsmasq did not answer"
cat "$work/counts"
grep -q '^100: 100 answered, 0 refused$' "$work/counts" || end 4 "nothing measured: a hundred questions were not answered"
grep -q '^200: 150 answered, 50 refused within a second$' "$work/counts" &&
    grep -q '^400: 150 answered, 250 refused within a second$' "$work/counts" ||
    end 1 "CHANGED: what is beyond 150 questions at once is not refused as stated"
end 0 "as stated: what is beyond 150 questions at once is refused"

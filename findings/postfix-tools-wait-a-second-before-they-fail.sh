#!/usr/bin/env bash
# Version: Postfix 3.7.11-0+deb12u1 (Debian 12), its tools postconf and postmap.
# Behaviour: every fatal error ends the tool one second after the message is printed: postconf
#   without a main.cf (Debian's choice "No configuration" leaves the host so), postmap with a table
#   that is not there. A call that succeeds takes some milliseconds.
# Guessed: a tool that only reads a file fails as fast as it succeeds.
# Hurts: who asks postconf for twenty parameters, one by one, on a host that has the package and no
#   configuration waits twenty seconds; a health check with a short limit calls it hung. Ask for
#   all parameters in one call, and look for main.cf first.
# Source: observed; msg.c (msg_fatal) sleeps for a second before it exits, so that a daemon which
#   is restarted at once cannot flood the log. postconf(1) and postmap(1) do not tell.
# Seen on 29 November 2026 (seconds, the least of three):
#   postconf -h myhostname, with main.cf: 0.0, exit 0
#   postconf -h myhostname, without main.cf: 1.0, exit 1
#   postmap -q key texthash:/nowhere: 1.0, exit 1
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/time.py" "$root" >"$work/times"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/postfix etc/bare &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    postfix=3.7.11-0+deb12u1 libc6 libdb5.3 libnsl2 libtirpc3 libsasl2-2 libssl3 libicu72 libstdc++6 \
    libgcc-s1 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'postfix:x:101:101::/var/spool/postfix:/usr/sbin/nologin' \
    'nobody:x:65534:65534::/:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'postfix:x:101:' 'postdrop:x:102:' 'nogroup:x:65534:' >"$root/etc/group"
printf '%s\n' 'compatibility_level = 3.6' 'myhostname = mail.example.com' >"$root/etc/postfix/main.cf"
chmod 755 "$root"

cat >"$work/time.py" <<'PYTHON'
"""How long each call takes, the least of three, and how it ends."""
import subprocess
import sys
import time

CALLS = {
    "postconf -h myhostname, with main.cf": ["postconf", "-h", "myhostname"],
    "postconf -h myhostname, without main.cf": ["postconf", "-c", "/etc/bare", "-h", "myhostname"],
    "postmap -q key texthash:/nowhere": ["postmap", "-q", "key", "texthash:/nowhere"],
}
for name, (tool, *arguments) in CALLS.items():
    least, code = 99.0, None
    for _ in range(3):
        began = time.monotonic()
        run = subprocess.run(["chroot", sys.argv[1], f"/usr/sbin/{tool}", *arguments], capture_output=True)
        least, code = min(least, time.monotonic() - began), run.returncode
    print(f"{name}: {least:.1f}, exit {code}")
PYTHON

unshare --mount --net --pid --fork bash "$0" inside "$work" >"$work/inside.log" 2>&1
[ -s "$work/times" ] || end 4 "nothing measured: the tools did not run"
cat "$work/times"
grep -q 'with main.cf: 0\.[0-4], exit 0' "$work/times" || end 4 "nothing measured: a call that succeeds was slow or failed"
grep -q 'without main.cf: 1\.[0-9], exit 1' "$work/times" && grep -q 'nowhere: 1\.[0-9], exit 1' "$work/times" ||
    end 1 "CHANGED: a fatal error does not take the second that is stated"
end 0 "as stated: a fatal error takes a second"

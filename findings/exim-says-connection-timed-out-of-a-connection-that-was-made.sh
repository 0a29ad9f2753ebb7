#!/usr/bin/env bash
# Version: Exim 4.96-15+deb12u11 (Debian 12, exim4-daemon-light), its log.
# Behaviour: "defer (110): Connection timed out" stands in the log for a host that does not answer
#   to the connection, for one that accepts it and sends no greeting, and for one that has taken
#   the whole message and is late with its last reply. Only what stands behind the host tells.
# Guessed: "Connection timed out" says that no connection came about.
# Hurts: who reads (or counts) up to there looks for a filter or a wrong address, where the
#   server was reached. In the third case the message may have been delivered, and each attempt may
#   deliver it again. Read on to "SMTP timeout after"; if nothing follows, it was the connection.
# Source: observed; smtp.c (transport) keeps ETIMEDOUT for each wait that ends, and the log puts
#   the system's text for it (110 on Linux) before the host and the phase.
# Seen on 29 November 2026 (time limits of 5 s in the place of 5 and 10 minutes):
#   == a@away.example R=elsewhere T=out defer (110): Connection timed out
#   == b@silent.example R=elsewhere T=out defer (110): Connection timed out H=127.0.0.2 [127.0.0.2]:
#     SMTP timeout after initial connection
#   == c@late.example R=elsewhere T=out defer (110): Connection timed out H=127.0.0.3 [127.0.0.3]:
#     SMTP timeout after end of data (339 bytes written)
#   (late: the whole message is here)
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    ip route add 192.0.2.1 dev lo
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    sleep 1
    for to in a@away.example b@silent.example c@late.example; do
        printf '%s\n' 'From: shop@example.com' "To: $to" 'Subject: test' '' 'Hello' |
            chroot "$root" /usr/sbin/exim4 -odi -i -f shop@example.com "$to"
    done >>"$work/exim.log" 2>&1
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p \
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/exim4 var/spool/exim4 var/log/exim4 var/mail run/exim4 \
    run &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    exim4-daemon-light=4.96-15+deb12u11 exim4-base=4.96-15+deb12u11 libc6 libcrypt1 libnsl2 libtirpc3 \
    libdb5.3 libgnutls30 libgnutls-dane0 libunbound8 libevent-2.1-7 libssl3 libnghttp2-14 libhiredis0.14 \
    libpcre2-8-0 libidn12 libidn2-0 libp11-kit0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 \
    libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libffi8 libgcc-s1 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' \
    'Debian-exim:x:101:101::/var/spool/exim4:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' 'Debian-exim:x:101:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
echo 'smtp 25/tcp' >"$root/etc/services"
cat >"$root/etc/exim4/exim4.conf" <<'CONF'
primary_hostname = mail.example.com
trusted_users = root
keep_environment =
begin routers
elsewhere:
  driver = manualroute
  route_list = silent.example 127.0.0.2 ; late.example 127.0.0.3 ; away.example 192.0.2.1
  self = send
  transport = out
begin transports
out:
  driver = smtp
  connect_timeout = 5s
  command_timeout = 5s
  data_timeout = 5s
  final_timeout = 5s
  hosts_try_fastopen =
begin retry
* * F,2h,15m
CONF
chown root:root "$root/etc/exim4/exim4.conf"
chown 101:101 "$root/var/spool/exim4" "$root/var/log/exim4" "$root/run/exim4"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""Two servers: one never sends its greeting, the other takes a whole message and never answers to it."""
import socketserver
import threading


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        name = {"127.0.0.2": "silent", "127.0.0.3": "late"}[self.request.getsockname()[0]]
        print(f"{name}: connected", flush=True)
        if name == "late":
            self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"DATA":
                self.say("354 Go ahead")
                for text in iter(self.rfile.readline, b".\r\n"):
                    pass
                print(f"{name}: the whole message is here", flush=True)
            else:
                self.say("250 Ok")


for last in "23":
    server = socketserver.ThreadingTCPServer(("127.0.0." + last, 25), Session)
    threading.Thread(target=server.serve_forever).start()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
cat "$work/server.log"
grep -hE ' (==|\*\*|=>) [abc]@' "$root/var/log/exim4/mainlog" 2>>"$work/exim.log" |
    sed -E 's/.* (==|\*\*|=>) /\1 /' | tee "$work/deferrals"
[ "$(wc -l <"$work/deferrals")" = 3 ] || end 4 "nothing measured: not three attempts; $(tail -n 1 "$work/exim.log")"
grep -q '^silent: connected' "$work/server.log" && grep -q '^late: the whole message is here' "$work/server.log" ||
    end 4 "nothing measured: the servers were not reached"

start='R=elsewhere T=out defer (110): Connection timed out'
if grep -qx "== a@away.example $start" "$work/deferrals" &&
    grep -q "^== b@silent.example $start H=127.0.0.2 .*: SMTP timeout after initial connection" "$work/deferrals" &&
    grep -q "^== c@late.example $start H=127.0.0.3 .*: SMTP timeout after end of data" "$work/deferrals"; then
    end 0 "as stated: all three waits are logged as Connection timed out"
fi
end 1 "CHANGED: a connection that was made is no longer logged as timed out"

#!/usr/bin/env bash
# Version: Exim 4.96-15+deb12u11 (Debian 12, exim4-daemon-light), its log with +deliver_time.
# Behaviour: the time that the delivery took (DT=) stands in another place in each kind of line: in
#   a refusal (**) behind the server's words, with a space and no quotes; in a deferral (==) before
#   them; in a delivery (=>) behind the quoted reply.
# Guessed: DT= stands with the other fields (R=, T=, H=), before the colon and the server's words.
# Hurts: who takes what follows "SMTP error from remote mail server" as the server's words has
#   " DT=0.007s" at their end: refusals that are alike differ, lists of the most frequent ones
#   fall apart, and what is sent to the other postmaster has a thing in it that he never said. Cut
#   a last " DT=<number>s" off, in ** lines only.
# Source: observed; deliver.c writes the error first and the time after it where an address fails,
#   and the other way round where it is deferred. The manual (log_selector) tells of the field, not
#   of its place.
# Seen on 29 November 2026:
#   => taken@example.net R=elsewhere T=out H=127.0.0.2 [127.0.0.2] C="250 2.0.0 Ok" DT=0s
#   ** refused@example.net R=elsewhere T=out H=127.0.0.2 [127.0.0.2]: SMTP error from remote mail server
#     after RCPT TO:<refused@example.net>: 550 5.7.1 Refused by our list, see
#     https://list.example/?ip=192.0.2.1 DT=0s
#   == deferred@example.net R=elsewhere T=out defer (-44) H=127.0.0.2 [127.0.0.2] DT=0s: SMTP error from
#     remote mail server after RCPT TO:<deferred@example.net>: 451 4.7.1 Try again later, see
#     https://list.example/?ip=192.0.2.1
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    sleep 1
    for to in taken@example.net refused@example.net deferred@example.net; do
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
log_selector = +deliver_time
begin routers
elsewhere:
  driver = manualroute
  route_list = * 127.0.0.2
  self = send
  transport = out
begin transports
out:
  driver = smtp
  hosts_try_fastopen =
begin retry
* * F,2h,15m
CONF
chown root:root "$root/etc/exim4/exim4.conf"
chown 101:101 "$root/var/spool/exim4" "$root/var/log/exim4" "$root/run/exim4"
chmod 755 "$root"

cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that refuses one recipient, defers another and takes all other mail."""
import socketserver

REPLIES = {
    "<refused@": "550 5.7.1 Refused by our list, see https://list.example/?ip=192.0.2.1",
    "<deferred@": "451 4.7.1 Try again later, see https://list.example/?ip=192.0.2.1",
}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            line = line.decode().strip()
            verb = line[:4].upper()
            if verb == "RCPT":
                reply = next((r for a, r in REPLIES.items() if a in line), "250 2.1.5 Ok")
                print(line, "=>", reply, flush=True)
                self.say(reply)
            elif verb == "DATA":
                self.say("354 Go ahead")
                for text in iter(self.rfile.readline, b".\r\n"):
                    pass
                self.say("250 2.0.0 Ok")
            else:
                self.say("250 Ok")
            if verb == "QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.2", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
cat "$work/server.log"
grep -hE ' (=>|\*\*|==) .*@example.net' "$root/var/log/exim4/mainlog" 2>>"$work/exim.log" |
    sed -E 's/.* (=>|\*\*|==) /\1 /' | tee "$work/lines"
[ "$(wc -l <"$work/lines")" = 3 ] || end 4 "nothing measured: not three deliveries; $(tail -n 1 "$work/exim.log")"

time='DT=[0-9.]+m?s'
link='https://list\.example/\?ip=192\.0\.2\.1'
if grep -qE "^=> taken@.* C=\"250 2\.0\.0 Ok\" $time\$" "$work/lines" &&
    grep -qE "^\*\* refused@.*: 550 5\.7\.1 Refused by our list, see $link $time\$" "$work/lines" &&
    grep -qE "^== deferred@.* $time: .*: 451 4\.7\.1 Try again later, see $link\$" "$work/lines"; then
    end 0 "as stated: DT= stands behind the server's words in a refusal, and before them in a deferral"
fi
end 1 "CHANGED: DT= no longer stands behind the server's words, or before them in a deferral"

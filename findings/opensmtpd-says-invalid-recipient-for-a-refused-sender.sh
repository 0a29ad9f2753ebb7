#!/usr/bin/env bash
# Version: OpenSMTPD 6.8.0p2-4+b4 (Debian 12), as the receiving server.
# Behaviour: "550 Invalid recipient: <address>" is its one reply at RCPT for three things: a
#   mailbox that does not exist, a domain that it does not serve (relaying denied), and a
#   recipient that exists where a rule refuses the SENDER. There is no enhanced status.
# Guessed: relaying denied and a refused sender have words of their own (5.7.1), as elsewhere.
# Hurts: a good address is struck off as unknown although the sender was refused, or the server
#   asked was not the one of the domain. Try another sender, and postmaster@ of the domain,
#   before the address is called dead.
# Source: observed; lka_session.c (lka_resume) has these words for each failure without others,
#   among them no rule, a "reject" rule and no such user. smtpd.conf(5) does not say so.
# Seen on 28 November 2026:
#   from a@example.com to anna@example.net (exists):    250 2.1.5 Destination address valid: ...
#   from a@example.com to nobody@example.net:           550 Invalid recipient: <nobody@example.net>
#   from a@example.com to anna@example.org (not served): 550 Invalid recipient: <anna@example.org>
#   from refused@example.com to anna@example.net:       550 Invalid recipient: <anna@example.net>
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    chroot "$root" /usr/sbin/smtpd -d >"$work/smtpd.log" 2>&1 &
    sleep 2
    timeout 60 python3 "$work/ask.py" >"$work/answers" 2>>"$work/smtpd.log"
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/pam.d var/spool/smtpd/offline var/spool/smtpd/purge \
    var/spool/smtpd/queue var/spool/smtpd/corrupt var/spool/smtpd/incoming var/spool/smtpd/temporary \
    var/lib/opensmtpd/empty run var/run var/mail srv/anna &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    opensmtpd=6.8.0p2-4+b4 libc6 libssl3 libdb5.3 zlib1g libevent-2.1-7 libcrypt1 libpam0g libaudit1 \
    libcap-ng0 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'anna:x:1000:1000::/srv/anna:/bin/sh' \
    'opensmtpd:x:101:101::/var/lib/opensmtpd/empty:/usr/sbin/nologin' \
    'opensmtpq:x:102:102::/var/lib/opensmtpd/empty:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'anna:x:1000:' 'opensmtpd:x:101:' 'opensmtpq:x:102:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.net' >"$root/etc/hosts"
echo 'mail.example.net' >"$root/etc/mailname"
cat >"$root/etc/smtpd.conf" <<'CONF'
listen on lo port 25
action "box" mbox
match from any mail-from "refused@example.com" for domain "example.net" reject
match from any for domain "example.net" action "box"
CONF
chmod 755 "$root"; chmod 711 "$root/var/spool/smtpd"; chmod 1777 "$root/tmp"
chown 0:102 "$root/var/spool/smtpd/offline"; chmod 770 "$root/var/spool/smtpd/offline"
for name in purge queue corrupt incoming temporary; do
    chown 102:0 "$root/var/spool/smtpd/$name"; chmod 700 "$root/var/spool/smtpd/$name"
done

cat >"$work/ask.py" <<'PYTHON'
"""Ask for four recipients, each in a session of its own; send no message."""
import smtplib

for sender, recipient in (
    ("a@example.com", "anna@example.net"),
    ("a@example.com", "nobody@example.net"),
    ("a@example.com", "anna@example.org"),
    ("refused@example.com", "anna@example.net"),
):
    with smtplib.SMTP("127.0.0.1", 25, "client.example.com", timeout=20) as server:
        server.ehlo()
        server.mail(sender)
        code, text = server.rcpt(recipient)
        print(f"from {sender} to {recipient}: {code} {text.decode()}", flush=True)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
[ "$(wc -l <"$work/answers")" = 4 ] || end 4 "nothing measured: $(tail -n 1 "$work/smtpd.log")"
cat "$work/answers"

if grep -q '^from a@example.com to anna@example.net: 250' "$work/answers" &&
    [ "$(grep -c ': 550 Invalid recipient: ' "$work/answers")" = 3 ] &&
    grep -q '^from refused@example.com to anna@example.net: 550 Invalid recipient' "$work/answers"; then
    end 0 "as stated: unknown mailbox, relaying denied and refused sender have one text"
fi
end 1 "CHANGED: the three refusals no longer have the one text"

#!/usr/bin/env bash
# Version: fail2ban 1.0.2-2 (Debian 12), its filter postfix as it comes, on the log of Postfix 3.7.11-0+deb12u1
#   (Debian 12), the receiving server.
# Behaviour: while DNS fails (SERVFAIL) Postfix puts mail off with 450, since the sender's domain, the host name or the
#   name of the EHLO cannot be looked up. The filter counts each of these, as it counts a question for an unknown
#   user; a 450 of greylisting it does not. Five of them within ten minutes, and the address is banned for ten
#   minutes (the defaults of the jail; it is off until the administrator turns it on).
# Guessed: only refusals for good (5yz) count; a 450 asks the other server to come again.
# Hurts: the receiver's own resolver fails for some minutes, and the first to be banned are those who send most: the
#   large providers, and the own branch office. They then get no connection at all, and their logs say "Connection
#   refused" or "timed out", when DNS has long been well again. Look for the address with fail2ban-client status
#   postfix before you look at the network; give ignoreregex a line for 450.
# Source: observed; filter.d/postfix.conf has [45][50][04] for the code, and "(?:Host|Domain) not found" behind it.
# Seen on 30 November 2026 (the client, what Postfix told it; counted or not):
#   192.0.2.7   450 4.1.8 <anna@example.com>: Sender address rejected: Domain not found           counted
#   192.0.2.8   450 4.7.1 <mail.example.com>: Helo command rejected: Host not found               counted
#   192.0.2.9   450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.9]           counted
#   192.0.2.10  450 4.2.0 <grey@example.net>: Recipient address rejected: Greylisted, come again  not counted
#   192.0.2.11  550 5.1.1 <gone@example.net>: Recipient address rejected: User unknown in ...     counted
# Needs Debian 12 (amd64), root, its python3 (3.11), unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for number in $(seq 7 11); do ip address add "192.0.2.$number/32" dev lo; done
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/names.py" >"$work/names.log" 2>&1 &
    chroot "$root" /usr/lib/postfix/sbin/master -d >"$work/postfix.log" 2>&1 &
    sleep 3
    timeout 60 python3 "$work/client.py" >"$work/client.log" 2>&1
    sleep 1
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/postfix var/lib/postfix var/log var/spool/postfix/pid \
    var/spool/postfix/public var/spool/postfix/private var/spool/postfix/active var/spool/postfix/incoming \
    var/spool/postfix/deferred var/spool/postfix/defer var/spool/postfix/bounce var/spool/postfix/corrupt \
    var/spool/postfix/hold var/spool/postfix/flush var/spool/postfix/trace var/spool/postfix/saved \
    var/spool/postfix/maildrop &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    postfix=3.7.11-0+deb12u1 libc6 libdb5.3 libnsl2 libtirpc3 libsasl2-2 libssl3 libicu72 libstdc++6 \
    libgcc-s1 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 \
    fail2ban=1.0.2-2 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'postfix:x:101:101::/var/spool/postfix:/usr/sbin/nologin' \
    'nobody:x:65534:65534::/:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'postfix:x:101:' 'postdrop:x:102:' 'nogroup:x:65534:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
echo 'smtp 25/tcp' >"$root/etc/services"
echo 'nameserver 127.0.0.1' >"$root/etc/resolv.conf"
cat >"$root/etc/postfix/main.cf" <<'CONF'
compatibility_level = 3.6
myhostname = mx.example.net
mydestination = example.net
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_database =
alias_maps =
local_recipient_maps = inline:{ anna=x, grey=x }
maillog_file = /var/log/mail.log
smtpd_client_restrictions =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access inline:{ { grey@example.net = 450 4.2.0 Greylisted, come again } }
CONF
cat >"$root/etc/postfix/master.cf" <<'CONF'
25      inet       n - n - - smtpd -o smtpd_sender_restrictions=reject_unknown_sender_domain
26      inet       n - n - - smtpd -o smtpd_helo_restrictions=reject_unknown_helo_hostname
27      inet       n - n - - smtpd -o smtpd_client_restrictions=reject_unknown_client_hostname
28      inet       n - n - - smtpd
rewrite unix       - - n - - trivial-rewrite
cleanup unix       n - n - 0 cleanup
anvil   unix       - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
CONF
chown -R 101:101 "$root/var/lib/postfix" "$root"/var/spool/postfix/*
chown 0:0 "$root/var/spool/postfix/pid"; chgrp 102 "$root"/var/spool/postfix/{public,maildrop}
chmod 700 "$root/var/spool/postfix/private"; chmod 710 "$root/var/spool/postfix/public"
chmod 755 "$root"

cat >"$work/names.py" <<'PYTHON'
"""A name server that fails: SERVFAIL for every question."""
import socketserver


class Name(socketserver.BaseRequestHandler):
    def handle(self):
        query, server = self.request
        answer = query[:2] + b"\x81\x82" + query[4:6] + bytes(6) + query[12:]
        server.sendto(answer, self.client_address)


socketserver.ThreadingUDPServer(("127.0.0.1", 53), Name).serve_forever()
PYTHON
cat >"$work/client.py" <<'PYTHON'
"""Five good servers, each on an address of its own, with one message each."""
import smtplib

for number, port, to in ((7, 25, "anna"), (8, 26, "anna"), (9, 27, "anna"), (10, 28, "grey"), (11, 28, "gone")):
    client = smtplib.SMTP(
        "127.0.0.1", port, local_hostname="mail.example.com", source_address=(f"192.0.2.{number}", 0), timeout=20
    )
    client.ehlo()
    client.mail("anna@example.com")
    client.rcpt(f"{to}@example.net")
    client.quit()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start; $(tail -n 1 "$work/postfix.log")"
log=$root/var/log/mail.log
sed -nE 's/.*reject: RCPT from [^[]*\[([0-9.]+)\]: (.*); from=.*/\1 \2/p' "$log" | tee "$work/told"
for told in '7 450 4.1.8 ' '8 450 4.7.1 ' '9 450 4.7.25 ' '10 450 4.2.0 ' '11 550 5.1.1 '; do
    grep -q "^192.0.2.$told" "$work/told" ||
        end 4 "nothing measured: Postfix has no $told; $(tail -n 1 "$work/client.log")"
done
PYTHONPATH=$root/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1 python3 "$root/usr/bin/fail2ban-regex" \
    -o ip "$log" "$root/etc/fail2ban/filter.d/postfix.conf" >"$work/lines" 2>"$work/fail2ban.log"
counted=$(sort -u -t . -k 4n "$work/lines" | tr '\n' ' ')
echo "counted: $counted"
grep -q '192.0.2.11 ' <<<"$counted" ||
    end 4 "nothing measured: fail2ban counts nothing; $(tail -n 1 "$work/fail2ban.log")"

[ "$counted" = '192.0.2.7 192.0.2.8 192.0.2.9 192.0.2.11 ' ] ||
    end 1 "CHANGED: another choice of these refusals is counted"
end 0 "as stated: a server that was put off because DNS failed counts like one that asks for an unknown user"

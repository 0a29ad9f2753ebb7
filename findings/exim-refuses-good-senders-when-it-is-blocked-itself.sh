#!/usr/bin/env bash
# Version: Exim 4.96-15+deb12u11 (Debian 12, exim4-daemon-light), as the receiving server, with "require verify =
#   sender/callout" (not so in Debian's own configuration).
# Behaviour: the receiving server is on a blocklist that the sender's own server uses. Its callout is refused in the
#   greeting (554), and each sender of that domain gets 550 for good: "Verification failed for <anna@…>", then what was
#   told to the callout, below "Sent: QUIT". Where the refusal comes at MAIL, it is "Callback setup failed", with a
#   sentence on servers that refuse bounces, and it stands for all addresses of the domain for three hours. A 421 is 451.
# Guessed: 451, as for every callout that could not be made: nothing was learned of the sender's address.
# Hurts: the bounce tells the sender that an address, 192.0.2.7, is listed. It is that of the recipient's server: whoever
#   looks at his own address finds it on no list, and whoever takes the first line finds that anna@ is there. The two who
#   can act are the recipient's postmaster (get off the list, give up callouts) and the sender's (let 192.0.2.7 in).
#   Below "Called:" stands a server of the sender: look into its log at that time.
# Source: observed; Exim's specification has "bound to fail" for a host that refuses the connection or a command up to
#   MAIL, and keeps that for the domain (callout_domain_negative_expire); not that it is a 550 to the sender.
# Seen on 30 November 2026 (RCPT TO:<bob@example.net>):
#   anna@good.example: 250 Accepted
#   gone@good.example: 550 Verification failed for <gone@good.example> / Called:   127.0.0.2 / Sent:     RCPT
#     TO:<gone@good.example> / Response: 550 5.1.1 User unknown / Sender verify failed
#   anna@greeting.example: 550 Verification failed for <anna@greeting.example> / Called:   127.0.0.3 / Sent:     QUIT /
#     Response: 554 5.7.1 Client host [192.0.2.7] is listed at bl.example / Sender verify failed
#   anna@mail.example: 550 Callback setup failed while verifying <anna@mail.example> / Called:   127.0.0.4 / Sent:
#     MAIL FROM:<> / Response: 554 5.7.1 Client host [192.0.2.7] is listed at bl.example / The initial connection, or
#     a HELO or MAIL FROM:<> command was / rejected. Refusing MAIL FROM:<> does not help fight spam, …
#   carl@mail.example: 550 Callback setup failed while verifying <carl@mail.example> / (result of an earlier callout
#     reused). / The initial connection, …
#   anna@busy.example: 451 Could not complete sender verify callout
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/dns.py" >"$work/dns.log" 2>&1 &
    python3 "$work/servers.py" >"$work/servers.log" 2>&1 &
    sleep 1
    chroot "$root" /usr/sbin/exim4 -bdf -C /etc/exim4/test.conf >"$work/exim.log" 2>&1 &
    sleep 2
    timeout 90 python3 "$work/ask.py" >"$work/answers" 2>>"$work/exim.log"
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
echo '127.0.0.1 localhost mail.example.net' >"$root/etc/hosts"
echo 'smtp 25/tcp' >"$root/etc/services"
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:2 attempts:1' >"$root/etc/resolv.conf"
cat >"$root/etc/exim4/test.conf" <<'CONF'
primary_hostname = mail.example.net
domainlist local_domains = example.net
local_interfaces = 127.0.0.1.25
acl_smtp_rcpt = rcpt
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts =
smtp_accept_max = 5
begin acl
rcpt:
  require verify = sender/callout=20s
  accept domains = +local_domains
  deny
begin routers
here:
  driver = accept
  domains = +local_domains
  transport = box
elsewhere:
  driver = dnslookup
  domains = ! +local_domains
  transport = out
  no_more
begin transports
box:
  driver = appendfile
  file = /var/mail/$local_part
out:
  driver = smtp
CONF
chown root:root "$root/etc/exim4/test.conf"
chown 101:101 "$root/var/spool/exim4" "$root/var/log/exim4" "$root/run/exim4"
chmod 755 "$root"

cat >"$work/dns.py" <<'PYTHON'
"""A DNS server: each domain has one address and no MX, so that this is its mail server."""
import socket

HOSTS = {"good.example": 2, "greeting.example": 3, "mail.example": 4, "busy.example": 5}

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    query, client = server.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    last, kind = HOSTS.get(".".join(labels)), query[at + 2]
    answer = b""
    if last and kind == 1:
        answer = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + bytes((127, 0, 0, last))
    head = query[:2] + bytes([0x81, 0x80 | (0 if last else 3), 0, 1, 0, 1 if answer else 0, 0, 0, 0, 0])
    server.sendto(head + query[12 : at + 5] + answer, client)
PYTHON

cat >"$work/servers.py" <<'PYTHON'
"""The senders' mail servers: one that knows anna, two that have 192.0.2.7 on a list, one that is busy."""
import socketserver
import threading

LISTED = "554 5.7.1 Client host [192.0.2.7] is listed at bl.example"
REPLIES = {
    "127.0.0.2": {},
    "127.0.0.3": {"greeting": LISTED},
    "127.0.0.4": {"MAIL": LISTED},
    "127.0.0.5": {"greeting": "421 4.7.0 Too many connections, come again later"},
}


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        replies = REPLIES[self.server.server_address[0]]
        self.say(replies.get("greeting", "220 mx.example ESMTP"))
        for line in self.rfile:
            verb = line.decode()[:4].upper()
            if b"TO:<gone@" in line:
                self.say("550 5.1.1 User unknown")
            else:
                self.say("221 2.0.0 Bye" if verb == "QUIT" else replies.get(verb, "250 2.1.0 Ok"))
            if verb == "QUIT":
                return


for address in REPLIES:
    server = socketserver.ThreadingTCPServer((address, 25), Session)
    threading.Thread(target=server.serve_forever).start()
PYTHON

cat >"$work/ask.py" <<'PYTHON'
"""Ask for one recipient from each sender; send no message."""
import smtplib

for sender in (
    "anna@good.example",
    "gone@good.example",
    "anna@greeting.example",
    "anna@mail.example",
    "carl@mail.example",
    "anna@busy.example",
):
    with smtplib.SMTP("127.0.0.1", 25, "client.example.com", timeout=30) as server:
        server.ehlo()
        server.mail(sender)
        code, text = server.rcpt("bob@example.net")
        print(f"{sender}: {code}", " / ".join(text.decode().splitlines()), flush=True)
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
[ "$(wc -l <"$work/answers")" -ge 6 ] || end 4 "nothing measured: $(tail -n 1 "$work/exim.log")"
cat "$work/answers"
grep -q '^anna@good.example: 250' "$work/answers" && grep -q '^gone@good.example: 550 .*User unknown' "$work/answers" ||
    end 4 "nothing measured: no callout was made"

listed='Response: 554 5\.7\.1 Client host \[192\.0\.2\.7\] is listed'
if grep -q "^anna@greeting.example: 550 Verification failed for .* Sent: *QUIT / $listed" "$work/answers" &&
    grep -q "^anna@mail.example: 550 Callback setup failed .* Sent: *MAIL FROM:<> / $listed" "$work/answers" &&
    grep -q '^carl@mail.example: 550 Callback setup failed .*earlier callout reused' "$work/answers" &&
    grep -q '^anna@busy.example: 451 ' "$work/answers"; then
    end 0 "as stated: who is blocked himself refuses the senders of that server for good"
fi
end 1 "CHANGED: a callout that is refused before RCPT has another reply"

#!/usr/bin/env bash
# Version: nginx 1.22.1-9+deb12u11 with libnginx-mod-mail (Debian 12), as an SMTP proxy in front of a mail server.
# Behaviour: what the mail server says to a recipient is handed on word for word. What it says in its greeting, to EHLO
#   or to MAIL is not: nginx answers the first RCPT with 451 4.3.2 Internal server error and hangs up, for a refusal
#   for good as well. The words are in nginx's error log only ("upstream sent invalid response").
# Guessed: the client gets the mail server's own reply, at MAIL as at RCPT.
# Hurts: a sender who is refused for good (a blocklist in the greeting, a policy at MAIL) tries for five days, and reads
#   of a fault in the receiver's server, at a recipient. He never hears of the blocklist. The remedy on the receiver's
#   side is "proxy_pass_error_message on".
# Source: observed; the manual of ngx_mail_proxy_module has proxy_pass_error_message for the error message
#   "obtained during the authentication"; no word there is of MAIL or the greeting.
# Seen on 30 November 2026 (the mail server's reply: what the client gets at RCPT):
#   550 5.1.1 No such mailbox (to RCPT): 550 5.1.1 No such mailbox
#   550 5.7.1 Sender refused by policy (to MAIL): 451 4.3.2 Internal server error
#   554 5.7.1 Your address is on our blocklist (greeting): 451 4.3.2 Internal server error
#   with proxy_pass_error_message:
#   550 5.1.1 No such mailbox (to RCPT): 550 5.1.1 No such mailbox
#   550 5.7.1 Sender refused by policy (to MAIL): 550 5.7.1 Sender refused by policy
#   554 5.7.1 Your address is on our blocklist (greeting): 554 5.7.1 Your address is on our blocklist
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" >"$work/server.log" 2>&1 &
    for words in off on; do
        sed "s/WORDS/$words/" "$work/nginx.conf" >"$root/etc/nginx/test.conf"
        chroot "$root" /usr/sbin/nginx -c /etc/nginx/test.conf >>"$work/nginx.log" 2>&1 &
        nginx=$!
        sleep 2
        [ "$words" = off ] || echo 'with proxy_pass_error_message:'
        timeout 30 python3 "$work/client.py" || return 1
        kill "$nginx"
        wait "$nginx"
    done >"$work/lines" 2>>"$work/nginx.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp run etc/nginx var/log/nginx var/lib/nginx &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
version=1.22.1-9+deb12u11
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    nginx=$version libnginx-mod-mail=$version libc6 libcrypt1 libpcre2-8-0 libssl3 zlib1g \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
chmod 755 "$root"
cat >"$work/nginx.conf" <<'CONF'
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
daemon off;
user root;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log info;
events { }
mail {
    server_name mx.example.net;
    auth_http 127.0.0.1:8080/;
    smtp_auth none;
    xclient off;
    proxy_pass_error_message WORDS;
    server {
        listen 127.0.0.1:25;
        protocol smtp;
    }
}
CONF

cat >"$work/server.py" <<'PYTHON'
"""Two mail servers, one of which has a blocklist, and what tells nginx which one to take."""
import http.server
import socketserver
import threading

REFUSED = {"<nobody@": "550 5.1.1 No such mailbox", "<policy@": "550 5.7.1 Sender refused by policy"}


class Session(socketserver.StreamRequestHandler):
    greeting = "220 backend.example.net ESMTP"

    def handle(self):
        self.wfile.write(self.greeting.encode() + b"\r\n")
        for line in self.rfile if self.greeting.startswith("220") else ():
            line = line.decode().lower()
            reply = next((reply for part, reply in REFUSED.items() if part in line), "250 2.0.0 Ok")
            self.wfile.write(reply.encode() + b"\r\n")


class Blocklist(Session):
    greeting = "554 5.7.1 Your address is on our blocklist"


class Choice(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        port = 2501 if "<blocked@" in self.headers["Auth-SMTP-From"] else 2500
        self.send_response(200)
        for name, value in (("Auth-Status", "OK"), ("Auth-Server", "127.0.0.2"), ("Auth-Port", str(port))):
            self.send_header(name, value)
        self.end_headers()


socketserver.ThreadingTCPServer.allow_reuse_address = True
for port, kind in ((2500, Session), (2501, Blocklist)):
    server = socketserver.ThreadingTCPServer(("127.0.0.2", port), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
http.server.HTTPServer(("127.0.0.1", 8080), Choice).serve_forever()
PYTHON
cat >"$work/client.py" <<'PYTHON'
"""Say whom the mail is from and whom it is for, and show the reply to the recipient."""
import smtplib

for said, sender, recipient in (
    ("550 5.1.1 No such mailbox (to RCPT)", "shop@example.com", "nobody@example.net"),
    ("550 5.7.1 Sender refused by policy (to MAIL)", "policy@example.com", "anna@example.net"),
    ("554 5.7.1 Your address is on our blocklist (greeting)", "blocked@example.com", "anna@example.net"),
):
    client = smtplib.SMTP("127.0.0.1", 25, "mail.example.com", timeout=10)
    client.ehlo()
    client.mail(sender)
    code, text = client.rcpt(recipient)
    print(f"{said}: {code} {text.decode()}")
    client.close()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or nginx did not start; $(tail -n 1 "$work/nginx.log")"
cat "$work/lines"
grep -q '^550 5.1.1 .*: 550 5.1.1 No such mailbox$' "$work/lines" ||
    end 4 "nothing measured: nginx did not ask the mail server; $(tail -n 1 "$root/var/log/nginx/error.log")"

lost='451 4.3.2 Internal server error'
if grep -q "^550 5.7.1 .*: $lost$" "$work/lines" && grep -q "^554 5.7.1 .*: $lost$" "$work/lines" &&
    grep -q '^550 5.7.1 .*: 550 5.7.1 Sender refused by policy$' "$work/lines" &&
    grep -q '^554 5.7.1 .*: 554 5.7.1 Your address is on our blocklist$' "$work/lines"; then
    end 0 "as stated: a refusal of the sender by the mail server is an internal error of nginx"
fi
end 1 "CHANGED: nginx hands a refusal of the sender on in another way"

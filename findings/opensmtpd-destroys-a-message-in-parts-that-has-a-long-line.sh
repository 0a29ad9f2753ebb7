#!/usr/bin/env bash
# Version: OpenSMTPD 6.8.0p2-4+b4 (Debian 12), its sendmail command.
# Behaviour: a message in parts (text and HTML) has one line of 998 or more characters, as HTML that a program wrote has, and no
#   Content-Transfer-Encoding in its own header, where none is due. sendmail then encodes all of it as quoted-printable: the
#   boundaries and the headers of the parts with it. "--=_part" becomes "--=3D_part", charset=utf-8 becomes charset=3Dutf-8, and
#   the multipart gets "Content-Transfer-Encoding: quoted-printable", which RFC 2045 section 6.4 forbids.
# Guessed: the line goes out as it is, as from msmtp and nullmailer, or is cut in two, as from Postfix; at most the part that has
#   it is encoded.
# Hurts: the reader sees the source of the message, or an HTML page full of =3D and of broken lines, and attachments as letters.
#   Only the mails with a long paragraph or table row are hit, so that it looks like a fault of the receiver. By SMTP the
#   same message passes untouched. Encode each part yourself, or hand in to port 25 of the own host.
# Source: observed; no report of it was found.
# Seen on 30 November 2026 (the HTML part's line has 900 and 1200 characters; what Python's email package finds):
#   900: Content-Transfer-Encoding of the whole: None; parts: text/plain text/html
#   1200: Content-Transfer-Encoding of the whole: quoted-printable; parts: none
#   lines of the second: --=3D_part; Content-Type: text/html; charset=3Dutf-8; --=3D_part--;
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" "$work/taken" >>"$work/server.log" 2>&1 &
    sleep 1
    chroot "$root" /usr/sbin/smtpd -d >"$work/smtpd.log" 2>&1 &
    sleep 2
    for length in 900 1200; do
        python3 "$work/message.py" "$length" |
            chroot "$root" /usr/sbin/sendmail -t -i -f shop@example.com >>"$work/smtpd.log" 2>&1
        for _ in $(seq 20); do grep -qs "^X-Length: $length" "$work"/taken.* && break; sleep 0.5; done
    done
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
    var/lib/opensmtpd/empty run var/run var/mail &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    opensmtpd=6.8.0p2-4+b4 libc6 libssl3 libdb5.3 zlib1g libevent-2.1-7 libcrypt1 libpam0g libaudit1 \
    libcap-ng0 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'nobody:x:65534:65534::/:/usr/sbin/nologin' \
    'opensmtpd:x:101:101::/var/lib/opensmtpd/empty:/usr/sbin/nologin' \
    'opensmtpq:x:102:102::/var/lib/opensmtpd/empty:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' 'opensmtpd:x:101:' 'opensmtpq:x:102:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
echo 'mail.example.com' >"$root/etc/mailname"
cat >"$root/etc/smtpd.conf" <<'CONF'
listen on lo port 2525
action "out" relay host 127.0.0.1
match from local for any action "out"
CONF
chmod 755 "$root"; chmod 711 "$root/var/spool/smtpd"; chmod 1777 "$root/tmp"
chown 0:102 "$root/var/spool/smtpd/offline"; chmod 770 "$root/var/spool/smtpd/offline"
for name in purge queue corrupt incoming temporary; do
    chown 102:0 "$root/var/spool/smtpd/$name"; chmod 700 "$root/var/spool/smtpd/$name"
done
chown 0:102 "$root/usr/sbin/smtpctl"; chmod 2755 "$root/usr/sbin/smtpctl"
ln -sf smtpctl "$root/usr/sbin/sendmail"

cat >"$work/message.py" <<'PYTHON'
import sys

length = int(sys.argv[1])
print(f"""From: shop@example.com
To: anna@example.net
Subject: Order
X-Length: {length}
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_part"

--=_part
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Your order
--=_part
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

{("<p class=order>Your order</p>" * 60)[:length]}
--=_part--""")
PYTHON
cat >"$work/server.py" <<'PYTHON'
"""An SMTP server that takes everything and keeps each message in a file."""
import itertools
import pathlib
import socketserver
import sys

numbers = itertools.count()


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.say("250-mx.example.net\r\n250 8BITMIME")
                continue
            if verb == b"DATA":
                self.say("354 Go ahead")
                message = b"".join(iter(self.rfile.readline, b".\r\n"))
                pathlib.Path(f"{sys.argv[1]}.{next(numbers)}").write_bytes(message)
            self.say("250 2.0.0 Ok")
            if verb == b"QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.1", 25), Session).serve_forever()
PYTHON
cat >"$work/read.py" <<'PYTHON'
import email
import sys

for name in sys.argv[1:]:
    with open(name, "rb") as file:
        message = email.message_from_binary_file(file)
    parts = [part.get_content_type() for part in message.get_payload()] if message.is_multipart() else ["none"]
    whole = message["Content-Transfer-Encoding"]
    print(f"{message['X-Length']}: Content-Transfer-Encoding of the whole: {whole}; parts: {' '.join(parts)}")
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the programs did not start"
[ -s "$work/taken.1" ] || end 4 "nothing measured: not two messages; $(tail -n 1 "$work/smtpd.log")"
python3 "$work/read.py" "$work"/taken.[01] | sort -n >"$work/lines"
cat "$work/lines"
printf 'lines of the second:%s\n' "$(tr -d '\r' <"$work/taken.1" | grep -E '^--=3D|^Content-Type: text/html' | sed 's/^/ /; s/$/;/' | uniq | tr -d '\n')"
grep -qx '900: Content-Transfer-Encoding of the whole: None; parts: text/plain text/html' "$work/lines" ||
    end 4 "nothing measured: the message with shorter lines does not arrive as it was"

if grep -qx '1200: Content-Transfer-Encoding of the whole: quoted-printable; parts: none' "$work/lines"; then
    end 0 "as stated: the whole of a multipart is encoded, its boundaries with it"
fi
end 1 "CHANGED: the parts arrive"

#!/usr/bin/env bash
# Version: PHP 8.2.36-1~deb12u1, mail(), with dma 0.13-1+b1 or nullmailer 1:2.2-4 as sendmail (all Debian 12); esmtp beside them.
# Behaviour: from version 8.0 on, PHP ends the header lines with CR LF when it hands them to sendmail. dma and nullmailer take
#   the CR for a part of the line and add CR LF of their own: "Subject: ...\r\r\n" goes out. dma does so in each header line
#   and in the empty one behind them; nullmailer in Subject and the other headers that it does not write anew.
# Guessed: CR LF in, CR LF out, as from msmtp, esmtp, Exim and OpenSMTPD.
# Hurts: a reader that takes the lone CR for the end of a line finds an empty line behind the first header of the site, and
#   shows the rest as text, with no subject and no sender; Content-Type is lost, and umlauts with it. With PHP 7 the
#   same site was right. mail.mixed_lf_and_crlf = On (PHP 8.2.4) brings the old line ends back, but for those
#   between headers that are given as an array: there use another program than dma.
# Source: observed; the manual of PHP on mail.mixed_lf_and_crlf; RFC 5321 section 2.3.8 allows CR in front of LF only.
# Seen on 30 November 2026 (lines with CR CR LF, the subject as Python's email package reads it; then with that setting):
#   dma: 5, Subject: None; with mixed_lf_and_crlf: 1, Subject: Order 4711
#   nullmailer: 2, Subject: Order 4711; with mixed_lf_and_crlf: 0, Subject: Order 4711
#   esmtp: 0, Subject: Order 4711; with mixed_lf_and_crlf: 0, Subject: Order 4711
# Needs Debian 12 (amd64), root, python3, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" "$work/taken" >"$work/server.log" 2>&1 &
    sleep 1
    chroot --userspec=8:8 "$root" /usr/sbin/nullmailer-send >>"$work/programs.log" 2>&1 &
    for program in sbin/dma sbin/sendmail.nullmailer bin/esmtp; do
        for mixed in 0 1; do
            : >"$work/taken"
            timeout 20 chroot "$root" /usr/bin/php8.2 -n -d "sendmail_path=/usr/$program -t -i" \
                -d "mail.mixed_lf_and_crlf=$mixed" /send.php >>"$work/programs.log" 2>&1
            for _ in $(seq 20); do [ -s "$work/taken" ] && break; sleep 0.5; done
            name=${program#*/}
            echo "${name#sendmail.};$mixed;$(python3 "$work/read.py" "$work/taken")"
        done
    done >"$work/lines" 2>>"$work/programs.log"
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp root etc/dma var/spool/dma var/mail etc/nullmailer \
    var/spool/nullmailer/queue var/spool/nullmailer/tmp var/spool/nullmailer/failed &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    php8.2-cli=8.2.36-1~deb12u1 dma=0.13-1+b1 nullmailer=1:2.2-4 esmtp=1.2-18+b1 libesmtp6 dash libc6 libssl3 libargon2-1 \
    libedit2 libmagic1 libpcre2-8-0 libsodium23 libxml2 zlib1g libtinfo6 libbsd0 libmd0 libicu72 liblzma5 libstdc++6 \
    libgcc-s1 libbz2-1.0 libgnutls30 libidn2-0 libp11-kit0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 \
    libffi8 libsystemd0 libcap2 libgcrypt20 libgpg-error0 liblz4-1 libzstd1 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

mv "$root/usr/sbin/sendmail" "$root/usr/sbin/sendmail.nullmailer"
[ -e "$root/usr/bin/sh" ] || ln -s dash "$root/usr/bin/sh"
printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
echo 'mail.example.com' | tee "$root/etc/mailname" >"$root/etc/nullmailer/me"
echo 'SMARTHOST 127.0.0.1' >"$root/etc/dma/dma.conf"
echo '127.0.0.1 smtp --port=25' >"$root/etc/nullmailer/remotes"
echo 'hostname = 127.0.0.1:25' >"$root/etc/esmtprc"
chown root:8 "$root/var/spool/dma" "$root/var/mail" && chmod 2775 "$root/var/spool/dma" "$root/var/mail"
mkfifo "$root/var/spool/nullmailer/trigger"
chown -R 8:8 "$root/var/spool/nullmailer" && chmod 622 "$root/var/spool/nullmailer/trigger"
chown 8:8 "$root/usr/sbin/nullmailer-queue" && chmod 4755 "$root/usr/sbin/nullmailer-queue"
chmod 755 "$root"; chmod 1777 "$root/tmp"
cat >"$root/send.php" <<'PHP'
<?php
mail("anna@example.net", "Order 4711", "Thank you\n", ["From" => "shop@example.com", "Content-Type" => "text/plain; charset=utf-8"]);
PHP

cat >"$work/server.py" <<'PYTHON'
"""A mail server that takes everything and keeps the octets of the last message."""
import pathlib
import socketserver
import sys


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 mx.example.net ESMTP")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"DATA":
                self.say("354 Go ahead")
                pathlib.Path(sys.argv[1]).write_bytes(b"".join(iter(self.rfile.readline, b".\r\n")))
            self.say("250 2.0.0 Ok")
            if verb == b"QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.1", 25), Session).serve_forever()
PYTHON
cat >"$work/read.py" <<'PYTHON'
import email
import pathlib
import sys

octets = pathlib.Path(sys.argv[1]).read_bytes()
header, _, _ = octets.partition(b"Thank you")
print(f"{header.count(bytes([13, 13, 10]))}, Subject: {email.message_from_bytes(octets)['Subject']}")
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
[ "$(wc -l <"$work/lines")" = 6 ] || end 4 "nothing measured: no namespaces here, or the programs did not start"
while IFS=';' read -r name mixed result; do
    if [ "$mixed" = 0 ]; then printf '%s: %s; ' "$name" "$result"; else echo "with mixed_lf_and_crlf: $result"; fi
done <"$work/lines"
grep -qx 'esmtp;0;0, Subject: Order 4711' "$work/lines" && [ "$(grep -c ';1;.*, Subject: Order 4711$' "$work/lines")" = 3 ] ||
    end 4 "nothing measured: the messages do not arrive; $(tail -n 1 "$work/programs.log")"

if grep -qE '^dma;0;[1-9][0-9]*, Subject: None$' "$work/lines" && grep -qE '^nullmailer;0;[1-9]' "$work/lines"; then
    end 0 "as stated: the header lines of PHP's mail() end in CR CR LF"
fi
end 1 "CHANGED: the header lines end in CR LF"

#!/usr/bin/env bash
# Version: Postfix 3.7.11-0+deb12u1 (Debian 12), its tool posttls-finger.
# Behaviour: the exit code is 0 where the connection is refused, where the greeting is 421 or 554, and where the
#   certificate is not the one that was asked for (-l secure, or a fingerprint). What went wrong is told in
#   words only; and of a server without STARTTLS, asked with -l encrypt, nothing is told at all.
# Guessed: 0 only if the level that was asked for is reached; a line that says so if STARTTLS is not offered.
# Hurts: a cron job or a check with `posttls-finger -l secure ... || alert` never alerts, not even when the
#   server is gone; and by hand, no words and a 0 are taken for "all is well" by a server that takes no TLS.
#   What counts is the line "Verified TLS connection established" on its output.
# Source: observed; posttls-finger(1) has no word on exit codes.
# Seen on 30 November 2026 (exit code; what it printed about it):
#   STARTTLS, the right fingerprint: 0; Verified TLS connection established
#   STARTTLS, another fingerprint: 0; Untrusted TLS connection established
#   STARTTLS, -l secure, self-signed: 0; Untrusted TLS connection established
#   no STARTTLS, -l encrypt: 0; nothing
#   greeting 421: 0; SMTP service not available: 421 4.3.2 too busy
#   greeting 554: 0; SMTP service not available: 554 5.7.1 go away
#   nobody listens: 0; Connection refused
# Needs Debian 12 (amd64), root, python3, openssl, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: the loopback of this machine is not seen, and every process ends with it
    work=$1 root=$1/root
    ip link set lo up
    for name in null urandom random; do touch "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name"; done
    python3 "$work/server.py" "$work" &
    sleep 1
    look() { # what is asked, arguments
        local code printed words=nothing
        printed=$(timeout 20 chroot "$root" /usr/sbin/posttls-finger -c "${@:2}" 2>&1)
        code=$?
        words=$(grep -oE '(Verified|Untrusted|Trusted|Anonymous) TLS connection established|SMTP service not available.*|Connection refused' \
            <<<"$printed")
        [ -n "$words" ] || words=${printed:-nothing}
        printf '%s: %s; %s\n' "$1" "$code" "$words"
    }
    print=$(cat "$work/print")
    look 'STARTTLS, the right fingerprint' -l fingerprint -d sha256 '[127.0.0.2]' "$print"
    look 'STARTTLS, another fingerprint' -l fingerprint -d sha256 '[127.0.0.2]' "00:${print:3}"
    look 'STARTTLS, -l secure, self-signed' -l secure '[127.0.0.2]' mx.example.net
    look 'no STARTTLS, -l encrypt' -l encrypt '[127.0.0.3]'
    look 'greeting 421' -l encrypt '[127.0.0.4]'
    look 'greeting 554' -l encrypt '[127.0.0.5]'
    look 'nobody listens' -l encrypt '[127.0.0.6]'
}
if [ "${1-}" = inside ]; then inside "$2" >"$2/lines"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 openssl unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/postfix var/spool/postfix &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    postfix=3.7.11-0+deb12u1 libc6 libdb5.3 libnsl2 libtirpc3 libsasl2-2 libssl3 libicu72 libstdc++6 \
    libgcc-s1 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'postfix:x:101:101::/var/spool/postfix:/usr/sbin/nologin' \
    'nobody:x:65534:65534::/:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'postfix:x:101:' 'postdrop:x:102:' 'nogroup:x:65534:' >"$root/etc/group"
printf '%s\n' 'compatibility_level = 3.6' 'myhostname = mail.example.com' 'inet_protocols = ipv4' \
    >"$root/etc/postfix/main.cf"
touch "$root/etc/postfix/master.cf"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/certificate.pem" -days 2 \
    -subj /CN=mx.example.net >"$work/openssl.log" 2>&1 &&
    openssl x509 -in "$work/certificate.pem" -noout -fingerprint -sha256 | sed 's/.*=//' >"$work/print" ||
    end 4 "nothing measured: no certificate could be made"

cat >"$work/server.py" <<'PYTHON'
"""Four SMTP servers: one with STARTTLS, one without, one that says 421, one that says 554."""
import os
import socketserver
import ssl
import sys
import threading

os.chdir(sys.argv[1])
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
CONTEXT.load_cert_chain("certificate.pem", "key.pem")
GREETINGS = {"127.0.0.4": "421 4.3.2 too busy", "127.0.0.5": "554 5.7.1 go away"}


class Session(socketserver.BaseRequestHandler):
    def handle(self):
        connection, host = self.request, self.server.server_address[0]
        lines = connection.makefile("rb")
        connection.sendall(GREETINGS.get(host, "220 mx.example.net ESMTP").encode() + b"\r\n")
        while line := lines.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                offers = b"250-mx.example.net\r\n250 STARTTLS\r\n" if host == "127.0.0.2" else b"250 mx.example.net\r\n"
                connection.sendall(offers)
            elif verb == b"STAR":
                connection.sendall(b"220 2.0.0 go ahead\r\n")
                connection = CONTEXT.wrap_socket(connection, server_side=True)
                lines = connection.makefile("rb")
            elif verb == b"QUIT":
                connection.sendall(b"221 2.0.0 bye\r\n")
                return
            else:
                connection.sendall(b"250 2.0.0 ok\r\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


for host in ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"):
    threading.Thread(target=Server((host, 25), Session).serve_forever).start()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" >"$work/inside.log" 2>&1 ||
    end 4 "nothing measured: no namespaces here, or the server did not start"
cat "$work/lines"
grep -qx 'STARTTLS, the right fingerprint: 0; Verified TLS connection established' "$work/lines" ||
    end 4 "nothing measured: posttls-finger did not verify a certificate by its fingerprint"
diff - "$work/lines" >"$work/difference" <<'LINES' || end 1 "CHANGED: an exit code or the words are other than stated"
STARTTLS, the right fingerprint: 0; Verified TLS connection established
STARTTLS, another fingerprint: 0; Untrusted TLS connection established
STARTTLS, -l secure, self-signed: 0; Untrusted TLS connection established
no STARTTLS, -l encrypt: 0; nothing
greeting 421: 0; SMTP service not available: 421 4.3.2 too busy
greeting 554: 0; SMTP service not available: 554 5.7.1 go away
nobody listens: 0; Connection refused
LINES
end 0 "as stated: the exit code is 0 whatever it meets, and nothing is said of a missing STARTTLS"

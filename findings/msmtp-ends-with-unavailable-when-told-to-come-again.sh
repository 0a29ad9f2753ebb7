#!/usr/bin/env bash
# Version: msmtp 1.8.23-1 (Debian 12).
# Behaviour: the exit codes are those of sysexits.h, but not by what the server said: "450 Greylisted, come back later"
#   and "452 Mailbox full" give 69 (EX_UNAVAILABLE), an unknown mailbox 65 (EX_DATAERR), 421 and 554 in the greeting
#   both 76 (EX_PROTOCOL), "454 Temporary authentication failure" 77 (EX_NOPERM), a resolver that does not answer
#   68 (EX_NOHOST). 75 (EX_TEMPFAIL) is a server that takes no connection, and nothing else.
# Guessed: 75 for whatever may pass: 4yz, a server that is busy, DNS that fails; another code for what will not.
# Hurts: what calls msmtp to deliver (pipe(8) of Postfix, a mail filter, a script with a queue) tries again for 75
#   only: pipe(8) sends the message back for any other code. Greylisting and a busy server are then a bounce. Take
#   the reply from the log (smtpstatus=450), not the exit code.
# Source: observed; the manual page promises the codes of sysexits.h and names none for a case.
# Seen on 30 November 2026:
#   450 4.2.0 Greylisted, come back later: exit code 69
#   452 4.2.2 Mailbox full: exit code 69
#   550 5.1.1 No such mailbox: exit code 65
#   421 4.3.2 in the greeting: exit code 76
#   554 5.7.1 in the greeting: exit code 76
#   454 4.7.0 to the login: exit code 77
#   535 5.7.8 to the login: exit code 77
#   no answer from DNS: exit code 68
#   no server there: exit code 75
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
    while IFS='|' read -r host to login words; do
        code=0
        printf '%s\n' 'Subject: test' '' Hello | timeout 30 chroot "$root" /usr/bin/msmtp -C /dev/null \
            --host="$host" --port=25 --tls=off --from=shop@example.com --auth="$login" --user=shop \
            --passwordeval='echo secret' "$to@example.net" >>"$work/msmtp.log" 2>&1 || code=$?
        echo "$words: exit code $code"
    done >"$work/answers" <<'CASES'
127.0.0.2|grey|off|450 4.2.0 Greylisted, come back later
127.0.0.2|full|off|452 4.2.2 Mailbox full
127.0.0.2|gone|off|550 5.1.1 No such mailbox
127.0.0.3|someone|off|421 4.3.2 in the greeting
127.0.0.4|someone|off|554 5.7.1 in the greeting
127.0.0.5|someone|plain|454 4.7.0 to the login
127.0.0.6|someone|plain|535 5.7.8 to the login
mx.example.net|someone|off|no answer from DNS
127.0.0.7|someone|off|no server there
CASES
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare ip chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/lib usr/lib64 usr/sbin dev tmp etc root &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download msmtp=1.8.23-1 libgsasl18 libsecret-1-0 \
    libglib2.0-0 libgnutls30 libidn2-0 libidn12 libntlm0 libgssglue1 libgcrypt20 libgpg-error0 libpcre2-8-0 \
    libffi8 libp11-kit0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 libmount1 libselinux1 libblkid1 \
    zlib1g libc6 libgcc-s1 dash >"$work/apt.log" 2>&1) ||
    end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:1 attempts:1' >"$root/etc/resolv.conf"

cat >"$work/server.py" <<'PYTHON'
"""A server for each case; nobody listens on 127.0.0.7, and no DNS server is there."""
import socketserver
import threading

GREETINGS = {"127.0.0.3": b"421 4.3.2 Too busy, try again later", "127.0.0.4": b"554 5.7.1 No service for you"}
LOGINS = {"127.0.0.5": b"454 4.7.0 Temporary authentication failure", "127.0.0.6": b"535 5.7.8 Wrong password"}
RECIPIENTS = {
    b"grey": b"450 4.2.0 Greylisted, come back later",
    b"full": b"452 4.2.2 Mailbox full",
    b"gone": b"550 5.1.1 No such mailbox",
}


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        host = self.server.server_address[0]
        self.wfile.write(GREETINGS.get(host, b"220 mx.example.net ESMTP") + b"\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            reply = b"250 2.0.0 Ok"
            if verb == b"EHLO":
                reply = b"250-mx.example.net\r\n250 AUTH PLAIN"
            elif verb == b"AUTH":
                reply = LOGINS[host]
            elif verb == b"RCPT":
                reply = RECIPIENTS.get(line.split(b"<")[1].split(b"@")[0], reply)
            self.wfile.write(reply + b"\r\n")
            if verb == b"QUIT":
                return


socketserver.ThreadingTCPServer.allow_reuse_address = True
for number in range(2, 7):
    server = socketserver.ThreadingTCPServer((f"127.0.0.{number}", 25), Session)
    threading.Thread(target=server.serve_forever).start()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or the program did not start"
if ! [ "$(wc -l <"$work/answers")" = 9 ] || grep -q 'code 12[5-7]' "$work/answers"; then
    end 4 "nothing measured: the program did not start; $(tail -n 1 "$work/msmtp.log")"
fi
cat "$work/answers"

if [ "$(sed 's/.* //' "$work/answers" | paste -sd ' ')" = '69 69 65 76 76 77 77 68 75' ]; then
    end 0 "as stated: 75, which asks for another try, is for a server that is not there"
fi
end 1 "CHANGED: the exit codes are others"

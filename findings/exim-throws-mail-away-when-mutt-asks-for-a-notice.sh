#!/usr/bin/env bash
# Version: Exim 4.96-15+deb12u11 (exim4-daemon-light) with mutt 2.2.12-0.1~deb12u2 (both Debian 12).
# Behaviour: mutt with "set dsn_notify=failure" asks for a notice as sendmail has it: sendmail -N failure. -N means another
#   thing to Exim: a test without delivery. The message is taken and completed, nobody gets it, nobody is told, and mutt says
#   that it was sent. In mainlog the delivery has "*>" in the place of "=>", and "delivery bypassed by -N option" at its end.
# Guessed: the notice is asked for, as by Postfix and sendmail, or -N is refused or without effect.
# Hurts: one line in a muttrc that was right with Postfix, and all mail of that user is lost from the day the host has Exim,
#   Debian's usual mail server. mainlog has "Completed" for each message and no failure; a search for " => " finds nothing.
#   Leave dsn_notify out. "sendmail -N never" in a script does the same.
# Source: observed; Exim's specification, section 5.2, -N; mutt's manual, dsn_notify, names sendmail only.
# Seen on 30 November 2026 (what mutt ends with; what is in mainlog; what the next server has taken):
#   without dsn_notify: exit code 0; => anna@example.net; 1 message
#   with dsn_notify=failure: exit code 0; *> anna@example.net; 0 messages
#   sendmail -N never: exit code 0; *> anna@example.net; 0 messages
#   *> anna@example.net R=elsewhere T=out H=127.0.0.2 [127.0.0.2] C="delivery bypassed by -N option"
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
    send() { echo Hello | timeout 20 chroot "$root" "$@" >>"$work/programs.log" 2>&1; }
    for case in 'without dsn_notify' 'with dsn_notify=failure' 'sendmail -N never'; do
        : >"$work/taken"
        rm -f "$root/var/log/exim4/mainlog"
        case $case in
        without*) send /usr/bin/mutt -n -F /muttrc -s test anna@example.net ;;
        with*) send /usr/bin/mutt -n -F /muttrc -e 'set dsn_notify=failure' -s test anna@example.net ;;
        *) send /usr/sbin/sendmail -N never -i anna@example.net ;;
        esac
        code=$?
        for _ in $(seq 20); do grep -qs Completed "$root/var/log/exim4/mainlog" && break; sleep 0.5; done
        line=$(grep -so '[=*]> anna@example.net .*' "$root/var/log/exim4/mainlog")
        echo "$case: exit code $code; ${line%% R=*}; $(wc -l <"$work/taken");$line"
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
    usr/bin usr/sbin usr/lib usr/lib64 dev tmp var/tmp root etc/exim4 var/spool/exim4 var/log/exim4 var/mail run/exim4 &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    exim4-daemon-light=4.96-15+deb12u11 exim4-base=4.96-15+deb12u11 mutt=2.2.12-0.1~deb12u2 dash libc6 libcrypt1 \
    libnsl2 libtirpc3 libdb5.3 libgnutls30 libgnutls-dane0 libunbound8 libevent-2.1-7 libssl3 libnghttp2-14 \
    libhiredis0.14 libpcre2-8-0 libidn12 libidn2-0 libp11-kit0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 \
    libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libffi8 libgcc-s1 libgpgme11 \
    libgpg-error0 libassuan0 libtokyocabinet9 libncursesw6 libtinfo6 libgsasl18 libgssglue1 libntlm0 zlib1g libbz2-1.0 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

ln -sf exim4 "$root/usr/sbin/sendmail"
[ -e "$root/usr/bin/sh" ] || ln -s dash "$root/usr/bin/sh"
printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin' \
    'Debian-exim:x:101:101::/var/spool/exim4:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'mail:x:8:' 'Debian-exim:x:101:' >"$root/etc/group"
echo '127.0.0.1 localhost mail.example.com' >"$root/etc/hosts"
echo 'smtp 25/tcp' >"$root/etc/services"
printf '%s\n' 'set copy=no' 'set from=shop@example.com' 'set sendmail="/usr/sbin/sendmail -oem -oi"' >"$root/muttrc"
cat >"$root/etc/exim4/exim4.conf" <<'CONF'
primary_hostname = mail.example.com
keep_environment =
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
CONF
chown -R 101:101 "$root/var/spool/exim4" "$root/var/log/exim4" "$root/run/exim4"
chmod 4755 "$root/usr/sbin/exim4"; chmod 755 "$root"; chmod 1777 "$root/tmp" "$root/var/tmp"

cat >"$work/server.py" <<'PYTHON'
"""A mail server that takes everything and writes a line for each message."""
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
                for _ in iter(self.rfile.readline, b".\r\n"):
                    pass
                with open(sys.argv[1], "a") as file:
                    print("taken", file=file)
            self.say("250 2.0.0 Ok")
            if verb == b"QUIT":
                return


socketserver.ThreadingTCPServer(("127.0.0.2", 25), Session).serve_forever()
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work"
[ -s "$work/lines" ] || end 4 "nothing measured: no namespaces here, or the programs did not start"
cut -d ';' -f 1-3 "$work/lines" | sed -E 's/; 1$/; 1 message/; s/; 0$/; 0 messages/'
tail -n 1 "$work/lines" | cut -d ';' -f 4
grep -q '^without dsn_notify: exit code 0; => anna@example.net; 1;' "$work/lines" ||
    end 4 "nothing measured: Exim does not deliver; $(tail -n 1 "$work/programs.log")"

if [ "$(grep -c ': exit code 0; \*> anna@example.net; 0;.*delivery bypassed by -N option' "$work/lines")" = 2 ]; then
    end 0 "as stated: who asks for a notice with -N has his mail thrown away"
fi
end 1 "CHANGED: the message is delivered, or the caller learns that it is not"

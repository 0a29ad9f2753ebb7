#!/usr/bin/env bash
# Version: AWStats 7.8 (awstats 7.8-3+deb12u2), its maillogconvert.pl for mail logs, and rsyslog 8.2302.0-1+deb12u2
#   with the settings that it comes with (both Debian 12).
# Behaviour: this rsyslog writes /var/log/mail.log with times as 2026-11-30T06:00:01.123456+00:00 (RFC 3339; up to
#   Debian 11 it was Nov 30 06:00:01), and maillogconvert.pl of the same Debian takes no such line for one of a
#   mail server: no output, no word, exit code 0. With the old form of time it has each delivery and each refusal.
# Guessed: programs of one release read one another's files; a line that is not understood is counted or told.
# Hurts: since the upgrade to Debian 12 the mail statistics show no mail at all; who looks for the fault finds a mail
#   server that works and a converter that succeeds. In rsyslog.conf, $ActionFileDefaultTemplate
#   RSYSLOG_TraditionalFileFormat brings the old form back. (pflogsumm, logwatch and mailgraph read both.)
# Source: observed; Debian's rsyslog.conf has no ActionFileDefaultTemplate any more.
# Seen on 30 November 2026 (what rsyslog wrote; lines that the converter made of two deliveries, exit code):
#   as it comes: 2026-11-30T...; 0 lines, exit code 0
#   with RSYSLOG_TraditionalFileFormat: Nov 30 ...; 2 lines, exit code 0
# Needs Debian 12 (amd64), root, perl, python3, unshare. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own; every process ends with it
    work=$1 root=$1/root
    mkdir "$root/proc"
    for form in new old; do
        rm -f "$root/dev/log" "$root/run/rsyslogd.pid"
        cp "$work/rsyslog-$form.conf" "$root/etc/rsyslog.conf"
        chroot "$root" /usr/sbin/rsyslogd -n >>"$work/rsyslog.log" 2>&1 &
        for _ in $(seq 50); do [ -S "$root/dev/log" ] && break; sleep 0.1; done
        python3 "$work/say.py" "$root/dev/log" || exit
        for _ in $(seq 50); do grep -qs removed "$root/var/log/mail.log" && break; sleep 0.1; done
        kill %% && wait %%
        mv "$root/var/log/mail.log" "$work/$form.log"
    done
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg perl python3 unshare chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc/rsyslog.d run var/log var/spool/rsyslog &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    awstats=7.8-3+deb12u2 rsyslog=8.2302.0-1+deb12u2 libestr0 libfastjson4 liblognorm5 libsystemd0 libuuid1 zlib1g \
    libzstd1 liblz4-1 liblzma5 libcap2 libgcrypt20 libgpg-error0 libc6 libgcc-s1 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'adm:x:4:' >"$root/etc/group"
cp "$root/etc/rsyslog.conf" "$work/rsyslog-new.conf"
{ echo '$ActionFileDefaultTemplate RSYSLOG_TraditionalFileFormat'; cat "$root/etc/rsyslog.conf"; } >"$work/rsyslog-old.conf"

cat >"$work/say.py" <<'PYTHON'
"""Says to syslog what Postfix says of a message to two recipients, of whom one is refused."""
import socket
import sys
import time

LINES = """\
postfix/smtpd[100]: A1B2C3D4E5F: client=client.example.com[192.0.2.9]
postfix/cleanup[101]: A1B2C3D4E5F: message-id=<1@example.com>
postfix/qmgr[102]: A1B2C3D4E5F: from=<shop@example.com>, size=1000, nrcpt=2 (queue active)
postfix/smtp[103]: A1B2C3D4E5F: to=<anna@example.net>, relay=mx.example.net[192.0.2.7]:25, delay=1.2, \
delays=0.1/0/0.9/0.2, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4711)
postfix/smtp[103]: A1B2C3D4E5F: to=<bert@example.net>, relay=mx.example.net[192.0.2.7]:25, delay=1.2, \
delays=0.1/0/0.9/0.2, dsn=5.1.1, status=bounced (host mx.example.net[192.0.2.7] said: 550 5.1.1 user unknown \
(in reply to RCPT TO command))
postfix/qmgr[102]: A1B2C3D4E5F: removed
"""
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.connect(sys.argv[1])
for line in LINES.splitlines():
    log.send(f"<22>{time.strftime('%b %e %H:%M:%S')} {line}".encode())
PYTHON

unshare --mount --net --pid --uts --fork --kill-child bash "$0" inside "$work" >"$work/inside.log" 2>&1
[ -s "$work/new.log" ] && [ -s "$work/old.log" ] || {
    tail -3 "$work/rsyslog.log" "$work/inside.log"
    end 4 "nothing measured: rsyslog did not write"
}
convert=$root/usr/share/doc/awstats/examples/maillogconvert.pl
for form in new old; do
    perl "$convert" standard <"$work/$form.log" >"$work/$form.lines" 2>>"$work/words"
    code=$?
    echo "$form: $(head -1 "$work/$form.log" | cut -c 1-16)...; $(grep -c . "$work/$form.lines") lines, exit code $code"
done | tee "$work/result"
[ "$(grep -c '@example.net' "$work/old.lines")" = 2 ] ||
    end 4 "nothing measured: the converter does not read the old form"
grep -qE '^[0-9]{4}-[0-9]{2}-[0-9]{2}T' "$work/new.log" || end 1 "CHANGED: rsyslog writes another form of time"
[ -s "$work/new.lines" ] && end 1 "CHANGED: the converter reads the new form"
grep -q '; 0 lines, exit code 0' "$work/result" && [ ! -s "$work/words" ] ||
    end 1 "CHANGED: the converter tells that it does not understand"
end 0 "as stated: of the log that Debian 12 writes it reads nothing, and says nothing"

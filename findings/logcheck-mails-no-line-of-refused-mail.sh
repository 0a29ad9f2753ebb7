#!/usr/bin/env bash
# Version: logcheck 1.4.2+deb12u1 with its logcheck-database (Debian 12), as installed: REPORTLEVEL="server".
# Behaviour: its rules for Postfix ignore every line of a delivery by smtp(8) and local(8), whatever the status:
#   refused by a blocklist, by SPF, an unknown mailbox, a server that cannot be reached. Not even the level
#   "paranoid", which reports most, has these lines. Of mail that Postfix gives up after days one line is left
#   (status=expired), at "paranoid" only, and without recipient, server or reply.
# Guessed: at "server" each status=bounced is reported, deferred is not; at "paranoid" both are.
# Hurts: who watches a mail server by the mails of logcheck, "which reports what is unusual", learns nothing
#   when all mail to a provider is refused. status=bounced and deferred need a watch of their own.
# Source: observed; /etc/logcheck/ignore.d.paranoid/postfix ends its rules for deliveries in
#   status=[[:alnum:]]+ \(.*\)$.
# Seen on 30 November 2026 (reported at server, at paranoid):
#   refused by a blocklist: no, no
#   unknown mailbox: no, no
#   refused after DATA, DMARC: no, no
#   greeting 554: no, no
#   cannot be reached: no, no
#   domain does not exist: no, no
#   local user unknown: no, no
#   given up after five days: no, yes
#   a line of another program: yes, yes
# Needs Debian 12 (amd64), root, unshare, chroot. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own
    root=$1/root
    touch "$root/dev/null" && mount --bind /dev/null "$root/dev/null"
    for level in -s -p; do
        rm -rf "$root/var/lib/logcheck" && install -d -o 65534 -g 65534 "$root/var/lib/logcheck"
        LC_ALL=C PATH=/usr/sbin:/usr/bin chroot --userspec=65534:65534 "$root" \
            /usr/bin/bash /usr/sbin/logcheck "$level" -o -t -l /var/log/mail.log >"$1/reported$level" 2>>"$1/words"
    done
    return 0 # whether it ran is seen in what it reports
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg unshare chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
mkdir -p "$root"/{dev,tmp,var/log,run/lock} && ln -s /run/lock "$root/var/lock" ||
    end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    logcheck=1.4.2+deb12u1 logcheck-database=1.4.2+deb12u1 logtail=1.4.2+deb12u1 lockfile-progs liblockfile1 \
    liblockfile-bin bash coreutils grep sed gawk mawk perl-base perl-modules-5.36 debianutils hostname findutils dash libtinfo6 \
    libpcre2-8-0 libselinux1 libacl1 libattr1 libgmp10 libcrypt1 libc6 libgcc-s1 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
for folder in bin sbin lib lib64; do # some packages have files there, and some below usr
    [ -d "$root/$folder" ] && mkdir -p "$root/usr/$folder" && cp -a "$root/$folder/." "$root/usr/$folder/"
    rm -rf "${root:?}/$folder" && ln -s "usr/$folder" "$root/$folder"
done
ln -sf dash "$root/usr/bin/sh" && ln -sf mawk "$root/usr/bin/awk"
printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'nobody:x:65534:65534::/:/usr/sbin/nologin' >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' >"$root/etc/group"
chmod -R a+rX "$root/etc" && chmod 1777 "$root/tmp" "$root/run/lock"

: >"$root/var/log/mail.log"
: >"$work/names"
line() { # name, the rest of the line
    printf '%s\n' "$1" >>"$work/names"
    printf 'Nov 30 06:00:%02d mail %s\n' "$(wc -l <"$work/names")" "$2" >>"$root/var/log/mail.log"
}
by=mx.example.net[192.0.2.7]
to="postfix/smtp[101]: A1B2C3D4E5F: to=<anna@example.net>, relay=$by:25, delay=1.2, delays=0.1/0/0.9/0.2"
none="postfix/smtp[101]: A1B2C3D4E5F: to=<anna@example.net>, relay=none, delay=30, delays=0.1/0/30/0"
line 'refused by a blocklist' "$to, dsn=5.7.1, status=bounced (host $by said: 554 5.7.1 Service unavailable; Client \
host [198.51.100.3] blocked using zen.spamhaus.org (in reply to RCPT TO command))"
line 'unknown mailbox' "$to, dsn=5.1.1, status=bounced (host $by said: 550 5.1.1 No such user (in reply to RCPT TO command))"
line 'refused after DATA, DMARC' "$to, dsn=5.7.26, status=bounced (host $by said: 550 5.7.26 DMARC: p=reject (in reply to \
end of DATA command))"
line 'greeting 554' "$to, dsn=4.7.1, status=deferred (host $by refused to talk to me: 554 5.7.1 Not you)"
line 'cannot be reached' "$none, dsn=4.4.1, status=deferred (connect to $by:25: No route to host)"
line 'domain does not exist' "$none, dsn=5.4.4, status=bounced (Host or domain name not found. Name service error for \
name=example.net type=MX: Host not found)"
line 'local user unknown' 'postfix/local[103]: A1B2C3D4E5F: to=<bert@example.com>, relay=local, delay=0.1, '`
    `'delays=0.1/0/0/0, dsn=5.1.1, status=bounced (unknown user: "bert")'
line 'given up after five days' 'postfix/qmgr[102]: A1B2C3D4E5F: from=<shop@example.com>, status=expired, returned to sender'
line 'a line of another program' 'someprogram[104]: something that no rule knows'
chmod a+r "$root/var/log/mail.log"

unshare --mount --net --pid --fork bash "$0" inside "$work" || end 4 "nothing measured: no namespaces here"
number=0
while read -r name; do
    number=$((number + 1))
    stamp=$(printf '06:00:%02d mail' "$number") server=no paranoid=no
    grep -q "$stamp" "$work/reported-s" && server=yes
    grep -q "$stamp" "$work/reported-p" && paranoid=yes
    echo "$name: $server, $paranoid"
done <"$work/names" >"$work/lines"
cat "$work/lines"
grep -qx 'a line of another program: yes, yes' "$work/lines" || {
    cat "$work/words"
    end 4 "nothing measured: logcheck did not run, or does not report what no rule knows"
}
diff - "$work/lines" >"$work/difference" <<'LINES' || end 1 "CHANGED: other lines are reported than is stated"
refused by a blocklist: no, no
unknown mailbox: no, no
refused after DATA, DMARC: no, no
greeting 554: no, no
cannot be reached: no, no
domain does not exist: no, no
local user unknown: no, no
given up after five days: no, yes
a line of another program: yes, yes
LINES
end 0 "as stated: no delivery that failed is reported"

#!/usr/bin/env bash
# Version: Python 3.11.2 (Debian 12: libpython3.11-stdlib 3.11.2-6+deb12u9), its email package with policy.SMTPUTF8, the policy
#   for headers in UTF-8 (RFC 6532).
# Behaviour: a message with names and an address in plain UTF-8, read from octets and written again. str() of a field is right.
#   But .addresses[0].addr_spec and .display_name have half characters (lone surrogates), which no database and no
#   UTF-8 file takes (UnicodeEncodeError), and the field counts as defective. Of a field that has to be folded, as a To with
#   three names, as_bytes() writes "=?unknown-8bit?q?Andr=C3=A9_D=C3=BCrer?=" for the name; one that is short is
#   written as it was.
# Guessed: the policy for UTF-8 reads and writes UTF-8; what is read and written without a change stays the same to a reader.
# Hurts: list managers, ticket systems and filters in Python: some mails from a server with SMTPUTF8 (or from a script that
#   writes its headers without encoding) stop the program at the database, and others go on with names of
#   "unknown-8bit", a character set that no mail program has, and a DKIM signature that fails; the same sender's mail with fewer
#   recipients is fine. Decode the octets and read the message with message_from_string: then all is as it should be.
# Source: observed; github.com/python/cpython/issues/99927 (open).
# Seen on 30 November 2026:
#   octets: From: Jörg Müller <jörg@example.com>; address 'j\udcc3\udcb6rg@example.com', UnicodeEncodeError, defects 4
#   octets: written again: To: ... =?unknown-8bit?q?Andr=C3=A9_D=C3=BCrer?= <andre@example.org>
#   text: From: Jörg Müller <jörg@example.com>; address 'j\xf6rg@example.com', can be stored, defects 1
#   text: written again: To: ... André Dürer <andre@example.org>
# Needs Debian 12 (amd64), root, unshare, chroot. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg unshare chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 tmp &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    python3.11-minimal=3.11.2-6+deb12u9 libpython3.11-minimal=3.11.2-6+deb12u9 libpython3.11-stdlib=3.11.2-6+deb12u9 \
    libc6 zlib1g libexpat1 libssl3 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

cat >"$root/tmp/read.py" <<'PYTHON'
"""Read one message as octets and as text; print its sender, and how its recipients are written again."""
import email
import email.policy

MAIL = """\
From: Jörg Müller <jörg@example.com>\r
To: Anna One <anna@example.net>, Bob Two <bob@example.net>, André Dürer <andre@example.org>\r
Subject: Grüße\r
\r
Hello\r
"""
UTF8 = email.policy.SMTPUTF8
for label, message in (
    ("octets", email.message_from_bytes(MAIL.encode(), policy=UTF8)),
    ("text", email.message_from_string(MAIL, policy=UTF8)),
):
    sender = message["From"]
    address = sender.addresses[0].addr_spec
    try:
        address.encode()
        stored = "can be stored"
    except UnicodeEncodeError as error:
        stored = type(error).__name__
    print(f"{label}: From: {sender}; address {ascii(address)}, {stored}, defects {len(sender.defects)}")
    written = message.as_bytes().decode().replace("\r\n ", " ")
    recipients = next(line for line in written.splitlines() if line.startswith("To: "))
    print(f"{label}: written again: To: ... {recipients.split(', ')[-1]}")
PYTHON
PYTHONIOENCODING=utf-8 unshare --net chroot "$root" /usr/bin/python3.11 -I -X utf8 /tmp/read.py \
    >"$work/lines" 2>"$work/log" || end 4 "nothing measured: $(tail -n 1 "$work/log")"
cat "$work/lines"
grep -q "^text: From: Jörg Müller <jörg@example.com>; address 'j.xf6rg@example.com', can be stored, " "$work/lines" &&
    grep -qxF 'text: written again: To: ... André Dürer <andre@example.org>' "$work/lines" ||
    end 4 "nothing measured: the message is not read as meant from text, either"

if grep -qF "octets: From: Jörg Müller <jörg@example.com>; address 'j\\udcc3\\udcb6rg@example.com', UnicodeEncodeError, " \
    "$work/lines" &&
    grep -qxF 'octets: written again: To: ... =?unknown-8bit?q?Andr=C3=A9_D=C3=BCrer?= <andre@example.org>' "$work/lines"; then
    end 0 "as stated: UTF-8 read from octets gives addresses that cannot be stored, and is written as unknown-8bit"
fi
end 1 "CHANGED: headers in UTF-8 are read or written otherwise"

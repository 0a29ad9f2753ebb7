#!/usr/bin/env bash
# Version: libsisimai-perl 4.25.15-1 and libmail-deliverystatus-bounceparser-perl 1.543+repacked-1 (Debian 12); flufl.bounce
#   6.0.0 (PyPI) for comparison. The bounce is written by the email package of Python.
# Behaviour: a bounce as RFC 3464 has it. Where the field Final-Recipient is folded behind "rfc822;", so that the address
#   is on the next line, Sisimai finds nothing in the bounce. Python folds it so as soon as the address has more than some 50
#   letters, and so does what hands the bounce on with it. Sisimai finds nothing, either, where the name of the
#   field is in capitals. It is found if the text for people has the address in a form that Sisimai knows, as Postfix's.
#   The other two find the address in all of these.
# Guessed: fields of a report are read as all fields of mail: folded or not, in capitals or not (RFC 5322 2.2.3, RFC 3464 2.1).
# Hurts: most bounces are counted, and those of long addresses (tagged ones, those with an id of a customer) are in no
#   statistic; Sisimai gives no object and no error for them, as for mail that is no bounce. Such a bounce has the
#   same Status, Action and reply as the others. Unfold header lines before the bounce is handed to Sisimai.
# Source: observed; Sisimai::RFC3464 and RFC1894 match one line at a time, "Final-Recipient" as it is spelt. No report of it
#   was found.
# Seen on 30 November 2026:
#   short: Sisimai anna@example.net userunknown; BounceParser anna@example.net; flufl.bounce anna@example.net
#   long: Sisimai nothing; BounceParser anna+...@example.net; flufl.bounce anna+...@example.net
#   folded: Sisimai nothing; BounceParser anna@example.net; flufl.bounce anna@example.net
#   capitals: Sisimai nothing; BounceParser anna@example.net; flufl.bounce anna@example.net
#   told: Sisimai anna@example.net userunknown; BounceParser anna@example.net; flufl.bounce anna@example.net
#     (folded, with "<anna@example.net>: host mx.example.net said: 550 ..." in the text)
# Needs Debian 12 (amd64), root, perl, python3 with venv, unshare. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg perl python3 unshare; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root" "$work/mail"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    libmail-deliverystatus-bounceparser-perl=1.543+repacked-1 libmailtools-perl libmime-tools-perl \
    libtimedate-perl libsisimai-perl=4.25.15-1 libclass-accessor-lite-perl libjson-perl \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q flufl.bounce==6.0.0 >"$work/pip.log" 2>&1 ||
    end 3 "the package cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"

cat >"$work/write.py" <<'PYTHON'
"""Bounces about one address: written by Python's email package, and the short one with its field in other forms."""
import pathlib
import sys
from email.message import EmailMessage

FIELD = b"Final-Recipient: rfc822; "


def bounce(address: str) -> bytes:
    mail, text, report, group, fields = (EmailMessage() for _ in range(5))
    text.set_content("Your message could not be delivered to one of its recipients.")
    group["Reporting-MTA"] = "dns; mx.example.org"
    fields["Final-Recipient"] = f"rfc822; {address}"
    fields["Action"] = "failed"
    fields["Status"] = "5.1.1"
    fields["Diagnostic-Code"] = "smtp; 550 5.1.1 User unknown"
    report["Content-Type"] = "message/delivery-status"
    report.set_payload([group, fields])
    mail["From"] = "MAILER-DAEMON@mx.example.org"
    mail["To"] = "bounces@example.com"
    mail["Date"] = "Mon, 30 Nov 2026 10:00:00 +0000"
    mail["Subject"] = "Undelivered Mail Returned to Sender"
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = 'multipart/report; report-type=delivery-status; boundary="b"'
    mail.set_payload([text, report])
    return mail.as_bytes()


short, long = bounce("anna@example.net"), bounce("anna+order-2026-11-30-0123456789-customer-98765432@example.net")
assert FIELD in short and FIELD not in long
mails = {
    "short": short,
    "long": long,
    "folded": short.replace(FIELD, b"Final-Recipient: rfc822;\n "),
    "capitals": short.replace(FIELD, b"FINAL-RECIPIENT: rfc822; "),
    "told": short.replace(FIELD, b"Final-Recipient: rfc822;\n ").replace(
        b"Your message could", b"<anna@example.net>: host mx.example.net said: 550 5.1.1 User unknown. It could"
    ),
}
for label, mail in mails.items():
    (pathlib.Path(sys.argv[1]) / label).write_bytes(mail)
PYTHON
cat >"$work/read.pl" <<'PERL'
use Mail::DeliveryStatus::BounceParser;
use Sisimai;
my $path = shift;
open my $file, '<', $path or die;
my $bounce = Mail::DeliveryStatus::BounceParser->new(do { local $/; <$file> });
my $found = Sisimai->make($path);
my $sisimai = $found ? join ' ', map { $_->recipient->address . ' ' . $_->reason } @$found : 'nothing';
print "Sisimai $sisimai; BounceParser ", join(' ', $bounce->addresses) || 'nothing', "\n";
PERL
cat >"$work/read.py" <<'PYTHON'
import email
import pathlib
import sys

from flufl.bounce import all_failures

_, failed = all_failures(email.message_from_bytes(pathlib.Path(sys.argv[1]).read_bytes()))
print(f"flufl.bounce {b' '.join(sorted(failed)).decode() or 'nothing'}")
PYTHON
python3 "$work/write.py" "$work/mail" 2>"$work/log" || end 4 "nothing measured: $(tail -n 1 "$work/log")"

for label in short long folded capitals told; do
    printf '%s: %s; %s\n' "$label" \
        "$(LC_ALL=C unshare --net perl -I "$root/usr/share/perl5" "$work/read.pl" "$work/mail/$label" 2>>"$work/log")" \
        "$(unshare --net "$work/venv/bin/python" "$work/read.py" "$work/mail/$label" 2>>"$work/log")"
done >"$work/lines"
cat "$work/lines"
anna=anna@example.net tagged=anna+order-2026-11-30-0123456789-customer-98765432@example.net
grep -qxF "short: Sisimai $anna userunknown; BounceParser $anna; flufl.bounce $anna" "$work/lines" ||
    end 4 "nothing measured: the usual bounce is not read by all; $(tail -n 1 "$work/log")"

if grep -qxF "long: Sisimai nothing; BounceParser $tagged; flufl.bounce $tagged" "$work/lines" &&
    grep -qxF "folded: Sisimai nothing; BounceParser $anna; flufl.bounce $anna" "$work/lines" &&
    grep -qxF "capitals: Sisimai nothing; BounceParser $anna; flufl.bounce $anna" "$work/lines"; then
    end 0 "as stated: Sisimai finds nothing where Final-Recipient is folded or in capitals"
fi
end 1 "CHANGED: a folded Final-Recipient, or one in capitals, is read otherwise"

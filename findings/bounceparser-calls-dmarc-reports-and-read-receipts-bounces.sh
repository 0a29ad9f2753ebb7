#!/usr/bin/env bash
# Version: libmail-deliverystatus-bounceparser-perl 1.543+repacked-1 (Debian 12).
# Behaviour: is_bounce is 1 for whatever it does not know for something else: a DMARC report, a TLS report, a complaint
#   (RFC 5965), a read receipt (RFC 8098), and a customer's answer; addresses() is empty for them. A report of a delivery that
#   went well (RFC 3464, Action: delivered), a delay and an answer of a vacation program are known, and is_bounce is 0.
# Guessed: a mail is a bounce if it has a delivery report or the words of one; reports of other types are none.
# Hurts: reports and receipts come to the address that bounces come to, so that the number of bounces rises with each domain
#   that sends DMARC reports and each reader who sends receipts; what is done with bounces (counted, and not read) is done
#   with complaints and with a customer's answer. Take for a bounce what has an address in reports().
# Source: observed; the constructor sets is_bounce to 1, and rules for what is none set it to 0.
# Seen on 30 November 2026:
#   bounce: is_bounce 1, addresses anna@example.net, reasons user_unknown
#   delivered: is_bounce 0, addresses none, reasons none
#   delayed: is_bounce 0, addresses none, reasons none
#   vacation: is_bounce 0, addresses none, reasons none
#   dmarc: is_bounce 1, addresses none, reasons none
#   tlsrpt: is_bounce 1, addresses none, reasons none
#   complaint: is_bounce 1, addresses none, reasons none
#   receipt: is_bounce 1, addresses none, reasons none
#   answer: is_bounce 1, addresses none, reasons none
# Needs Debian 12, root, perl, python3, unshare. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg perl python3 unshare; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
mkdir -p "$work/deb" "$work/root" "$work/mail"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    libmail-deliverystatus-bounceparser-perl=1.543+repacked-1 libmailtools-perl libmime-tools-perl libtimedate-perl \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$work/root" || end 3 "the packages cannot be unpacked"; done

cat >"$work/write.py" <<'PYTHON'
"""One bounce, and mails of other kinds, as they come to the address that the list is sent from."""
import pathlib
import sys

HEAD = """\
From: {sender}
To: list-bounces@example.com
Subject: {subject}
Date: Mon, 30 Nov 2026 10:00:00 +0000
Message-ID: <1@example.net>
MIME-Version: 1.0
"""
REPORT = """\
Content-Type: multipart/report; report-type={kind}; boundary="b"

--b
Content-Type: text/plain

{text}

--b
Content-Type: {media}

{fields}

--b
Content-Type: text/rfc822-headers

From: shop@example.com
Subject: Your order

--b--
"""


def report(sender: str, subject: str, kind: str, media: str, text: str, fields: str) -> str:
    return HEAD.format(sender=sender, subject=subject) + REPORT.format(kind=kind, media=media, text=text, fields=fields)


def status(subject: str, action: str, code: str, reply: str) -> str:
    fields = (
        f"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; anna@example.net\nAction: {action}\n"
        f"Status: {code}\nDiagnostic-Code: smtp; {reply}"
    )
    text = f"<anna@example.net>: host mx.example.net said: {reply}"
    return report("MAILER-DAEMON@mx.example.net", subject, "delivery-status", "message/delivery-status", text, fields)


mails = {
    "bounce": status("Undelivered Mail Returned to Sender", "failed", "5.1.1", "550 5.1.1 User unknown"),
    "delivered": status("Successful Mail Delivery Report", "delivered", "2.0.0", "250 2.0.0 OK"),
    "delayed": status("Delayed Mail (still being retried)", "delayed", "4.2.2", "450 4.2.2 Mailbox full"),
    "vacation": HEAD.format(sender="anna@example.net", subject="Out of office: Your order")
    + "Auto-Submitted: auto-replied\nContent-Type: text/plain\n\nI am away until Monday.\n",
    "dmarc": HEAD.format(
        sender="dmarc@isp.example", subject="Report Domain: example.com Submitter: isp.example Report-ID: <1>"
    )
    + "Content-Type: application/gzip; name=isp.example!example.com!1796000000!1796086399.xml.gz\n"
    + "Content-Transfer-Encoding: base64\n\nH4sIAAAAAAAAAwMAAAAAAAAAAAA=\n",
    "tlsrpt": report(
        "tls@isp.example", "Report Domain: example.com Submitter: isp.example Report-ID: <1>", "tlsrpt",
        "application/tlsrpt+json", "A report about TLS.", '{"organization-name": "isp.example"}',
    ),
    "complaint": report(
        "fbl@isp.example", "complaint about message from 192.0.2.25", "feedback-report", "message/feedback-report",
        "A report of abuse.", "Feedback-Type: abuse\nUser-Agent: FBL/1\nVersion: 1\nSource-IP: 192.0.2.25",
    ),
    "receipt": report(
        "anna@example.net", "Read: Your order", "disposition-notification", "message/disposition-notification",
        "Your message was displayed.",
        "Final-Recipient: rfc822; anna@example.net\nDisposition: manual-action/MDN-sent-manually; displayed",
    ),
    "answer": HEAD.format(sender="anna@example.net", subject="Re: Your order")
    + "Content-Type: text/plain\n\nThank you, it has come. When do you have the blue one again?\n",
}
for label, mail in mails.items():
    (pathlib.Path(sys.argv[1]) / label).write_text(mail)
PYTHON
cat >"$work/read.pl" <<'PERL'
use Mail::DeliveryStatus::BounceParser;
my ($folder, @labels) = @ARGV;
for my $label (@labels) {
    open my $file, '<', "$folder/$label" or die;
    my $bounce = Mail::DeliveryStatus::BounceParser->new(do { local $/; <$file> });
    my $addresses = join(' ', $bounce->addresses) || 'none';
    my $reasons = join(' ', map { $_->get('std_reason') } $bounce->reports) || 'none';
    printf "%s: is_bounce %d, addresses %s, reasons %s\n", $label, $bounce->is_bounce, $addresses, $reasons;
}
PERL
python3 "$work/write.py" "$work/mail" 2>"$work/log" || end 4 "nothing measured: $(tail -n 1 "$work/log")"
LC_ALL=C unshare --net perl -I "$work/root/usr/share/perl5" "$work/read.pl" "$work/mail" \
    bounce delivered delayed vacation dmarc tlsrpt complaint receipt answer >"$work/lines" 2>"$work/log" ||
    end 4 "nothing measured: $(tail -n 1 "$work/log")"
cat "$work/lines"
grep -qx 'bounce: is_bounce 1, addresses anna@example.net, reasons user_unknown' "$work/lines" &&
    [ "$(grep -cE '^(delivered|delayed|vacation): is_bounce 0, ' "$work/lines")" = 3 ] ||
    end 4 "nothing measured: the bounce and what is known for none are not told apart"

if [ "$(grep -cE '^(dmarc|tlsrpt|complaint|receipt|answer): is_bounce 1, addresses none, ' "$work/lines")" = 5 ]; then
    end 0 "as stated: reports, receipts and answers are bounces"
fi
end 1 "CHANGED: reports, receipts or answers are told apart from bounces"

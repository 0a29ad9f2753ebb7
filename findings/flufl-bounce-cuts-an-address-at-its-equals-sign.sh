#!/usr/bin/env bash
# Version: flufl.bounce 6.0.0 (PyPI), with which Mailman 3 reads bounces.
# Behaviour: a bounce as RFC 3464 has it, and as Postfix writes it, about a recipient with "=" in the local part. What it
#   gives as the address that failed ends before the first "=": "anna+news" for anna+news=x@example.net, and
#   "imceaex-_o" for one of Exchange's. No error is raised, and there is no domain in it.
# Guessed: the address as it stands in the report.
# Hurts: nobody is subscribed as "anna+news", so that the bounce counts for nobody: the dead address stays on the list and
#   gets every mail. These are addresses with a tag, members that are lists themselves (VERP), forwarders with SRS0=, and
#   Exchange's IMCEAEX-_O=...; others on the same list are taken off as they should. Where an address bounces for ever and
#   its score stays 0, look for "=" in it.
# Source: observed; _detectors/dsn.py reads the field with get_params() of Python's email package, which is for fields like
#   Content-Type ("name=value"), and takes the name. Tried by hand, Sisimai 4.25.15 and BounceParser 1.543 give the
#   whole address. No report of it was found.
# Seen on 30 November 2026 (recipient of the report; what all_failures() gives as failed for good):
#   anna@example.net: anna@example.net
#   anna+news@example.net: anna+news@example.net
#   anna+news=x@example.net: anna+news
#   list+bob=example.org@example.net: list+bob
#   SRS0=ab12=cd=example.org=bob@example.net: srs0
#   IMCEAEX-_O=EXAMPLE_OU=SALES_CN=ANNA@example.net: imceaex-_o
# Needs python3 with venv; root, unshare. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in python3 unshare; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q flufl.bounce==6.0.0 >"$work/pip.log" 2>&1 ||
    end 3 "the package cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"

cat >"$work/read.py" <<'PYTHON'
"""A bounce about each address, and the addresses that flufl.bounce finds in it."""
import email

from flufl.bounce import all_failures

BOUNCE = """\
From: MAILER-DAEMON@mx.example.org
To: list-bounces@example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<{address}>: host mx.example.net said: 550 5.1.1 User unknown

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--b--
"""
for address in (
    "anna@example.net",
    "anna+news@example.net",
    "anna+news=x@example.net",
    "list+bob=example.org@example.net",
    "SRS0=ab12=cd=example.org=bob@example.net",
    "IMCEAEX-_O=EXAMPLE_OU=SALES_CN=ANNA@example.net",
):
    _, failed = all_failures(email.message_from_string(BOUNCE.format(address=address)))
    print(f"{address}: {b' '.join(sorted(failed)).decode() or 'nothing'}")
PYTHON

unshare --net "$work/venv/bin/python" "$work/read.py" >"$work/lines" 2>"$work/log" ||
    end 4 "nothing measured: $(tail -n 1 "$work/log")"
cat "$work/lines"
for address in anna@example.net anna+news@example.net; do
    grep -qxF "$address: $address" "$work/lines" || end 4 "nothing measured: the usual bounce is not read"
done

if grep -qxF 'anna+news=x@example.net: anna+news' "$work/lines" &&
    grep -qxF 'list+bob=example.org@example.net: list+bob' "$work/lines" &&
    grep -qxF 'SRS0=ab12=cd=example.org=bob@example.net: srs0' "$work/lines" &&
    grep -qxF 'IMCEAEX-_O=EXAMPLE_OU=SALES_CN=ANNA@example.net: imceaex-_o' "$work/lines"; then
    end 0 "as stated: the address ends before its first equals sign"
fi
end 1 "CHANGED: the address of the bounce is read otherwise"

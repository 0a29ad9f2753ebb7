#!/usr/bin/env bash
# Version: dmarc-report-parser 0.1.5 (npm); parsedmarc 11.1.0 and dmarc-report 3.1.0 (PyPI) for comparison.
# Behaviour: a DMARC aggregate report in which one record has a <reason> (RFC 7489 appendix C: why the receiver did otherwise
#   than the policy says, such as local_policy or forwarded) is an error of types, and nothing of the whole report is
#   given. So is every report in the form of RFC 9990 that has the new disposition "pass". The same report without is read.
# Guessed: all valid reports are read, and a reason is one more value.
# Hurts: the reports of the large receivers name a reason as soon as somebody forwards mail or posts to a list; those are
#   the days and senders that one looks for in them. A program that skips what it cannot read shows the good days
#   only. Count the reports that came, not those that were read.
# Source: observed; the parser gives every element as a list, and the schema (zod) wants a text for type and comment. No report
#   of it was found.
# Seen on 30 November 2026:
#   without a reason: dmarc-report-parser read; parsedmarc read; dmarc-report read
#   a reason: dmarc-report-parser error; parsedmarc read; dmarc-report read
#   RFC 9990: dmarc-report-parser error; parsedmarc read; dmarc-report read
# Needs Node.js 20 or later with npm, python3 with venv; root, unshare. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in node npm python3 unshare; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund dmarc-report-parser@0.1.5 >npm.log 2>&1) ||
    end 3 "the package cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q parsedmarc==11.1.0 dmarc-report==3.1.0 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"

cat >"$work/write.py" <<'PYTHON'
"""Write three reports about three messages."""
import pathlib

REASON = "<reason><type>local_policy</type><comment>arc=pass</comment></reason>"


def report(root: str, published: str, disposition: str, reason: str) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feedback{root}><version>1.0</version>
<report_metadata><org_name>receiver.example</org_name><email>dmarc@receiver.example</email>
<report_id>r1</report_id><date_range><begin>1795910400</begin><end>1795996799</end></date_range></report_metadata>
<policy_published><domain>example.com</domain>{published}</policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated><disposition>{disposition}</disposition>
<dkim>fail</dkim><spf>fail</spf>{reason}</policy_evaluated></row>
<identifiers><header_from>example.com</header_from><envelope_from>example.com</envelope_from></identifiers>
<auth_results><dkim><domain>example.com</domain><selector>s1</selector><result>fail</result></dkim>
<spf><domain>example.com</domain><scope>mfrom</scope><result>softfail</result></spf></auth_results></record></feedback>
"""


OLD = "<adkim>r</adkim><aspf>r</aspf><p>reject</p><sp>reject</sp><pct>100</pct>"
NEW = "<p>reject</p><sp>reject</sp><np>reject</np><adkim>r</adkim><aspf>r</aspf>"
files = {
    "without a reason": report("", OLD, "none", ""),
    "a reason": report("", OLD, "none", REASON),
    "RFC 9990": report(' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"', NEW, "pass", "").replace("<dkim>fail", "<dkim>pass"),
}
for name, text in files.items():
    pathlib.Path(name).write_text(text)
PYTHON
cat >"$work/read.mjs" <<'JS'
// What dmarc-report-parser makes of each report.
import { readFileSync } from 'node:fs'
import { parseDmarcReportsFromXml } from 'dmarc-report-parser'

for (const name of process.argv.slice(2)) {
  let result = 'error'
  try {
    result = (await parseDmarcReportsFromXml([readFileSync(name, 'utf8')])).totalReports === 1 ? 'read' : 'none'
  } catch {}
  console.log(`dmarc-report-parser ${result}`)
}
JS
cat >"$work/read.py" <<'PYTHON'
"""The same with parsedmarc and dmarc-report."""
import subprocess
import sys

import parsedmarc

for name in sys.argv[1:]:
    count = sum(it["count"] for it in parsedmarc.parse_report_file(name, offline=True)["report"]["records"])
    shown = subprocess.run([f"{sys.prefix}/bin/dmarc-report", name], stdout=subprocess.PIPE, text=True).stdout
    (total,) = [line for line in shown.splitlines() if "Total messages" in line]
    print(f"parsedmarc {'read' if count == 3 else count}; dmarc-report {'read' if ' 3 ' in total else total}")
PYTHON

inside='cd "$0" && node read.mjs "without a reason" "a reason" "RFC 9990" >npm.lines &&
    venv/bin/python read.py "without a reason" "a reason" "RFC 9990" >pypi.lines'
(cd "$work" && python3 write.py) &&
    timeout 90 unshare --net --pid --fork --kill-child bash -c "$inside" "$work" 2>"$work/log" ||
    end 4 "nothing measured: no namespaces here, or a reader did not start; $(tail -n 1 "$work/log")"
printf '%s\n' 'without a reason' 'a reason' 'RFC 9990' | paste -d '#' - "$work/npm.lines" "$work/pypi.lines" |
    sed 's/#/: /; s/#/; /' >"$work/lines"
cat "$work/lines"
others='parsedmarc read; dmarc-report read'
[ "$(grep -c "$others\$" "$work/lines")" = 3 ] && grep -qx "without a reason: dmarc-report-parser read; $others" "$work/lines" ||
    end 4 "nothing measured: a plain report is not read; $(tail -n 1 "$work/log")"

if grep -qx "a reason: dmarc-report-parser error; $others" "$work/lines" &&
    grep -qx "RFC 9990: dmarc-report-parser error; $others" "$work/lines"; then
    end 0 "as stated: a report that names a reason is not read at all, and none with the new disposition"
fi
end 1 "CHANGED: dmarc-report-parser reads it"

#!/usr/bin/env bash
# Version: dmarc-cat 0.15.0-1+b4 (Debian 12), on an aggregate report (RFC 7489 appendix C).
# Behaviour: the columns RDKIM and RSPF have the plain results of the two checks (auth_results), whatever domain they are for, and
#   not whether DMARC took them (policy_evaluated). Seven mails that were refused by p=reject, since a provider's own
#   domain was signed for and had the SPF pass, are "pass pass"; the disposition is in no column. Of two signatures the
#   last one counts: a mail that passed DMARC by the first is "fail fail".
# Guessed: the verdict of DMARC, which is what such a report is for, or the disposition beside the plain results.
# Hurts: before p=none becomes p=reject the reports are read for a "fail". The newsletter tool and the ticket system that are not
#   aligned show "pass pass", and their mail is lost on the day of the change; while mail with a second, broken signature
#   of a list or a provider looks lost and is not. Look at RFrom: where it is not the domain of From, "pass" is none for DMARC.
# Source: observed; the README has an example without a word on the columns.
# Seen on 30 November 2026 (source_ip, count, policy_evaluated of the report; then the line of dmarc-cat):
#   192.0.2.25 40, none, dkim pass, spf pass:
#     192.0.2.25   40      example.com example.com      pass    pass
#   198.51.100.9 7, reject, dkim fail, spf fail:
#     198.51.100.9 7       example.com provider.example pass    pass
#   203.0.113.5 3, none, dkim pass, spf fail (two signatures: example.com pass, list.example fail):
#     203.0.113.5  3       example.com list.example     fail    fail
# Needs Debian 12 (amd64), root, python3, unshare, chroot. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in apt-get dpkg python3 unshare chroot; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$work/deb" "$root"
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 tmp &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    dmarc-cat=0.15.0-1+b4 libgpgme11 libassuan0 libgpg-error0 libc6 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

cat >"$work/write.py" <<'PYTHON'
"""One aggregate report with three records."""
import pathlib
import sys

RECORD = """<record>
<row><source_ip>{address}</source_ip><count>{count}</count>
<policy_evaluated><disposition>{disposition}</disposition><dkim>{dkim}</dkim><spf>{spf}</spf></policy_evaluated></row>
<identifiers><header_from>example.com</header_from></identifiers>
<auth_results>{signatures}<spf><domain>{sender}</domain><result>{sender_result}</result></spf></auth_results>
</record>
"""


def record(address: str, count: int, verdict: tuple[str, str, str], signed: dict[str, str], sender: str, spf: str) -> str:
    signatures = "".join(f"<dkim><domain>{name}</domain><result>{result}</result></dkim>" for name, result in signed.items())
    return RECORD.format(
        address=address, count=count, disposition=verdict[0], dkim=verdict[1], spf=verdict[2], signatures=signatures,
        sender=sender, sender_result=spf,
    )


records = (
    record("192.0.2.25", 40, ("none", "pass", "pass"), {"example.com": "pass"}, "example.com", "pass"),
    record("198.51.100.9", 7, ("reject", "fail", "fail"), {"provider.example": "pass"}, "provider.example", "pass"),
    record(
        "203.0.113.5", 3, ("none", "pass", "fail"), {"example.com": "pass", "list.example": "fail"}, "list.example", "fail"
    ),
)
pathlib.Path(sys.argv[1]).write_text(f"""<?xml version="1.0" encoding="UTF-8"?>
<feedback>
<version>1.0</version>
<report_metadata><org_name>isp.example</org_name><email>dmarc@isp.example</email><report_id>1</report_id>
<date_range><begin>1796000000</begin><end>1796086399</end></date_range></report_metadata>
<policy_published><domain>example.com</domain><adkim>r</adkim><aspf>r</aspf><p>reject</p><sp>reject</sp><pct>100</pct>
</policy_published>
{"".join(records)}</feedback>
""")
PYTHON
report='isp.example!example.com!1796000000!1796086399.xml'
python3 "$work/write.py" "$root/tmp/$report" 2>"$work/log" || end 4 "nothing measured: $(tail -n 1 "$work/log")"
unshare --net chroot "$root" /usr/bin/dmarc-cat -N "/tmp/$report" >"$work/out" 2>"$work/log"
grep -E '^(IP|[0-9]+\.)' "$work/out" | tr -s ' ' | sed 's/ $//' | tee "$work/lines"
grep -qxF '192.0.2.25 40 example.com example.com pass pass' "$work/lines" ||
    end 4 "nothing measured: the report was not read; $(tail -n 1 "$work/log")"

if grep -qxF '198.51.100.9 7 example.com provider.example pass pass' "$work/lines" &&
    grep -qxF '203.0.113.5 3 example.com list.example fail fail' "$work/lines" && ! grep -q reject "$work/lines"; then
    end 0 "as stated: mail that DMARC refused is pass, and mail that it took is fail"
fi
end 1 "CHANGED: the results of the report are shown otherwise"

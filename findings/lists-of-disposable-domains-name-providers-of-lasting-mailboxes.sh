#!/usr/bin/env bash
# Version: mailchecker 6.0.21, disposable-email-domains-js 1.26.0, disposable-email-domains 1.0.62 (npm);
#   disposable-email-domains 0.0.293 (PyPI): the lists of disposable domains that address checkers are built on.
# Behaviour: each names domains at which people have lasting mailboxes: mailchecker those of mail.com (consultant.com,
#   dr.com, techie.com, myself.com, writeme.com), Tuta (keemail.me) and Hush (hush.com, which was taken off in 2020
#   and is back), and the forwarding addresses of DuckDuckGo and Firefox Relay; the other three 21CN (China
#   Telecom), two of them Sify (an Internet provider in India). mail.com and tuta.com themselves are in none.
# Guessed: lists err by what they lack; no provider's domain with accounts that last is in one that is kept up.
# Hurts: a sign-up form or a list that is cleaned by one of these turns real customers away with "please use a
#   real address", and no mail server has ever refused them. Ask the server; a match in such a list is a remark,
#   and no refusal.
# Source: github.com/ivolo/disposable-email-domains/issues/328 (the domains of mail.com),
#   github.com/FGRibreau/mailchecker/pull/294 (hush.com).
# Seen on 30 November 2026 (mailchecker, disposable-email-domains-js, disposable-email-domains, PyPI's):
#   mail.com: fine fine fine fine
#   mailinator.com: disposable disposable disposable disposable
#   consultant.com, dr.com, techie.com, myself.com, writeme.com, keemail.me, hush.com, duck.com, mozmail.com:
#     disposable fine fine fine
#   sify.com: fine disposable fine disposable
#   21cn.com: fine disposable disposable disposable
# Needs Node.js 20 or later with npm, python3 with venv. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

for tool in node npm python3; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund mailchecker@6.0.21 \
    disposable-email-domains-js@1.26.0 disposable-email-domains@1.0.62 >npm.log 2>&1) ||
    end 3 "the packages cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q disposable-email-domains==0.0.293 >"$work/pip.log" 2>&1 ||
    end 3 "the package cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"

names=(mail.com email.com tuta.com mailinator.com consultant.com dr.com techie.com myself.com writeme.com keemail.me
    hush.com duck.com mozmail.com sify.com 21cn.com)
cat >"$work/ask.js" <<'JS'
// What three packages say of the domains that are given.
const checker = require('mailchecker')
const { isDisposableEmail } = require('disposable-email-domains-js')
const listed = new Set(require('disposable-email-domains'))
const word = (isListed) => (isListed ? 'disposable' : 'fine')
for (const name of process.argv.slice(2)) {
  const address = `anna@${name}`
  const answers = [!checker.isValid(address), isDisposableEmail(address), listed.has(name)]
  console.log(name + ':', ...answers.map(word))
}
JS
cat >"$work/ask.py" <<'PYTHON'
"""What a fourth one says."""
import sys

from disposable_email_domains import blocklist

for name in sys.argv[1:]:
    print("disposable" if name in blocklist else "fine")
PYTHON
node "$work/ask.js" "${names[@]}" >"$work/three" 2>"$work/errors" &&
    "$work/venv/bin/python" "$work/ask.py" "${names[@]}" >"$work/fourth" 2>>"$work/errors" || {
    cat "$work/errors"
    end 4 "nothing measured: a list cannot be asked"
}
paste -d ' ' "$work/three" "$work/fourth" | tee "$work/lines"
grep -qx 'mailinator.com: disposable disposable disposable disposable' "$work/lines" ||
    end 4 "nothing measured: the lists do not know a disposable domain"
diff - "$work/lines" >"$work/difference" <<'LINES' || end 1 "CHANGED: other domains are listed than is stated"
mail.com: fine fine fine fine
email.com: fine fine fine fine
tuta.com: fine fine fine fine
mailinator.com: disposable disposable disposable disposable
consultant.com: disposable fine fine fine
dr.com: disposable fine fine fine
techie.com: disposable fine fine fine
myself.com: disposable fine fine fine
writeme.com: disposable fine fine fine
keemail.me: disposable fine fine fine
hush.com: disposable fine fine fine
duck.com: disposable fine fine fine
mozmail.com: disposable fine fine fine
sify.com: fine disposable fine disposable
21cn.com: fine disposable disposable disposable
LINES
end 0 "as stated: providers of lasting mailboxes are in lists of disposable domains"

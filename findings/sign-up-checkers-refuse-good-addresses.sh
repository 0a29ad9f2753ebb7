#!/usr/bin/env bash
# Version: zod 4.6.7, valibot 1.5.0, arktype 2.2.9, email-validator 2.0.4 and @vee-validate/rules 4.15.1 (npm), their check of
#   an e-mail address as it comes; validator 13.15.35, joi 18.3.2 and yup 1.7.1 for comparison.
# Behaviour: the first five refuse every address in a top-level domain of another script, also in the ASCII form in which
#   DNS and SMTP have it (anna@xn--e1afmkfd.xn--p1ai, which is in .рф). zod and vee-validate refuse &, / and = before
#   the @; valibot and arktype refuse these and the apostrophe of o'brien@example.com; valibot also refuses any
#   domain with two hyphens in a row, so each name with an umlaut in its ASCII form.
# Guessed: what RFC 5321 allows in ASCII without quotes passes, as in the pattern that HTML has for <input type=email>; only
#   addresses with letters outside ASCII are refused.
# Hurts: a person with such an address cannot sign up, order or reset a password, and is told that it is wrong, though every
#   mail server takes it; so with o'brien@ and r&d@, which are in use at firms, and with the form a/b=c@ of mail gateways.
#   Nothing of it reaches a mail log. Check for one @ with something on both sides, and send a message.
# Source: observed; each is one regular expression, whose last label is letters only, and whose local part is a list of
#   characters. No report of the domains was found.
# Seen on 30 November 2026 (what each refuses of seven addresses):
#   zod: r&d@example.com a/b=c@example.com anna@xn--e1afmkfd.xn--p1ai
#   valibot: o'brien@example.com r&d@example.com a/b=c@example.com anna@xn--e1afmkfd.xn--p1ai anna@xn--bcher-kva.com
#   arktype: o'brien@example.com r&d@example.com a/b=c@example.com anna@xn--e1afmkfd.xn--p1ai
#   email-validator: anna@xn--e1afmkfd.xn--p1ai
#   vee-validate: r&d@example.com a/b=c@example.com anna@xn--e1afmkfd.xn--p1ai
#   validator: none
#   joi: none
#   yup: none
# Needs Node.js 20 or later with npm; root, unshare. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in node npm unshare; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund zod@4.6.7 valibot@1.5.0 arktype@2.2.9 email-validator@2.0.4 \
    @vee-validate/rules@4.15.1 validator@13.15.35 joi@18.3.2 yup@1.7.1 >npm.log 2>&1) ||
    end 3 "the packages cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"

cat >"$work/check.mjs" <<'JS'
// What each checker refuses.
import { z } from 'zod'
import * as v from 'valibot'
import { type } from 'arktype'
import emailValidator from 'email-validator'
import { email } from '@vee-validate/rules'
import validator from 'validator'
import Joi from 'joi'
import { string } from 'yup'

const ADDRESSES = [
  'anna@example.com', "o'brien@example.com", 'r&d@example.com', 'a/b=c@example.com', 'anna@xn--e1afmkfd.xn--p1ai',
  'anna@xn--bcher-kva.com', 'anna+shop@example.photography',
]
const CHECKS = {
  zod: (it) => z.email().safeParse(it).success,
  valibot: (it) => v.safeParse(v.pipe(v.string(), v.email()), it).success,
  arktype: (it) => !(type('string.email')(it) instanceof type.errors),
  'email-validator': (it) => emailValidator.validate(it),
  'vee-validate': (it) => email(it) === true,
  validator: (it) => validator.isEmail(it),
  joi: (it) => !Joi.string().email().validate(it).error,
  yup: (it) => string().email().isValidSync(it),
}
for (const [name, check] of Object.entries(CHECKS)) {
  console.log(`${name}: ${ADDRESSES.filter((it) => !check(it)).join(' ') || 'none'}`)
}
JS

(cd "$work" && timeout 60 unshare --net --pid --fork --kill-child node check.mjs >lines 2>log) ||
    end 4 "nothing measured: no namespaces here, or a checker did not load; $(tail -n 1 "$work/log")"
cat "$work/lines"
grep -q 'anna@example.com' "$work/lines" && end 4 "nothing measured: a plain address is refused"
sed -n 's/^#   \([a-z-]*: \)/\1/p' "$0" | grep -E '^(zod|valibot|arktype|email-validator|vee-validate|validator|joi|yup): ' >"$work/stated"
if cmp -s "$work/lines" "$work/stated"; then
    end 0 "as stated: five checkers refuse good addresses, among them all in top-level domains of another script"
fi
end 1 "CHANGED: a checker takes, or refuses, another address"

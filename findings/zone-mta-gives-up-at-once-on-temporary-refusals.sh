#!/usr/bin/env bash
# Version: ZoneMTA 3.10.3 (npm, zone-mta), the rules that come with it; bounces.check() of lib/bounces.js, whose
#   word lib/sender.js follows for every reply of a server: "reject" is a bounce at once, all else is tried again.
# Behaviour: the first rule of some 300 that fits decides, not the class of the reply. Every 452 is "reject": a full
#   mailbox, no space left on the server, too many recipients. So are what Postfix says while the DNS of a
#   domain fails (450 4.1.8, 4.1.2), while the server behind it is down (450 4.1.1), and while its own
#   configuration is broken (451 4.3.5). A refusal for good by a blocklist (554) is tried again for days.
# Guessed: 4yz is tried again, and 5yz bounces (RFC 5321 section 4.2.1); rules are for the category in the log.
# Hurts: mail that any other server would have delivered an hour later comes back, and the list that it was sent
#   from drops the address; for the sender it looks as if the receiver had refused for good. Who reads
#   statistics finds "capacity" and "envelope" bounces on the days when somebody's DNS or disk was ill. The
#   rules are a file, config/bounces.txt: have ^4.* lines end in defer.
# Source: observed; lib/bounces.js, lib/sender.js (bounce.action), config/bounces.txt.
# Seen on 29 November 2026:
#   defer  450 4.2.0 Greylisted, try again later
#   defer  451 4.3.0 Temporary failure
#   reject 550 5.1.1 User unknown
#   reject 452 4.2.2 Mailbox full
#   reject 452 4.3.1 Insufficient system storage
#   reject 452 4.5.3 Too many recipients
#   reject 450 4.1.1 Recipient address rejected: unverified address: connect to 192.0.2.1: Connection refused
#   reject 450 4.1.8 Sender address rejected: Domain not found
#   reject 450 4.1.2 Recipient address rejected: Domain not found
#   reject 451 4.3.5 Server configuration error
#   defer  554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using bl.example
# Needs Node.js 20 or later with npm; root, unshare. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in node npm unshare; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
(cd "$work" && npm install --ignore-scripts --no-audit --no-fund zone-mta@3.10.3 >npm.log 2>&1) ||
    end 3 "the package cannot be had from npm: $(grep -m 1 -E 'npm (error|ERR)' "$work/npm.log")"

cat >"$work/replies" <<'REPLIES'
450 4.2.0 Greylisted, try again later
451 4.3.0 Temporary failure
550 5.1.1 User unknown
452 4.2.2 Mailbox full
452 4.3.1 Insufficient system storage
452 4.5.3 Too many recipients
450 4.1.1 Recipient address rejected: unverified address: connect to 192.0.2.1: Connection refused
450 4.1.8 Sender address rejected: Domain not found
450 4.1.2 Recipient address rejected: Domain not found
451 4.3.5 Server configuration error
554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using bl.example
REPLIES
cat >"$work/ask.js" <<'JS'
require('npmlog').level = 'silent'
const bounces = require('zone-mta/lib/bounces.js')

bounces.reloadBounces()
for (const reply of require('fs').readFileSync('replies', 'utf8').trim().split('\n')) {
  console.log(bounces.check(reply).action.padEnd(6), reply)
}
process.exit()
JS

(cd "$work" && timeout 60 unshare --net node ask.js >"$work/lines" 2>"$work/ask.log") ||
    end 4 "nothing measured: $(tail -n 1 "$work/ask.log")"
cat "$work/lines"
grep -q '^defer  450 4.2.0' "$work/lines" && grep -q '^defer  451 4.3.0' "$work/lines" &&
    grep -q '^reject 550 5.1.1' "$work/lines" || end 4 "nothing measured: the rules were not read as meant"

[ "$(grep -c '^reject 45' "$work/lines")" = 7 ] && grep -q '^defer  554 5.7.1' "$work/lines" ||
    end 1 "CHANGED: at least one of these replies has another outcome"
end 0 "as stated: seven temporary refusals end in a bounce at once, and one for good is tried again"

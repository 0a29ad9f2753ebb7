#!/usr/bin/env bash
# Version: mail 2.7.1 for Ruby (ruby-mail 2.7.1+dfsg1-2, Debian 12), which most Ruby programs read mail with.
# Behaviour: of a report (RFC 3464) on two recipients, `retryable?` is true although both have failed for good with
#   5.1.1 and 5.2.2; for either of them alone it is false. `bounced?` looks at the first recipient only: behind
#   one that is delayed, relayed or delivered, a failed one is "not bounced". `action`, `final_recipient` and
#   `error_status` are strings for one recipient and arrays for two.
# Guessed: retryable? is true only if nobody failed for good, bounced? if anybody failed.
# Hurts: a server writes one report on all recipients of a message that failed. A program that takes addresses
#   off its list by these two keeps those which failed together, and sends to them again and again. Go through
#   the groups of the delivery-status part instead.
# Source: observed; no report of it was found.
# Seen on 30 November 2026 (the actions: bounced?, retryable?):
#   failed 5.1.1: true, false
#   failed 5.1.1, failed 5.2.2: true, true
#   failed 5.1.1, delayed 4.4.1: true, true
#   delayed 4.4.1, failed 5.1.1: false, true
#   delivered 2.1.5, failed 5.1.1: false, true
#   relayed 2.1.9, failed 5.1.1: false, true
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
(cd "$root" && mkdir -p usr/bin usr/sbin usr/lib usr/lib64 dev tmp etc &&
    ln -s usr/bin usr/sbin usr/lib usr/lib64 .) || end 4 "nothing measured: the folders cannot be made"
(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root download \
    ruby-mail=2.7.1+dfsg1-2 ruby-mini-mime ruby3.1 libruby3.1 libyaml-0-2 libgmp10 libssl3 zlib1g libffi8 \
    libcrypt1 libc6 libgcc-s1 \
    >"$work/apt.log" 2>&1) || end 3 "the packages cannot be had (is this Debian 12, and was apt-get update run?)"
for deb in "$work"/deb/*.deb; do dpkg -x "$deb" "$root" || end 3 "the packages cannot be unpacked"; done

cat >"$root/tmp/read.rb" <<'RUBY'
require 'mail'

HEAD = <<REPORT
From: MAILER-DAEMON@mx.example.com (Mail Delivery System)
To: shop@example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="limit"

--limit
Content-Type: text/plain

This is the mail system at host mx.example.com.

--limit
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
REPORT

def group(name, action, status)
  "\nFinal-Recipient: rfc822; #{name}@example.net\nAction: #{action}\nStatus: #{status}\n"
end

STATUSES = { 'delayed' => '4.4.1', 'delivered' => '2.1.5', 'relayed' => '2.1.9' }.freeze

['failed', 'failed failed', 'failed delayed', 'delayed failed', 'delivered failed', 'relayed failed'].each do |row|
  statuses = %w[5.1.1 5.2.2]
  told = row.split.map { |action| [action, STATUSES[action] || statuses.shift] }
  groups = told.zip(%w[anna bert]).map { |(action, status), name| group(name, action, status) }
  mail = Mail.new((HEAD + groups.join + "\n--limit--\n").gsub("\n", "\r\n"))
  puts "#{told.map { |item| item.join(' ') }.join(', ')}: #{mail.bounced?}, #{mail.retryable?}"
end
RUBY

libraries=/usr/lib/ruby/vendor_ruby
for folder in "$root"/usr/share/rubygems-integration/*/gems/*/lib "$root"/usr/lib/ruby/gems/3.1.0/gems/*/lib; do
    [ -d "$folder" ] && libraries+=:${folder#"$root"}
done
RUBYLIB=$libraries LC_ALL=C.UTF-8 unshare --net chroot "$root" \
    /usr/bin/ruby3.1 --disable-gems -W0 /tmp/read.rb >"$work/lines" 2>"$work/errors" || {
    cat "$work/errors"
    end 4 "nothing measured: Ruby did not run"
}
cat "$work/lines"
grep -qx 'failed 5.1.1: true, false' "$work/lines" || end 4 "nothing measured: an ordinary bounce is not read"
diff - "$work/lines" >"$work/difference" <<'LINES' || end 1 "CHANGED: two recipients of a report are read otherwise"
failed 5.1.1: true, false
failed 5.1.1, failed 5.2.2: true, true
failed 5.1.1, delayed 4.4.1: true, true
delayed 4.4.1, failed 5.1.1: false, true
delivered 2.1.5, failed 5.1.1: false, true
relayed 2.1.9, failed 5.1.1: false, true
LINES
end 0 "as stated: two recipients who failed for good are worth another try, and the first alone tells of a bounce"

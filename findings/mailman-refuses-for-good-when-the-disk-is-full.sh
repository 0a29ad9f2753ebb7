#!/usr/bin/env bash
# Version: Mailman 3.3.10 (PyPI, mailman, with SQLAlchemy 2.0.44), its LMTP server, with SQLite and a list as it comes.
# Behaviour: no space is left on the disk that has Mailman's queue. RCPT is answered with 250, and the message with
#   "550 Requested action not taken: mailbox unavailable", to the letter the reply that an unknown list gets at RCPT.
#   Mailman's log, if it is on the same disk, has no line of it. When there is space again, it is 250 as before.
# Guessed: 4yz (452 or 451), so that the server in front keeps the message and comes again, as with a database that
#   fails, for which Mailman has 451.
# Hurts: while the disk is full every post to every list bounces for good, and its author reads that the list is not
#   there. The bounces of subscribers and commands by mail come in by the same way. Who reads the reply looks for a
#   mistyped list, or one that has been removed. Watch the disk's space; in the Postfix in front, soft_bounce = yes
#   for the time of a repair keeps the mail.
# Source: observed; handle_DATA in mailman/runners/lmtp.py has one reply for whatever goes wrong when a message is put
#   into the queue.
# Seen on 30 November 2026:
#   space:    RCPT 250 Ok, message 250 Ok
#   no space: RCPT 250 Ok, message 550 Requested action not taken: mailbox unavailable
#   unknown:  RCPT 550 Requested action not taken: mailbox unavailable
#   space:    RCPT 250 Ok, message 250 Ok
# Needs root, python3 (3.9 to 3.13) with venv, unshare, ip. Exit codes: README.md beside this file.
set -uo pipefail
umask 022

end() { printf '%s: %s\n' "$(basename "$0" .sh)" "$2"; exit "$1"; }

inside() { # in namespaces of its own: no network but a loopback, and every process ends with it
    work=$1
    ip link set lo up
    mount -t tmpfs -o size=8m tmpfs "$work/disk" || exit # the disk of Mailman, and of nothing else
    export MAILMAN_CONFIG_FILE=$work/mailman.cfg
    "$work/venv/bin/mailman" --run-as-root create list@example.com >"$work/create.log" 2>&1 || exit
    "$work/venv/bin/runner" --runner=lmtp -C "$work/mailman.cfg" 2>"$work/runner.log" &
    timeout 60 "$work/venv/bin/python" "$work/client.py" "$work/disk/fill" >"$work/lines" 2>"$work/client.log"
}
if [ "${1-}" = inside ]; then inside "$2"; exit; fi

[ "$(id -u)" = 0 ] || end 4 "nothing measured: root is needed"
for tool in python3 unshare ip; do
    command -v "$tool" >/dev/null || end 4 "nothing measured: $tool is missing"
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
mkdir "$work/disk"
python3 -m venv "$work/venv" 2>"$work/venv.log" || end 4 "nothing measured: python3 cannot make a venv"
"$work/venv/bin/pip" install -q mailman==3.3.10 sqlalchemy==2.0.44 aiosmtpd==1.4.6 >"$work/pip.log" 2>&1 ||
    end 3 "the packages cannot be had from PyPI: $(grep -m 1 ERROR "$work/pip.log")"
cat >"$work/mailman.cfg" <<CONF
[mailman]
layout: here
[paths.here]
var_dir: $work/disk/var
[mta]
incoming: mailman.mta.null.NullMTA
lmtp_host: 127.0.0.1
lmtp_port: 8024
CONF

cat >"$work/client.py" <<'PYTHON'
"""Send to the list, with space on its disk and without, and to a list that is not there."""
import os
import smtplib
import sys
import time

HEADER = "From: anna@example.net\nTo: list@example.com\nSubject: test\nMessage-ID: <{}@example.net>\n\nHello\n"


def send(name, to):
    client = smtplib.LMTP("127.0.0.1", 8024, timeout=20)
    client.ehlo()
    client.mail("anna@example.net")
    code, text = client.rcpt(to)
    said = f"{name}: RCPT {code} {text.decode()}"
    if code == 250:
        code, text = client.data(HEADER.format(time.time()))
        said += f", message {code} {text.decode()}"
    client.quit()
    print(said, flush=True)


for _ in range(60):
    try:
        smtplib.LMTP("127.0.0.1", 8024).quit()
        break
    except OSError:
        time.sleep(0.5)
send("space", "list@example.com")
with open(sys.argv[1], "wb", buffering=0) as file:
    for size in (65536, 1):
        try:
            while file.write(bytes(size)):
                pass
        except OSError:
            pass
send("no space", "list@example.com")
send("unknown", "other@example.com")
os.unlink(sys.argv[1])
send("space", "list@example.com")
PYTHON

unshare --mount --net --pid --fork --kill-child bash "$0" inside "$work" ||
    end 4 "nothing measured: no namespaces here, or Mailman did not start; $(tail -qn 1 "$work"/{create,client}.log)"
cat "$work/lines"
[ "$(grep -cx 'space: RCPT 250 Ok, message 250 Ok' "$work/lines")" = 2 ] &&
    grep -q '^unknown: RCPT 550 ' "$work/lines" ||
    end 4 "nothing measured: the list was not reached as meant; $(tail -n 1 "$work/runner.log")"

grep -qx 'no space: RCPT 250 Ok, message 550 Requested action not taken: mailbox unavailable' "$work/lines" ||
    end 1 "CHANGED: without space the message has another reply"
end 0 "as stated: without space the message is refused for good, like one to an unknown list"

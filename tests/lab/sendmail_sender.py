"""sendmail as a server that sends, beside the probe."""

from __future__ import annotations

from pathlib import Path

from tests.lab.namespace import Namespace
from tests.lab.packages import UNPACKED
from tests.lab.sender import Fate, Sender

MACROS = UNPACKED / "sendmail" / "usr" / "share" / "sendmail" / "cf"
PROGRAM = "/usr/sbin/sendmail-mta"
_HEAD = """divert(-1)
divert(0)dnl
define(`_USE_ETC_MAIL_')dnl
include(`{macros}/m4/cf.m4')dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME',`out.sender.example')dnl
define(`confDONT_BLAME_SENDMAIL',``MapInUnsafeDirPath'')dnl
define(`QUEUE_DIR',`{home}/queue')dnl
define(`ALIAS_FILE',`')dnl
"""
_CLIENT = "CLIENT_OPTIONS(`Family=inet, Addr=198.51.100.10')dnl\n"
_FOOT = "MAILER(`local')dnl\nMAILER(`smtp')dnl\n"
_MAPS = """
set -e
cd "$1"
m4 -D_CF_DIR_="$2/" sendmail.mc > sendmail.cf
for name in access mailertable; do
  if [ -e "$name" ]; then makemap -C sendmail.cf hash "$name" < "$name"; fi
done
"""
_SEND = """
printf 'Subject: real\\n\\nreal\\n' | "$1" -Am -C "$2/sendmail.cf" -odi -v -f "$3" "$4" 2>&1
echo "status $?"
"""


class SendmailSender:
    """Its configuration is made as its makers have it, with m4(1) from sendmail.mc; `values` of the case are
    lines of that."""

    @staticmethod
    def configure(space: Namespace, home: Path, case: Sender) -> None:
        """Write the configuration, its tables and its queue. RuntimeError where m4 or makemap fails."""
        lines = case.values.format(home=home, authority=space.directory / "tls" / "authority.pem")
        client = "" if "CLIENT_OPTIONS" in lines else _CLIENT
        (home / "sendmail.mc").write_text(_HEAD.format(macros=MACROS, home=home) + client + lines + _FOOT)
        (home / "queue").mkdir(mode=0o700)
        run = space.run(["sh", "-c", _MAPS, "maps", home, MACROS], more=_tree())
        if run.returncode:
            raise RuntimeError(run.stderr)

    @staticmethod
    def deliver(space: Namespace, home: Path, case: Sender) -> Fate:
        """Send in the foreground, with the dialogue on the terminal."""
        argv: list[str | Path] = ["sh", "-c", _SEND, "send", PROGRAM, home, case.sender, case.recipient]
        text = space.run(argv, more=_tree()).stdout
        own = text.partition(f"\n{case.sender}... ")[0]  # and not how the bounce fares
        if not text.endswith("status 0\n"):
            return Fate("bounced", own)
        is_sent = any(line.startswith(f"{case.recipient}... Sent") for line in own.splitlines())
        return Fate("sent" if is_sent else "deferred", own)


def _tree() -> dict[str, str]:
    return {"LAB_TREE": str(UNPACKED / "sendmail")}

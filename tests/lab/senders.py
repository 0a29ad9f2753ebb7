"""Mail servers that send, beside the probe: each with one thing in its configuration that decides its mail.

A real message is handed to each; what its log says of it is the truth, which `check` has to come to from the
configuration alone.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from tests.lab.mail import POSTFIX_MASTER, make_spool
from tests.lab.namespace import Namespace
from tests.lab.opensmtpd_sender import OpensmtpdSender
from tests.lab.packages import UNPACKED
from tests.lab.sender import Fate, Sender
from tests.lab.sendmail_sender import SendmailSender

MAIN = """compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
myhostname = out.sender.example
mydestination =
alias_maps =
alias_database =
notify_classes =
inet_interfaces = all
smtp_bind_address = 198.51.100.10
smtp_connect_timeout = 5s
minimal_backoff_time = 1h
mynetworks = 127.0.0.0/8
smtp_tls_security_level = may
smtp_tls_CAfile = {authority}
smtp_dns_support_level = dnssec
"""
MASTER = """pickup    unix  n - n 1 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp{overrides}
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
postlog   unix-dgram n - n - 1 postlogd
"""
EXIM = """primary_hostname = out.sender.example
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = {home}/spool
log_file_path = {home}/%slog
keep_environment =
never_users =
trusted_users = root
log_selector = +smtp_confirmation
begin routers
{routers}
begin transports
remote_smtp:
  driver = smtp
  interface = 198.51.100.10
{transport}
begin retry
* * F,1h,1h
"""
_OTHERS: dict[str, type[SendmailSender | OpensmtpdSender]] = {
    "sendmail": SendmailSender,
    "opensmtpd": OpensmtpdSender,
}
_NUMBERS = count()
_LINE = re.compile(
    r"to=<[^>]*>, relay=(?P<relay>\S+), .*dsn=(?P<dsn>[\d.]+), status=(?P<status>\w+) \((?P<said>.*)\)"
)
_EXIM_LINE = re.compile(r" (?P<sign>=>|\*\*|==) \S+(?P<said>.*)")
_EXIM_STATUS = {"=>": "sent", "**": "bounced", "==": "deferred"}


def _assigned(text: str) -> list[tuple[str, str]]:
    parts = (line.partition("=") for line in text.splitlines() if line.strip())
    return [(name.strip(), value.strip()) for name, _, value in parts]


class Outgoing:
    """One sending server in the lab's namespace."""

    def __init__(self, space: Namespace, case: Sender) -> None:
        self.space = space
        self.case = case
        self.home = space.directory / f"sender-{case.slug}-{next(_NUMBERS)}"  # a test may be made again

    @property
    def tree(self) -> Path | None:
        """What its programs stand in, where they are not installed."""
        return None if self.case.software == "postfix" else UNPACKED / self.case.software

    def configure(self) -> None:
        """Write its configuration and make its spool."""
        self.home.mkdir()
        authority = self.space.directory / "tls" / "authority.pem"
        for name, text in self.case.files.items():
            (self.home / name).write_text(text)
        if self.case.software in _OTHERS:
            _OTHERS[self.case.software].configure(self.space, self.home, self.case)
            return
        if self.case.software == "exim":
            transport = self.case.transport.replace("{authority}", str(authority))
            text = EXIM.format(home=self.home, routers=self.case.routers, transport=transport)
            (self.home / "exim4.conf").write_text(text)
            (self.home / "spool").mkdir(mode=0o750)
            for path in (self.home, self.home / "spool"):
                shutil.chown(path, 61001, 61001)
            return
        main = MAIN.format(home=self.home, authority=authority)
        for name, value in _assigned(self.case.values.format(home=self.home)):
            main = re.sub(rf"(?m)^{name} =.*\n", "", main) + f"{name} = {value}\n"
        (self.home / "main.cf").write_text(main)
        (self.home / "master.cf").write_text(MASTER.format(overrides=self.case.overrides))
        make_spool(self.home)

    def deliver(self) -> Fate:
        """Hand it a real message, wait for what becomes of it, and end the server. RuntimeError with the log
        where nothing does."""
        with self.running() as fate:
            return fate

    @contextlib.contextmanager
    def running(self) -> Iterator[Fate]:
        """The same, with the server at work until the end of the block, if it is Postfix."""
        if self.case.software in _OTHERS:
            yield _OTHERS[self.case.software].deliver(self.space, self.home, self.case)
            return
        try:
            yield self._delivered()
        finally:
            master = self.home / "spool" / "pid" / "master.pid"
            if master.exists():
                with contextlib.suppress(ProcessLookupError, ValueError):
                    os.kill(int(master.read_text()), signal.SIGTERM)

    def _delivered(self) -> Fate:
        log = self.home / ("mainlog" if self.case.software == "exim" else "mail.log")
        if self.case.software == "exim":
            argv = ["/usr/sbin/exim4", "-C", str(self.home / "exim4.conf"), "-odf"]
            argv += [f"-f{self.case.sender}", self.case.recipient]
        else:
            self.space.start([POSTFIX_MASTER, "-c", self.home, "-d"], output=self.home / "master.out")
            argv = ["/usr/sbin/sendmail", "-C", str(self.home)]
            argv += [f"-f{self.case.sender}", self.case.recipient]
        code = (
            "import subprocess, sys; "
            "sys.exit(subprocess.run(sys.argv[1:], input=b'Subject: real\\n\\nreal\\n').returncode)"
        )
        more = {"LAB_TREE": str(self.tree or "")}
        run = self.space.run([sys.executable, "-c", code, *argv], more=more)
        for _ in range(300):
            fate = self._fate(log)
            if fate is not None:
                return fate
            time.sleep(0.1)
        text = log.read_text(errors="replace") if log.exists() else ""
        raise RuntimeError(f"nothing became of the message\n{run.stderr}\n{text}")

    def _fate(self, log: Path) -> Fate | None:
        text = log.read_text(errors="replace") if log.exists() else ""
        if self.case.software == "exim":
            line = next((it for it in map(_EXIM_LINE.search, text.splitlines()) if it), None)
            return Fate(_EXIM_STATUS[line["sign"]], line["said"]) if line else None
        result = next((it for it in map(_LINE.search, text.splitlines()) if it), None)
        return Fate(result["status"], result["said"], result["relay"]) if result else None

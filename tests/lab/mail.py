"""The lab's mail servers: Postfix with postgrey and policyd-spf, Exim, OpenSMTPD, and odd hosts."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.lab import config
from tests.lab.namespace import Namespace
from tests.lab.packages import UNPACKED

# Where gateway.py stands, the Postfix behind it, and the words it leaves.
GATEWAYS = (
    *("203.0.113.60", "203.0.113.60", ""),
    *("203.0.113.61", "203.0.113.61", ""),
    *("203.0.113.62", "203.0.113.60", " @: Recipient address rejected: Access denied"),
)
POSTFIX_MASTER = "/usr/lib/postfix/sbin/master"
# The part of Postfix's spool that its daemons expect to find (postfix-files(5)).
_QUEUES = (
    *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved"),
    "trace",
)


def start_mail(space: Namespace) -> None:
    """Start every server; `world.py` waits until each answers."""
    values = {"TLS": str(space.directory / "tls")}
    _start_postfix(space, values)
    _start_exim(space)
    _start_opensmtpd(space, values)
    odd = Path(__file__).with_name("odd_hosts.py")
    space.start([sys.executable, odd], output=space.directory / "odd_hosts.out")
    gateway = Path(__file__).with_name("gateway.py")
    space.start([sys.executable, gateway, *GATEWAYS], output=space.directory / "gateway.out")


def _start_postfix(space: Namespace, values: dict[str, str]) -> None:
    directory = space.directory / "postfix"
    values = {**values, "DIR": str(directory)}
    config.write("postfix/*", directory, values)
    config.write("policy/*", directory, values)
    domains = [line.split()[0] for line in (directory / "domains").read_text().splitlines()]
    entries = [f"{local}@{domain} x" for domain in domains for local in ("alice", "postmaster")]
    head = (directory / "mailboxes.head").read_text()
    (directory / "mailboxes").write_text(head + "\n".join(entries) + "\n")
    make_spool(directory)
    (directory / "grey").mkdir(mode=0o700)
    shutil.chown(directory / "grey", "postgrey")
    space.start(_postgrey(directory), output=directory / "postgrey.out")
    space.start([POSTFIX_MASTER, "-c", directory, "-d"], output=directory / "master.out")


def make_spool(directory: Path) -> None:
    """The queue of a Postfix, as its daemons expect it."""
    for name in _QUEUES:
        (directory / "spool" / name).mkdir(parents=True, mode=0o700)
        shutil.chown(directory / "spool" / name, "postfix")
    for name, mode in (("public", 0o2710), ("maildrop", 0o1730)):
        (directory / "spool" / name).mkdir()
        shutil.chown(directory / "spool" / name, "postfix", "postdrop")
        (directory / "spool" / name).chmod(mode)
    (directory / "spool" / "pid").mkdir(mode=0o755)
    (directory / "data").mkdir(mode=0o700)
    shutil.chown(directory / "data", "postfix")


def _postgrey(directory: Path) -> list[str | Path]:
    database = f"--dbdir={directory / 'grey'}"
    return ["postgrey", "--inet=127.0.0.1:10023", "--delay=300", "--auto-whitelist-clients=0", database]


def _start_exim(space: Namespace) -> None:
    directory = space.directory / "exim"
    config.write("exim/*", directory, {"TLS": str(directory), "DIR": str(directory)})
    (directory / "spool").mkdir(mode=0o750)
    # Exim gives up root before it writes: the directory belongs to its user, who exists only inside.
    for name in ("server.pem", "server.key"):
        shutil.copy(space.directory / "tls" / name, directory)
    for path in (directory, *directory.iterdir()):
        shutil.chown(path, 61001, 61001)
    shutil.chown(directory / "exim.conf", "root", "root")

    argv: list[str | Path] = ["/usr/sbin/exim4", "-C", directory / "exim.conf", "-bdf"]

    space.start(argv, output=directory / "exim.out", tree=UNPACKED / "exim")


def _start_opensmtpd(space: Namespace, values: dict[str, str]) -> None:
    directory = space.directory / "opensmtpd"
    config.write("opensmtpd/*", directory, {**values, "DIR": str(directory)})
    # the filter runs as another user, who may not be able to read this repository
    shutil.copy(Path(__file__).with_name("opensmtpd_filter.py"), directory)
    (directory / "smtpd.conf").chmod(0o600)
    argv: list[str | Path] = ["/usr/sbin/smtpd", "-d", "-v", "-T", "smtp", "-f", directory / "smtpd.conf"]
    space.start(argv, output=directory / "smtpd.log", tree=UNPACKED / "opensmtpd", private_run=True)

"""A network of its own on this machine: loopback with documentation addresses, and nothing that leads out."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = "probe-lab-"
REPOSITORY_PATH = Path(__file__).resolve().parents[2]
HOME = Path("/tmp")  # short, and passable for the servers' own users; not the caller's TMPDIR

LOOPBACK = (
    *("192.0.2.1/32", "192.0.2.53/32", "192.0.2.54/32"),  # root and zones, resolver, blocklists
    *("198.51.100.0/24", "203.0.113.0/25"),  # clients, servers: the whole range is local
    *("2001:db8:1::10/128", "2001:db8:25::10/128", "2001:db8:25::11/128"),
)
# The address that the kernel takes to reach a server, where the client leaves it the choice: without this
# it would be the server's own, since all of them are local.
CHOSEN_SOURCE = (("203.0.113.51/32", "198.51.100.10"), ("2001:db8:25::11/128", "2001:db8:1::10"))
UNREACHABLE = "203.0.113.92"  # the network says at once that there is no way
DROPPED = "203.0.113.129"  # packets to it vanish
# In order: no name server but the lab's, no name of this machine, a host name that is no FQDN.
_ENTER = """
set -e
hostname probe-lab
mount --bind "$LAB/resolv.conf" /etc/resolv.conf
mount --bind "$LAB/hosts" /etc/hosts
mount --bind "$LAB/passwd" /etc/passwd
mount --bind "$LAB/group" /etc/group
if [ -n "$LAB_RESOLVED" ]; then
  mount -t tmpfs -o mode=755 lab /run
  mkdir -p /run/systemd/resolve
  mount --bind "$LAB/resolved" /run/systemd/resolve
fi
if [ -n "$LAB_TREE" ]; then mount -t overlay -o "lowerdir=$LAB_TREE/usr:/usr" lab /usr; fi
if [ -n "$LAB_RUN" ]; then
  for path in /run /var/spool /var/lib; do mount -t tmpfs -o mode=755 lab "$path"; done
  mkdir -p /var/lib/opensmtpd/empty
fi
exec "$@"
"""
# Users that the unpacked packages would have made; seen only inside.
_USERS = (
    *(("Debian-exim", 61001), ("opensmtpd", 61002), ("opensmtpq", 61003)),
    ("systemd-resolve", 61004),
)
RESOLVED_USER = (61004, 61004)


@dataclass
class Namespace:
    """A network namespace and a directory, both gone after `remove`.

    Every process enters with its own mount and host name space, so that resolv.conf, hosts and the
    user database are the lab's there and nothing changes on the machine.
    """

    name: str = field(default_factory=lambda: f"{PREFIX}{os.getpid()}")

    @property
    def directory(self) -> Path:
        return HOME / self.name

    def create(self) -> None:
        """Make it. Raises CalledProcessError when the kernel or a missing privilege does not allow it."""
        remove_leftovers()
        self.directory.mkdir(mode=0o755)
        self._files()
        _ip("netns", "add", self.name)
        for command in self._network():
            self._set_up(command)

    def _set_up(self, command: list[str]) -> None:
        """Carry one out. The kernel makes the route of an IPv6 address a moment after the address, which on a
        busy machine may be after it is to be removed again."""
        for _ in range(50):
            if command[:2] != ["route", "del"]:
                break
            result = subprocess.run(["ip", "-n", self.name, *command], check=False, capture_output=True)
            if not result.returncode:
                return
            time.sleep(0.1)
        _ip("-n", self.name, *command)

    def _files(self) -> None:
        (self.directory / "resolv.conf").write_text("nameserver 192.0.2.53\n")
        (self.directory / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
        users = "".join(f"{user}:x:{number}:{number}::/nonexistent:/bin/false\n" for user, number in _USERS)
        groups = "".join(f"{user}:x:{number}:\n" for user, number in _USERS)
        ours = {user for user, _ in _USERS}
        for name, more in (("passwd", users), ("group", groups)):
            lines = Path(f"/etc/{name}").read_text().splitlines(keepends=True)
            # a machine that has such a package, or had it, knows the user by another number
            others = "".join(line for line in lines if line.partition(":")[0] not in ours)
            (self.directory / name).write_text(others + more)

    def _network(self) -> list[list[str]]:
        commands = [["link", "set", "lo", "up"]]
        commands += [["addr", "add", address, "dev", "lo"] for address in LOOPBACK]
        for server, source in CHOSEN_SOURCE:
            # the kernel's own route to an IPv6 address would go before
            if ":" in server:
                commands.append(["route", "del", "local", server, "dev", "lo", "table", "local"])
            commands.append(["route", "add", "local", server, "dev", "lo", "table", "local", "src", source])
        commands += [
            ["route", "add", "unreachable", UNREACHABLE],
            # A pair of interfaces whose far end answers nothing, in this same namespace.
            ["link", "add", "drop0", "type", "veth", "peer", "name", "drop1"],
            ["link", "set", "drop0", "up"],
            ["link", "set", "drop1", "up"],
            # systemd-resolved asks nobody where no interface but loopback has an address
            ["addr", "add", "192.0.2.201/32", "dev", "drop0"],
            ["route", "add", DROPPED, "dev", "drop0"],
            ["neigh", "add", DROPPED, "lladdr", "02:00:00:00:00:01", "dev", "drop0", "nud", "permanent"],
        ]
        return commands

    def add_address(self, address: str) -> None:
        """One more address of loopback."""
        _ip("-n", self.name, "addr", "add", f"{address}/32", "dev", "lo")

    def command(self, argv: Sequence[str | Path], host: str = "") -> list[str]:
        """`argv` as it is run inside, or on another `host` of the lab."""
        enter = ["ip", "netns", "exec", host or self.name, "unshare", "--uts", "sh", "-c", _ENTER, "lab"]
        return [*enter, *map(str, argv)]

    def environment(
        self, *, tree: Path | None = None, private_run: bool = False, resolved: bool = False
    ) -> dict[str, str]:
        """The variables that `command` needs; `tree` is laid over /usr; with `resolved` /run holds what
        systemd-resolved keeps there, and nothing else."""
        return {
            **os.environ,
            "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin",
            "LAB": str(self.directory),
            "LAB_TREE": str(tree or ""),
            "LAB_RUN": "1" if private_run else "",
            "LAB_RESOLVED": "1" if resolved else "",
        }

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        more: Mapping[str, str] | None = None,
        timeout: float = 120,
        host: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside to its end; its exit code is the caller's to judge."""
        return subprocess.run(
            self.command(argv, host),
            env={**self.environment(), **(more or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(
        self,
        argv: Sequence[str | Path],
        *,
        output: Path,
        tree: Path | None = None,
        private_run: bool = False,
        resolved: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Start a server inside; what it prints goes to `output`."""
        with output.open("ab") as sink:
            return subprocess.Popen(
                self.command(argv),
                env=self.environment(tree=tree, private_run=private_run, resolved=resolved),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd=self.directory,
            )

    def remove(self) -> None:
        """End every process inside, by its id, and remove the namespace and the directory."""
        _remove(self.name)


def _ip(*arguments: str) -> str:
    result = subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
    return result.stdout


def _processes(name: str) -> list[int]:
    listed = subprocess.run(["ip", "netns", "pids", name], check=False, capture_output=True, text=True)
    return [int(pid) for pid in listed.stdout.split()]


def _remove(name: str) -> None:
    for sent in (signal.SIGTERM, signal.SIGKILL):
        for pid in _processes(name):
            _signal(pid, sent)
        for _ in range(30):
            if not _processes(name):
                break
            time.sleep(0.1)
    subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)
    shutil.rmtree(HOME / name, ignore_errors=True)


def _signal(pid: int, sent: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sent)


def remove_namespaces(directory: str, *names: str) -> None:
    """End every process in them, by its id; remove them, and the directory of the lab of that name."""
    for name in names:
        _remove(name)
    shutil.rmtree(HOME / directory, ignore_errors=True)


def remove_leftovers() -> None:
    """Remove the namespaces and directories of runs whose process is gone."""
    listed = [line.split()[0] for line in _ip("netns", "list").splitlines() if line.startswith(PREFIX)]
    for name in sorted({*listed, *(path.name for path in HOME.glob(f"{PREFIX}*"))}):
        owner = name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            _remove(name)

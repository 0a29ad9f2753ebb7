"""The whole lab: started once, asked many times, removed without a trace."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.keys import Keys, make_keys
from tests.lab.logs import Logs, Witness
from tests.lab.mail import start_mail
from tests.lab.names import start_names
from tests.lab.namespace import Namespace
from tests.lab.packages import REPOSITORY

# One address of every server that must answer before the first probe runs.
GREETERS = ("203.0.113.10", "203.0.113.50", "203.0.113.55", "203.0.113.60", "203.0.113.90")
RESOLVER = "192.0.2.53"
_READY = """
import socket, sys, time
for address in sys.argv[1:]:
    for attempt in range(200):
        try:
            socket.create_connection((address, 25), 2).close()
            break
        except OSError:
            time.sleep(0.05)
    else:
        sys.exit(f"{address} port 25 does not answer")
"""


@dataclass(frozen=True)
class Told:
    """What one run of the probe said."""

    report: dict[str, Any]
    exit_code: int
    errors: str

    @property
    def verdict(self) -> dict[str, Any]:
        verdict: dict[str, Any] = self.report["verdict"]
        return verdict


@dataclass(frozen=True)
class Run(Told):
    """One run of the probe, and what the servers saw of it."""

    witness: Witness
    server_log: str


class World:
    """Names, blocklists and mail servers in a namespace. `start` raises RuntimeError with the log of
    what did not come up."""

    def __init__(self) -> None:
        self.space = Namespace()
        self.logs = Logs(self.space.directory)
        self.keys: Keys | None = None

    def start(self) -> None:
        self.space.create()
        self.keys = make_keys(self.space.directory / "tls")
        start_names(self.space, self.keys)
        start_mail(self.space)
        self._wait()

    def _wait(self) -> None:
        for name in ("mx.healthy.example", "2.0.0.127.zen.bl.example", "mx.secure.test"):
            if not self._resolves(name):
                raise RuntimeError(f"{name} does not resolve in the lab\n{self.server_output()}")
        ready = self.space.run([sys.executable, "-c", _READY, *GREETERS])
        if ready.returncode:
            raise RuntimeError(f"{ready.stderr}\n{self.server_output()}")

    def _resolves(self, name: str) -> bool:
        for _ in range(100):
            answer = self.space.run(["kdig", f"@{RESOLVER}", "+short", "+timeout=1", name, "A"])
            if answer.stdout.strip() and not answer.stdout.startswith(";"):
                return True
            time.sleep(0.05)
        return False

    def server_output(self) -> str:
        """The ends of all logs, to say why the lab does not stand."""
        parts = []
        for path in sorted(self.space.directory.rglob("*")):
            if (path.is_file() and path.suffix in (".out", ".log")) or path.name in ("mainlog", "paniclog"):
                lines = path.read_text(errors="replace").splitlines()[-10:]
                parts.append("\n  ".join([f"{path.name}:", *lines]))
        return "\n".join(parts)

    def python(self, code: str, *arguments: str) -> str:
        """Run a few lines of Python inside, to its end; returns what it printed."""
        run = self.space.run([sys.executable, "-c", code, *arguments])
        if run.returncode:
            raise RuntimeError(run.stderr)
        return run.stdout

    def probe(self, *arguments: str) -> Run:
        """Run `smtp-probe` inside, with a JSON report, and wait until the servers have logged its end."""
        self.logs.mark()
        result = self.ask(*arguments)
        witness = self.logs.settle()
        return Run(result.report, result.exit_code, result.errors, witness, self.logs.text())

    def ask(
        self,
        *arguments: str,
        behind_stub: bool = False,
        tree: Path | None = None,
        host: str = "",
        before: Sequence[str] = (),
    ) -> Told:
        """Run `smtp-probe` inside, with a JSON report. Several may run at a time. `behind_stub`: it sees what
        systemd-resolved keeps in /run; `tree`: the programs of these packages, too; `host`: not in the lab
        itself, but on another host of it; `before`: what its command line stands behind."""
        assert self.keys is not None
        more = {
            "PYTHONPATH": str(REPOSITORY),
            "SSL_CERT_FILE": str(self.keys.authority),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LAB_RESOLVED": "1" if behind_stub else "",
            "LAB_TREE": str(tree or ""),
            "SMTP_PROBE_MTA": "none",  # but where --mta names one
        }
        argv: Sequence[str] = (*before, sys.executable, "-m", "probe", *arguments, "--format", "json")
        run = self.space.run(argv, more=more, host=host)
        report = json.loads(run.stdout) if run.stdout.startswith("{") else {}
        return Told(report, run.returncode, run.stderr)

    def stop(self) -> None:
        self.space.remove()

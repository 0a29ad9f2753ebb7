"""What the servers themselves wrote down: who connected, and which verbs they heard.

Only clients in the probe's ranges count; the servers' own callouts to each other do not.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

_CLIENT = r"(?P<client>198\.51\.100\.\d+|2001:db8:1:[0-9a-f:]+)"
_POSTFIX_OPEN = re.compile(rf"postfix/(?P<server>\S+)/smtpd\[\d+\]: connect from \S*\[{_CLIENT}\]")
_POSTFIX_CLOSE = re.compile(
    rf"postfix/(?P<server>\S+)/smtpd\[\d+\]: disconnect from \S*\[{_CLIENT}\](?P<verbs>.*)"
)
_VERB = re.compile(r"(\w+)=(?:\d+/)?(\d+)")
_SCREEN_OPEN = re.compile(rf"/postscreen\[\d+\]: CONNECT from \[{_CLIENT}\]")
_SCREEN_CLOSE = re.compile(rf"/postscreen\[\d+\]: (?:DISCONNECT|HANGUP after \S+ from) \[{_CLIENT}\]")
_EXIM = re.compile(rf"witness (?P<verb>connect|data|quit|drop) {_CLIENT}")
_OPENSMTPD_OPEN = re.compile(rf"smtp connected address={_CLIENT}")
_OPENSMTPD_VERB = re.compile(r"smtp: 0x[0-9a-f]+: <<< (?P<verb>[A-Za-z]+)")
_OPENSMTPD_CLOSE = re.compile(r"smtp disconnected reason=")


@dataclass
class Witness:
    """The sessions that one run of the probe made, as the servers counted them."""

    opened: int = 0
    closed: int = 0
    verbs: Counter[str] = field(default_factory=Counter)

    def _hear(self, line: str) -> None:
        if _POSTFIX_OPEN.search(line) or _SCREEN_OPEN.search(line):
            self.opened += 1
        elif _SCREEN_CLOSE.search(line):
            self.closed += 1
        elif result := _POSTFIX_CLOSE.search(line):
            self.closed += 1
            self.verbs.update({verb: int(count) for verb, count in _VERB.findall(result["verbs"])})
        elif result := _EXIM.search(line):
            self._hear_exim(result["verb"])
        elif _OPENSMTPD_OPEN.search(line):
            self.opened += 1
        elif result := _OPENSMTPD_VERB.search(line):
            self.verbs[result["verb"].lower()] += 1
        elif _OPENSMTPD_CLOSE.search(line):
            self.closed += 1

    def _hear_exim(self, verb: str) -> None:
        self.opened += verb == "connect"
        self.closed += verb in ("quit", "drop")
        self.verbs[verb] += 1

    @classmethod
    def of(cls, text: str) -> Witness:
        """Read what was appended to the logs."""
        witness = cls()
        for line in text.splitlines():
            witness._hear(line)
        return witness


@dataclass
class Logs:
    """The mail logs of the lab, read from a mark onwards."""

    directory: Path
    marks: dict[Path, int] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[Path, ...]:
        names = ("postfix/mail.log", "exim/mainlog", "opensmtpd/smtpd.log")
        return tuple(self.directory / name for name in names)

    def mark(self) -> None:
        """Forget what was logged so far."""
        self.marks = {path: path.stat().st_size for path in self.paths if path.exists()}

    def text(self) -> str:
        """What was logged since the mark."""
        texts = []
        for path in self.paths:
            if path.exists():
                with path.open("rb") as log:
                    log.seek(self.marks.get(path, 0))
                    texts.append(log.read().decode(errors="replace"))
        return "".join(texts)

    def settle(self) -> Witness:
        """Wait until every session that was opened is logged as closed, then say what was seen."""
        for _ in range(50):
            witness = Witness.of(self.text())
            if witness.opened == witness.closed:
                break
            time.sleep(0.1)
        return witness

"""The forms of sendmail: options of sendmail.cf, and what `sendmail -bt` prints."""

from __future__ import annotations

import re
from collections.abc import Mapping

from probe._dataclass import dataclass
from probe.model.address import AddressError
from probe.model.address_parse import parse_ip
from probe.model.sender_mta import Hop

_OPTION = re.compile(r"(?m)^O[ \t]+([A-Za-z0-9.]{1,60})[ \t]*=[ \t]*(.*(?:\n[ \t].*)*)")
_PARSED = re.compile(r"(?m)^mailer (?P<mailer>[^,\s]+)(?:, host (?P<host>.*?))?(?:, user (?P<user>.*))?$")
_MAILER = re.compile(
    r"(?m)^mailer \d+ \((?P<name>[^)\n]+)\): P=(?P<path>\S+) .*? M=(?P<most>\d+) .*?"
    r"F=(?P<flags>\S+) .*? A=(?P<words>.*)$"
)
_RETURNED = re.compile(r"(?m)^(?P<ruleset>\w+) +returns: (?P<said>.*)$")
_HOST = re.compile(r"\[[^\]\s]*\]|[^:\[\]\s]+")
_PORTS = {"smtp": 25, "submission": 587, "smtps": 465, "submissions": 465}
_OVER_TCP = ("TCP", "IPC")
PROMPT = "> "
_PROMPTS = re.compile(rf"(?:{PROMPT})+")


def options_of(text: str) -> dict[str, tuple[str, ...]]:
    """The options of sendmail.cf by their names in lower case; one may stand there several times."""
    options: dict[str, tuple[str, ...]] = {}
    for name, value in _OPTION.findall(text):
        options[name.lower()] = (*options.get(name.lower(), ()), " ".join(value.split()))
    return options


def pairs_of(value: str) -> dict[str, str]:
    """`Family=inet, Addr=192.0.2.1`: the values by the first letters of their names, as sendmail reads it."""
    pairs = (item.partition("=") for item in value.split(","))
    return {name.strip()[:1].upper(): own.strip() for name, sign, own in pairs if sign}


def answers_of(text: str) -> tuple[str, ...]:
    """What came after each prompt of the address test; a command without an answer has an empty one."""
    answers: list[list[str]] = []
    for line in text.splitlines():
        prompts = _PROMPTS.match(line)
        count = len(prompts[0]) // len(PROMPT) if prompts else 0
        answers += [[] for _ in range(count)]
        if answers:
            answers[-1].append(line[count * len(PROMPT) :])
    return tuple("\n".join(lines).strip() for lines in answers)


@dataclass(frozen=True, slots=True)
class ParsedAddress:
    """What `/parse` makes of a recipient: the mailer that takes it, for which host, with which address; of
    the mailer `*error*` these are the status and the words."""

    mailer: str
    host: str
    user: str

    @property
    def is_transient(self) -> bool:
        """Whether an error of its own is one that passes."""
        return self.user[:1] == "4" if self.user[:3].isdigit() else self.host.startswith(("4", "tempfail"))


def parsed_of(text: str) -> ParsedAddress | None:
    """The result of `/parse`; None where there is none."""
    match = _PARSED.search(text)
    if match is None:
        return None
    return ParsedAddress(match["mailer"].lower(), (match["host"] or "").lower(), match["user"] or "")


@dataclass(frozen=True, slots=True)
class Mailer:
    """A mailer of `=M`: its program (`[IPC]` over the network), the largest message in octets (0: any), and
    what it is started with."""

    path: str
    most: int
    flags: str
    words: tuple[str, ...]

    @property
    def is_smtp(self) -> bool:
        """Whether it connects to other hosts."""
        return self.path == "[IPC]" and self.words[:1] != () and self.words[0].upper() in _OVER_TCP

    @property
    def port(self) -> int | None:
        """The port that it dials; None for what is none."""
        if len(self.words) < 3:
            return 25
        word = self.words[2].lower()
        if word.isascii() and word.isdigit() and 0 < int(word[:6]) < 65536:
            return int(word)
        return _PORTS.get(word)


def mailers_of(text: str) -> dict[str, Mailer]:
    """The mailers of `=M` by their names."""
    return {
        match["name"].lower(): Mailer(
            match["path"], int(match["most"][:18]), match["flags"], tuple(match["words"].split())
        )
        for match in _MAILER.finditer(text)
    }


def hops_of(text: str, port: int) -> tuple[Hop, ...]:
    """The hosts that a mailer is given: `[host]` is that host, `host` its MX hosts, a colon stands between
    one and the next."""
    return tuple(_hop(item, port) for item in _HOST.findall(text))


def _hop(item: str, port: int) -> Hop:
    bare = item.strip("[]").lower().rstrip(".")
    try:
        ip = parse_ip(bare.removeprefix("ipv6:"))
    except AddressError:
        return Hop(bare, port, not item.startswith("["))
    return Hop(str(ip), port, False, (ip,))


def returned_by(text: str, ruleset: str) -> str:
    """What a ruleset came to at last; empty where there is no such ruleset."""
    named = [match["said"].strip() for match in _RETURNED.finditer(text) if match["ruleset"] == ruleset]
    return named[-1] if named else ""


def is_error(outcome: str) -> bool:
    """Whether a ruleset came to the mailer `error`."""
    return outcome.startswith("$# error")


def option_in(options: Mapping[str, tuple[str, ...]], name: str) -> str:
    """The last value of an option, which is the one that holds; empty where it is not set."""
    return options.get(name.lower(), ("",))[-1]

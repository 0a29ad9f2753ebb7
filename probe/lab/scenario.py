"""The scenario type, and reading it from a TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from probe._dataclass import dataclass, field
from probe._enum import StrEnum
from probe.model.target import ControlsMode, Options, PairTarget


class ScenarioError(ValueError):
    """A scenario file that does not fit; the message names the file and what is wrong."""


class Tls(StrEnum):
    """What the lab's mail server does about TLS. The names below `NONE` are faults of a certificate, except
    `OUTDATED`: only protocol versions that are no longer in use."""

    NONE = "none"
    VALID = "valid"
    EXPIRED = "expired"
    SELF_SIGNED = "self_signed"
    OTHER_NAME = "other_name"
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class Rule:
    """One answer of the lab's mail server: the first rule that matches is applied; if none does, the server
    accepts.

    `stage` is greeting, ehlo, mail or rcpt; `sender` and `recipient` are patterns of `fnmatch` over
    the whole path, in lower case ("" is the null reverse-path); `encrypted` restricts the rule to
    sessions with or without TLS.
    `{sender}`, `{recipient}`, `{client}` and `{helo}` are filled in. `closes`: the server hangs up.
    """

    stage: str
    reply: tuple[str, ...]
    sender: str = "*"
    recipient: str = "*"
    encrypted: bool | None = None
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Smtp:
    """The mail server: its greeting, the EHLO keywords it offers besides STARTTLS, its rules."""

    host: str
    greeting: tuple[str, ...]
    extensions: tuple[str, ...]
    tls: Tls = Tls.VALID
    rules: tuple[Rule, ...] = ()

    @property
    def size_limit(self) -> int | None:
        """The limit that its SIZE keyword announces (RFC 1870)."""
        for extension in self.extensions:
            keyword, _, value = extension.partition(" ")
            if keyword.upper() == "SIZE" and value.isdigit():
                return int(value)
        return None


@dataclass(frozen=True, slots=True)
class ListedSubject:
    """One entry of a blocklist: `subject` is an IP address or a domain."""

    zone: str
    subject: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a report of the scenario must say; checked by a test.

    `present` are tags of findings; `absent` are ids of checks that may find neither a warning nor worse.
    """

    outcome: str
    stage: str
    cause: str | None
    exit_code: int
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case of the lab. `summary` says what a reader learns from it.

    `records` is master-file text with absolute names (RFC 1035 section 5); `secure` are domains whose
    answers carry the AD bit, `failing` names that get SERVFAIL; `policies` the MTA-STS policy texts by
    domain; `message` the octets of a message to be sent.
    """

    id: str
    title: str
    summary: str
    target: PairTarget
    options: Options
    records: str
    smtp: Smtp
    expected: Expectation
    secure: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    listed: tuple[ListedSubject, ...] = ()
    policies: Mapping[str, str] = field(default_factory=dict)
    message: bytes | None = None


COMMON = "common.toml"


@cache
def identities() -> tuple[str, ...]:
    """The ids of all scenarios, the default one first; each is the name of its file."""
    folder = files("probe.lab").joinpath("scenarios")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    stems = [name.removesuffix(".toml") for name in names if name != COMMON]
    return tuple(sorted(stems, key=lambda stem: (_ORDER.get(stem, len(_ORDER)), stem)))


# The order in which a newcomer sees them; the others follow by name
_ORDER = {
    identity: place
    for place, identity in enumerate(("tmall", "healthy", "unknown-user", "mailbox-full", "greylisting"))
}


@cache
def load(identity: str) -> Scenario:
    """Read one scenario. Raises ScenarioError, which the tests of the data rule out."""
    file = files("probe.lab").joinpath("scenarios", f"{identity}.toml")
    try:
        return _scenario(identity, tomllib.loads(file.read_text(encoding="utf-8")))
    except KeyError as error:
        raise ScenarioError(f"{identity}: {error.args[0]!r} is missing") from None
    except (ValueError, TypeError) as error:
        raise ScenarioError(f"{identity}: {error}") from None


def _scenario(identity: str, table: Mapping[str, Any]) -> Scenario:
    from probe.model.address_parse import parse_mailbox, parse_reverse_path

    common = _common()
    message = table.get("message")
    return Scenario(
        id=identity,
        title=table["title"],
        summary=" ".join(table["summary"].split()),
        target=PairTarget(
            parse_reverse_path(table.get("sender", common["sender"])), parse_mailbox(table["recipient"])
        ),
        options=_options(common["options"] | table.get("options", {})),
        records=_merge(common["records"], table.get("records", "")),
        smtp=_smtp(common["smtp"] | table.get("smtp", {})),
        expected=_expectation(table["expected"]),
        secure=tuple(table.get("secure", ())),
        failing=tuple(table.get("failing", ())),
        listed=tuple(ListedSubject(**row) for row in table.get("listed", ())),
        policies=dict(table.get("policies", {})),
        message=message.lstrip().encode() if message is not None else None,
    )


@cache
def _common() -> Mapping[str, Any]:
    text = files("probe.lab").joinpath("scenarios", COMMON).read_text(encoding="utf-8")
    return tomllib.loads(text)


def _options(table: Mapping[str, Any]) -> Options:
    from ipaddress import ip_address

    names = {"ip", "size", "selectors", "seed", "controls"}
    if unknown := set(table) - names:
        raise ValueError(f"options: {', '.join(sorted(unknown))} cannot be set")
    return Options(
        ip=ip_address(table["ip"]) if "ip" in table else None,
        size=table.get("size"),
        selectors=tuple(table.get("selectors", ())),
        seed=table.get("seed", 0),
        controls=ControlsMode(table.get("controls", ControlsMode.AUTO)),
        families=(4,),
        allow_private=True,
    )


def _smtp(table: Mapping[str, Any]) -> Smtp:
    return Smtp(
        host=table["host"],
        greeting=_lines(table["greeting"]),
        extensions=tuple(table["extensions"]),
        tls=Tls(table["tls"]),
        rules=tuple(Rule(**{**row, "reply": _lines(row["reply"])}) for row in table.get("rules", ())),
    )


def _lines(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _expectation(table: Mapping[str, Any]) -> Expectation:
    return Expectation(
        outcome=table["outcome"],
        stage=table["stage"],
        cause=table.get("cause"),
        exit_code=table["exit_code"],
        present=tuple(table.get("present", ())),
        absent=tuple(table.get("absent", ())),
    )


def _merge(common: str, own: str) -> str:
    """Both texts; a scenario's own records of one name and type take the place of the common ones,
    and `NAME NONE TYPE` takes them away."""
    own_lines = [line.strip() for line in own.splitlines() if line.strip()]
    own_keys = {_owner_and_type(line) for line in own_lines}
    rows = [
        line.strip()
        for line in common.splitlines()
        if line.strip() and _owner_and_type(line.strip()) not in own_keys
    ]
    return "\n".join((*rows, *(line for line in own_lines if line.split()[1].upper() != "NONE")))


def _owner_and_type(line: str) -> tuple[str, str]:
    owner, kind, rest = (*line.split(None, 2), "")[:3]
    return owner.lower(), (rest if kind.upper() == "NONE" else kind).upper()

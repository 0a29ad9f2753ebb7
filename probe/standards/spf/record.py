"""An SPF record read into terms (RFC 7208 sections 4.5, 4.6.1, 5, 6 and 12)."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from probe._dataclass import dataclass, replace
from probe._regex import regex
from probe.model.spf import SpfReason, SpfWhy
from probe.standards.spf.macros import MacroError, MacroString, parse_domain_spec, parse_macro_string
from probe.standards.spf.results import SpfVerdict

VERSION = b"v=spf1"

_QUALIFIERS = {
    "+": SpfVerdict.PASS,
    "-": SpfVerdict.FAIL,
    "~": SpfVerdict.SOFTFAIL,
    "?": SpfVerdict.NEUTRAL,
}
_MODIFIER = regex(r"(?P<name>[A-Za-z][A-Za-z0-9_.\-]*)=(?P<value>.*)", re.DOTALL)
_MECHANISM = regex(r"(?P<qualifier>[+\-~?]?)(?P<name>[A-Za-z0-9]+)(?P<rest>(?:[:/].*)?)", re.DOTALL)
_DUAL_CIDR = regex(r"(?:(?<!/)/(?P<four>[0-9]+))?(?://(?P<six>[0-9]+))?\Z")
_NO_ADDRESS = {"ip4": SpfReason.NO_IPV4_ADDRESS, "ip6": SpfReason.NO_IPV6_ADDRESS}
_DNS_MECHANISMS = frozenset({"a", "mx", "ptr", "include", "exists"})


class RecordError(ValueError):
    """A syntax error in `term`, as it is written; empty: in the record as a whole. It makes a permerror."""

    def __init__(self, term: str, why: SpfWhy) -> None:
        super().__init__(why.tag.value)
        self.term = term
        self.why = why

    def of(self, domain: str) -> SpfWhy:
        """The reason with the place: the domain whose record it is, and the term."""
        return replace(self.why, domain=domain, term=self.term)


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One directive. `text` as written; `target` its domain-spec (None: the current domain);
    `prefix4`/`prefix6` the dual-cidr-length of a and mx; `network` that of ip4 and ip6."""

    text: str
    name: str
    qualifier: SpfVerdict
    target: MacroString | None = None
    prefix4: int = 32
    prefix6: int = 128
    network: IPv4Network | IPv6Network | None = None

    @property
    def asks_dns(self) -> bool:
        """Whether it counts as a DNS look-up (section 4.6.4)."""
        return self.name in _DNS_MECHANISMS


@dataclass(frozen=True, slots=True)
class Modifier:
    """redirect= or exp=; unknown modifiers are checked for syntax and then forgotten (section 6)."""

    text: str
    target: MacroString


@dataclass(frozen=True, slots=True)
class SpfRecord:
    """A record without syntax errors, its mechanisms in order."""

    text: str
    mechanisms: tuple[Mechanism, ...]
    redirect: Modifier | None
    explanation: Modifier | None


def is_spf(data: bytes) -> bool:
    """Whether a TXT record is an SPF record: the version section, ended by a space or the end
    (section 4.5)."""
    return data[: len(VERSION)].lower() == VERSION and data[len(VERSION) : len(VERSION) + 1] in (b"", b" ")


def parse(data: bytes) -> SpfRecord:
    """Read a record for which `is_spf` holds. Raises RecordError for a syntax error anywhere in it
    (section 4.6: found before anything is evaluated)."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise RecordError("", SpfWhy(SpfReason.NON_ASCII)) from None
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, Modifier] = {}
    # section 4.6.1: spaces alone separate terms, no other white space
    for term in text[len(VERSION) :].split(" "):
        if not term:
            continue
        match = _MODIFIER.fullmatch(term)
        if match is None:
            mechanisms.append(_mechanism(term))
        else:
            _modifier(term, match["name"].lower(), match["value"], modifiers)
    return SpfRecord(text, tuple(mechanisms), modifiers.get("redirect"), modifiers.get("exp"))


def _modifier(term: str, name: str, value: str, modifiers: dict[str, Modifier]) -> None:
    try:
        if name not in ("redirect", "exp"):
            parse_macro_string(value)
            return
        if name in modifiers:
            # section 6: each at most once
            raise RecordError(term, SpfWhy(SpfReason.REPEATED_MODIFIER, name=name))
        modifiers[name] = Modifier(term, parse_domain_spec(value))
    except MacroError as error:
        raise RecordError(term, error.why) from None


def _mechanism(term: str) -> Mechanism:
    match = _MECHANISM.fullmatch(term)
    if match is None:
        raise RecordError(term, SpfWhy(SpfReason.NO_TERM))
    name, rest = match["name"].lower(), match["rest"]
    qualifier = _QUALIFIERS[match["qualifier"] or "+"]
    if name == "all":
        if rest:
            raise RecordError(term, SpfWhy(SpfReason.ARGUMENT_OF_ALL))
        return Mechanism(term, name, qualifier)
    if name in ("ip4", "ip6"):
        return Mechanism(term, name, qualifier, network=_network(term, name, rest))
    if name in ("a", "mx"):
        return _address_mechanism(term, name, qualifier, rest)
    if name in ("include", "exists") or (name == "ptr" and rest):
        if not rest.startswith(":"):
            raise RecordError(term, SpfWhy(SpfReason.DOMAIN_NEEDED, name=name))
        return Mechanism(term, name, qualifier, target=_target(term, rest[1:]))
    if name == "ptr":
        return Mechanism(term, name, qualifier)
    raise RecordError(term, SpfWhy(SpfReason.UNKNOWN_MECHANISM))


def _address_mechanism(term: str, name: str, qualifier: SpfVerdict, rest: str) -> Mechanism:
    """a and mx: `[":" domain-spec] [dual-cidr-length]`."""
    # a "/" may stand in a domain-spec too, so the lengths are read from the end
    match = _DUAL_CIDR.search(rest, max(0, len(rest) - 16))
    target_text = rest[: match.start()] if match else rest
    four, six = (match["four"], match["six"]) if match else (None, None)
    target = None
    if target_text:
        if not target_text.startswith(":"):
            raise RecordError(term, SpfWhy(SpfReason.NO_TARGET))
        target = _target(term, target_text[1:])
    return Mechanism(term, name, qualifier, target, _prefix(term, four, 32), _prefix(term, six, 128))


def _target(term: str, text: str) -> MacroString:
    try:
        return parse_domain_spec(text)
    except MacroError as error:
        raise RecordError(term, error.why) from None


def _prefix(term: str, digits: str | None, longest: int) -> int:
    if digits is None:
        return longest
    # section 5.6 rules leading zeros out of ip4-network; a length with one is read as a mistake too
    if len(digits) > 3 or (digits[0] == "0" and digits != "0") or int(digits) > longest:
        raise RecordError(term, SpfWhy(SpfReason.PREFIX_LENGTH, most=longest))
    return int(digits)


def _network(term: str, name: str, rest: str) -> IPv4Network | IPv6Network:
    address, slash, digits = rest[1:].partition("/")
    if not rest.startswith(":") or not address:
        raise RecordError(term, SpfWhy(SpfReason.ADDRESS_NEEDED, name=name))
    if slash and not (digits.isascii() and digits.isdigit()):
        raise RecordError(term, SpfWhy(SpfReason.PREFIX_NO_NUMBER))
    if "%" in address:  # a scope, which IPv6Address would take
        raise RecordError(term, SpfWhy(_NO_ADDRESS[name]))
    try:
        ip = IPv4Address(address) if name == "ip4" else IPv6Address(address)
    except ValueError:
        raise RecordError(term, SpfWhy(_NO_ADDRESS[name])) from None
    if isinstance(ip, IPv4Address):
        return IPv4Network((ip, _prefix(term, digits or None, 32)), strict=False)
    return IPv6Network((ip, _prefix(term, digits or None, 128)), strict=False)

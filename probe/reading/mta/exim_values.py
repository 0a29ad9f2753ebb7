"""Parses Exim's formats: output of `exim -bP` and `exim -bt`, lists, host lists, sizes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network

from probe._dataclass import dataclass
from probe.model.address import AddressError, IPAddress
from probe.model.address_parse import parse_ip
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import Hop

_OPTION = re.compile(r"(?m)^(?:(?P<name>[a-z0-9_]{1,60}) = ?(?P<value>.*)|(?P<bare>[a-z0-9_]{1,60}))$")
_HOST = re.compile(r"^\s+host (?P<name>\S+)\s*(?:\[(?P<ip>[^\]\s]+)\])?(?P<rest>.*)$")
_ROUTED = re.compile(r"^\s+(?:router = (?P<router>[A-Za-z0-9_]+), )?transport = (?P<transport>[A-Za-z0-9_]+)")
_ADDRESS = re.compile(r"(?!Address rewritten as: )\S.*@\S+")
_REFUSED = re.compile(r" is undeliverable: ?(?P<why>.*)$|^mail to .* (?P<gone>is discarded)")
_DEFERRED = re.compile(r" cannot be resolved at this time: ?(?P<why>.*)$")
_SIZE = re.compile(r"(\d{1,12})([KMG]?)", re.IGNORECASE)
_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}
PORTS = {"smtp": 25, "submission": 587, "smtps": 465, "submissions": 465}


def options_of(text: str) -> dict[str, str]:
    """Parse the output of `exim -bP`: `name = value`; a switch as "yes" or "no" (printed as `name` or
    `no_name`)."""
    options: dict[str, str] = {}
    for match in _OPTION.finditer(text):
        bare = match["bare"]
        if bare is None:
            options[match["name"]] = match["value"].strip()
        elif bare.startswith("no_"):
            options[bare[3:]] = "no"
        else:
            options[bare] = "yes"
    return options


def list_of(text: str) -> tuple[str, ...]:
    """The items of a list: separated by colons (a doubled one is literal), or by the separator after `<`."""
    text = text.strip()
    match = re.match(r"<(\S)\s*", text)
    sign = match[1] if match else ":"
    text = text[match.end() :] if match else text
    parts = re.split(rf"(?<!{re.escape(sign)}){re.escape(sign)}(?!{re.escape(sign)})", text)
    return tuple(part.strip().replace(sign * 2, sign) for part in parts if part.strip())


def size_of(text: str) -> int | None:
    """A size in octets; None if it is not a plain number."""
    match = _SIZE.fullmatch(text.strip())
    return int(match[1]) * _UNITS[match[2].lower()] if match else None


def port_of(text: str, default: int = 25) -> int | None:
    """A port by number or name; None for anything else, such as an expansion."""
    text = text.strip().lower()
    if not text:
        return default
    if text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536:
        return int(text)
    return PORTS.get(text)


def address_in(text: str) -> IPAddress | None:
    """The address that a text is, with or without brackets."""
    try:
        return parse_ip(text.strip("[]"))
    except AddressError:
        return None


@dataclass(frozen=True, slots=True)
class AddressTest:
    """What `exim -bt` printed of one address: the router and transport that take it, the hosts it found.
    `refusal`, `discarded` and `deferral` say why where none takes it; `new_recipient` is the address that it
    was made, `others` are those that it was made as well."""

    router: str = ""
    transport: str = ""
    hops: tuple[Hop, ...] = ()
    by_mx: bool = False
    refusal: MtaWhy | None = None
    discarded: MtaWhy | None = None
    deferral: MtaWhy | None = None
    new_recipient: str = ""
    others: tuple[str, ...] = ()


def answer_of(text: str, recipient: str) -> AddressTest | None:
    """The first address of the answer; None if there is none."""
    lines = [line.removeprefix("> ") for line in text.splitlines() if line.removeprefix("> ").strip()]
    if not lines:
        return None
    for line in lines:
        if match := _DEFERRED.search(line):
            return AddressTest(deferral=_reason_in(match["why"]))
        if match := _REFUSED.search(line):
            if match["gone"]:
                return AddressTest(discarded=_reason_in(match["gone"]))
            return AddressTest(refusal=_reason_in(match["why"]))
    route = next((it for it in map(_ROUTED.match, lines) if it), None)
    if route is None:
        return None
    hosts = _first_hosts(lines)
    hops = tuple(_hop(match) for match in hosts)
    by_mx = any("MX=" in match["rest"] for match in hosts)
    # each begins its line; "Address rewritten as:" tells what stands below once more
    first, *others = [line.strip() for line in lines if _ADDRESS.fullmatch(line)] or [recipient]
    if recipient.lower() in (first.lower(), *map(str.lower, others)):  # others get a copy, if any
        new_recipient, others = "", []
    else:
        new_recipient = first
    return AddressTest(
        route["router"] or "", route["transport"], hops, by_mx, None, None, None, new_recipient, tuple(others)
    )


def _reason_in(text: str) -> MtaWhy:
    """The words in which Exim gives a reason, if it does."""
    return MtaWhy(MtaReason.OWN_WORDS, text=text) if text else MtaWhy(MtaReason.NO_REASON)


def _first_hosts(lines: list[str]) -> list[re.Match[str]]:
    """The hosts of the first address: those before the next line that names a router."""
    hosts: list[re.Match[str]] = []
    is_inside = False
    for line in lines:
        if _ROUTED.match(line):
            if is_inside:
                break
            is_inside = True
        elif match := _HOST.match(line):
            hosts.append(match)
    return hosts


def _hop(match: re.Match[str]) -> Hop:
    ip = address_in(match["ip"] or "")
    port = re.search(r"\bport=(\d{1,5})", match["rest"])
    name = match["name"].lower()
    host = str(ip) if ip is not None and name.startswith("[") else name
    return Hop(host, int(port[1]) if port else 0, False, (ip,) if ip is not None else ())


def in_host_list(text: str, hop: Hop) -> bool | None:
    """Whether a host list names the host (Exim specification, "Host lists"): a name, `*.example.org`, an
    address, a network, `*`; the first matching item decides. None if only Exim can decide."""
    if not text.strip():
        return False
    if "$" in text:
        return None
    items = list_of(text)
    unclear = False
    for item in items:
        bare = item.lstrip("!").strip().lower()
        is_match = _fits(bare, hop)
        if is_match:
            return None if unclear else not item.startswith("!")
        unclear = unclear or is_match is None
    if unclear:
        return None
    return bool(items) and items[-1].startswith("!")


def _fits(item: str, hop: Hop) -> bool | None:
    if item == "*":
        return True
    if item.startswith(("+", "@", "net", "^")) or ";" in item:
        return None
    try:
        network = ip_network(item, strict=False)
    except ValueError:
        return hop.host.endswith(item[1:]) if item.startswith("*") else hop.host == item
    return any(ip in network for ip in hop.addresses)


def first_in(options: Mapping[str, str], name: str, hops: tuple[Hop, ...]) -> bool | None:
    """Whether the host list `name` of a transport matches all of the hosts; None if the hosts differ."""
    answers = {in_host_list(options.get(name, ""), hop) for hop in hops or (Hop("", 25),)}
    return answers.pop() if len(answers) == 1 else None

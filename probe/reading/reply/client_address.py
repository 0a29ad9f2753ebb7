"""The client address that a server names in its own words.

Behind address translation, a proxy or a pool of addresses only the server knows the address that mail really
leaves from. It may be wrong: whether to believe it is decided in (`probe.survey.standpoint`).
"""

from __future__ import annotations

import re
from ipaddress import ip_address

from probe.knowledge.client_address import AddressForm, Where, address_forms
from probe.model.address import IPAddress
from probe.model.reply import Reply, Stage
from probe.reading.reply.patterns import pattern_of

_LONGEST = 4000  # characters of a reply to search
_HELLO = (Stage.EHLO,)


def client_address(
    reply: Reply, stage: Stage, *, sent: str = "", server: IPAddress | None = None
) -> IPAddress | None:
    """The client's address as `reply` names it; None if it names none, or different ones.

    `sent` is the command that it answers: an address that the client itself said there proves nothing.
    `server` is the server's own address, which a reply may name, too.
    """
    if reply.is_positive:
        text = reply.lines[0] if reply.lines else ""
        wheres: tuple[Where, ...] = (Where.EHLO,) if stage in _HELLO and reply.code == 250 else ()
    else:
        text = reply.text
        wheres = (Where.REFUSAL, Where.GREETING) if stage is Stage.GREETING else (Where.REFUSAL,)
    own = {ip for ip in (_literal(sent), server) if ip is not None}
    return _only(text, wheres, own)


def client_in_refusal(text: str) -> IPAddress | None:
    """The same for the text of a refusal, as quoted in a bounce."""
    return _only(text, (Where.REFUSAL,), set())


def _only(text: str, wheres: tuple[Where, ...], own: set[IPAddress]) -> IPAddress | None:
    if not wheres:
        return None
    line = " ".join(text[:_LONGEST].replace("%3A", ":").replace("%3a", ":").split())
    small = line.lower()
    addresses = {
        ip
        for form in address_forms()
        if form.where in wheres
        and any(word in small for word in form.needs)
        and (ip := _address(form, line)) is not None
        and ip not in own
    }
    return addresses.pop() if len(addresses) == 1 else None


def _address(form: AddressForm, line: str) -> IPAddress | None:
    """The address of the form; of several in the answer to EHLO the last: the first may be from the client's
    EHLO."""
    pattern = pattern_of(form.pattern, re.IGNORECASE)
    match = pattern.search(line)
    if match is None:
        return None
    text = next((group for group in match.groups() if group is not None), "")
    return _ip(text)


def _literal(sent: str) -> IPAddress | None:
    """The address literal of an EHLO or HELO command."""
    _, _, name = sent.strip().partition(" ")
    if not (name.startswith("[") and name.endswith("]")):
        return None
    return _ip(name[1:-1])


def _ip(text: str) -> IPAddress | None:
    try:
        return ip_address(text[5:] if text[:5].lower() == "ipv6:" else text)
    except ValueError:
        return None

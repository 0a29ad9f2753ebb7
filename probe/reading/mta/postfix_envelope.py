"""What Postfix makes of an envelope: canonical(5), masquerading, virtual(5) aliases, and generic(5).

cleanup(8) changes the addresses of a message before its route is looked up, smtp(8) once more as it sends.
"""

from __future__ import annotations

from collections.abc import Mapping

from probe._dataclass import dataclass, replace
from probe.model.local_tool import Inquiry
from probe.model.mta_reason import MtaWhy
from probe.reading.mta.postfix_route import Envelope
from probe.reading.mta.postfix_tables import first_pair
from probe.reading.mta.postfix_values import literal_of, words_of

READDRESSING = (
    *("canonical_maps", "canonical_classes", "sender_canonical_maps", "sender_canonical_classes"),
    *("recipient_canonical_maps", "recipient_canonical_classes", "virtual_alias_maps", "myorigin"),
    *("masquerade_domains", "masquerade_classes", "masquerade_exceptions", "propagate_unmatched_extensions"),
)
_ROUNDS = 5  # of aliases; Postfix has 1000 (virtual_alias_recursion_limit)


@dataclass(frozen=True, slots=True)
class Readdressed:
    """The envelope that leaves, and which parameters changed the sender and the recipient (empty: none did).
    `others` are further recipients that an alias names, `is_cut`: the aliases
    lead further than they were followed; `unread` why a table could not be read, `sender_unread` why one for
    the sender could not."""

    envelope: Envelope
    sender_by: str = ""
    recipient_by: str = ""
    others: tuple[str, ...] = ()
    is_cut: bool = False
    unread: MtaWhy | None = None
    sender_unread: MtaWhy | None = None


def readdress(where: tuple[str, ...], values: Mapping[str, str], envelope: Envelope) -> Inquiry[Readdressed]:
    """As cleanup(8) does before the route is looked up."""
    result = Readdressed(envelope)
    if envelope.sender:
        sender, by, why = yield from _canonical(where, values, envelope.sender, "sender")
        result = Readdressed(replace(envelope, sender=sender), sender_by=by, unread=why, sender_unread=why)
    recipient, by, why = yield from _canonical(where, values, envelope.recipient, "recipient")
    aliases, is_cut, alias_why = yield from _aliases(where, values, recipient)
    by = "virtual_alias_maps" if aliases != (recipient,) else by
    return replace(
        result,
        envelope=replace(result.envelope, recipient=aliases[0]),
        recipient_by=by,
        others=aliases[1:],
        is_cut=is_cut,
        unread=result.unread or why or alias_why,
    )


def readdress_at_last(
    where: tuple[str, ...], values: Mapping[str, str], client: Mapping[str, str], before: Readdressed
) -> Inquiry[Readdressed]:
    """As smtp(8) does when it sends: smtp_generic_maps, for both addresses."""
    tables, envelope = client.get("smtp_generic_maps", ""), before.envelope
    if not tables:
        return before
    sender, sender_why = yield from _generic(where, tables, values, envelope.sender)
    recipient, recipient_why = yield from _generic(where, tables, values, envelope.recipient)
    return replace(
        before,
        envelope=Envelope(sender, recipient),
        sender_by="smtp_generic_maps" if sender != envelope.sender else before.sender_by,
        recipient_by="smtp_generic_maps" if recipient != envelope.recipient else before.recipient_by,
        unread=before.unread or sender_why or recipient_why,
        sender_unread=before.sender_unread or sender_why,
    )


def _generic(
    where: tuple[str, ...], tables: str, values: Mapping[str, str], address: str
) -> Inquiry[tuple[str, MtaWhy | None]]:
    if not address:
        return address, None
    pair, why = yield from first_pair(where, tables, _keys(address, values))
    return (_result(address, *pair, values, "generic") if pair is not None else address), why


def _canonical(
    where: tuple[str, ...], values: Mapping[str, str], address: str, side: str
) -> Inquiry[tuple[str, str, MtaWhy | None]]:
    """(the address, the parameter that changed it, why a table could not be read)."""
    changed_by, unread = "", None
    for name in (f"{side}_canonical_maps", "canonical_maps"):
        classes = words_of(values.get(name.replace("_maps", "_classes"), ""))
        if not values.get(name) or f"envelope_{side}" not in classes:
            continue
        pair, why = yield from first_pair(where, values[name], _keys(address, values))
        unread = unread or why
        if pair is not None and (result := _result(address, *pair, values, "canonical")) != address:
            address, changed_by = result, name
    if f"envelope_{side}" in words_of(values.get("masquerade_classes", "")):
        result = _masquerade(address, values)
        if result != address:
            address, changed_by = result, "masquerade_domains"
    return address, changed_by, unread


def _aliases(
    where: tuple[str, ...], values: Mapping[str, str], address: str
) -> Inquiry[tuple[tuple[str, ...], bool, MtaWhy | None]]:
    """(the recipients that the aliases lead to, whether they lead further, why a table could not be read):
    only the first of several is followed, and none where the address itself is among them."""
    tables, unread = values.get("virtual_alias_maps", ""), None
    recipients: tuple[str, ...] = (address,)
    chain: set[str] = set()
    while tables and recipients[0] not in chain:
        if len(chain) == _ROUNDS:
            return recipients, True, unread
        chain.add(recipients[0])
        pair, why = yield from first_pair(where, tables, _keys(recipients[0], values))
        unread = unread or why
        if pair is None:
            break
        key, value = pair
        results = [_result(recipients[0], key, it, values, "virtual") for it in words_of(value)]
        recipients = tuple(dict.fromkeys((*results, *recipients[1:]))) or recipients
        if address in recipients:
            return (address,), False, unread
    return recipients, False, unread


def _keys(address: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of an address (canonical(5), TABLE SEARCH ORDER): with and without its extension; the local
    part alone where the domain is this host's own; the domain."""
    local, _, domain = address.rpartition("@")
    locals_ = (local, _bare(local, values))
    keys = [f"{it}@{domain}" for it in locals_]
    if _is_own(domain, values):
        keys += locals_
    return tuple(dict.fromkeys((*keys, f"@{domain}")))


def _is_own(domain: str, values: Mapping[str, str]) -> bool:
    own = (values.get("myorigin", ""), *words_of(values.get("mydestination", "")))
    return domain in [name.lower() for name in own] or literal_of(domain.strip("[]")) is not None


def _bare(local: str, values: Mapping[str, str]) -> str:
    """A local part without its extension."""
    delimiters = values.get("recipient_delimiter", "")
    place = next((at for at, sign in enumerate(local) if at and sign in delimiters), None)
    return local if place is None else local[:place]


def _result(address: str, key: str, value: str, values: Mapping[str, str], kind: str) -> str:
    """The address that an entry makes: `@domain` keeps the local part, a name alone gets myorigin, and the
    extension of the address is kept if the key has none."""
    local, _, _ = address.rpartition("@")
    new = value.strip().strip("<>").lower()
    new = f"{local}{new}" if new.startswith("@") else new
    new = new if "@" in new else f"{new}@{values.get('myorigin', '').lower()}"
    extension = local.removeprefix(_bare(local, values))
    kinds = words_of(values.get("propagate_unmatched_extensions", ""))
    if extension and not key.startswith("@") and extension not in key and kind in kinds:
        name, _, domain = new.rpartition("@")
        return f"{name}{extension}@{domain}"
    return new


def _masquerade(address: str, values: Mapping[str, str]) -> str:
    """Without the host below a domain of masquerade_domains; the first that fits decides, `!` excepts."""
    local, _, domain = address.rpartition("@")
    if local in words_of(values.get("masquerade_exceptions", "")):
        return address
    for item in words_of(values.get("masquerade_domains", "").lower()):
        bare = item.lstrip("!")
        if domain == bare or domain.endswith(f".{bare}"):
            return address if item.startswith("!") else f"{local}@{bare}"
    return address

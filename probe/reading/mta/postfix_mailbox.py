"""Whether Postfix has the mailbox that it would deliver to: local(8), virtual(8), aliases of a domain."""

from __future__ import annotations

from collections.abc import Mapping

from probe.model.local_tool import Inquiry
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.reading.mta.postfix_route import Envelope, ResolvedRoute
from probe.reading.mta.postfix_tables import first_pair
from probe.reading.mta.postfix_values import address_keys

# What local(8) does with a user that it does not know, or before it looks for one
_CATCHES = (
    *("luser_relay", "fallback_transport", "fallback_transport_maps"),
    *("mailbox_transport", "mailbox_transport_maps"),
)
MAILBOXES = (*_CATCHES, "alias_maps", "virtual_mailbox_maps")
_USERS = "unix:passwd.byname"
_ALIAS_DOMAIN = "virtual_alias_domains"


def missing_mailbox(
    where: tuple[str, ...],
    values: Mapping[str, str],
    route: ResolvedRoute,
    program: str,
    envelope: Envelope,
) -> Inquiry[MtaWhy | None]:
    """Why mail that stays here has no mailbox: the user is unknown; None if there may be one. `program` is
    that of the service."""
    if _ALIAS_DOMAIN in route.sources:  # an alias would have led elsewhere
        return _unknown(envelope)
    if program == "local" and not any(values.get(name) for name in _CATCHES):
        tables, keys = f"{values.get('alias_maps', '')} {_USERS}", _users(values, envelope)
    elif program == "virtual":
        tables = values.get("virtual_mailbox_maps", "")
        keys = (*address_keys(envelope.recipient, _delimiter(values)), f"@{envelope.domain}")
    else:
        return None
    pair, why = yield from first_pair(where, tables, keys)
    return None if pair is not None or why is not None else _unknown(envelope)


def _unknown(envelope: Envelope) -> MtaWhy:
    return MtaWhy(MtaReason.NO_MAILBOX, envelope.recipient)


def _users(values: Mapping[str, str], envelope: Envelope) -> tuple[str, ...]:
    keys = address_keys(envelope.recipient, _delimiter(values))
    return tuple(key.rpartition("@")[0] for key in keys)


def _delimiter(values: Mapping[str, str]) -> str:
    return values.get("recipient_delimiter", "")

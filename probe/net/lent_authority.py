"""Whether a name server that denies with authority has the zone itself, or hands on another server's answer.

dnsmasq leaves the AA bit of the server that it forwards to in an answer, sets RA, and gives the same out of
its cache without AA. A server that has the zone answers with AA each time.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable

from probe._dataclass import replace
from probe.model.answer_fault import OwnWord
from probe.model.target import Endpoint
from probe.net.dns_wire import Reply
from probe.standards.dns.message import Question, RecordType

_TIMES = 2  # an answer that is not in the cache of the server yet is there the second time


class LentAuthority:
    """What is known of the authority of name servers, for each zone; asked once."""

    def __init__(self) -> None:
        self._lent: dict[tuple[Endpoint, str], bool] = {}
        # several denials of a zone may come at once
        self._locks: defaultdict[tuple[Endpoint, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def withdraw(
        self,
        server: Endpoint,
        question: Question,
        reply: Reply,
        ask: Callable[[Question], Awaitable[Reply | None]],
    ) -> Reply:
        """The reply of `server`, without its authority if that is another server's. `ask` asks `server`
        once, and gives None where there is no time left."""
        if reply.provenance is None or not reply.provenance.authoritative:
            return reply
        zone = _own_zone(question, reply)
        if zone is None:
            return reply
        place = server, zone
        async with self._locks[place]:
            if place not in self._lent:
                # every cache holds addresses, and that a name does not exist
                name = reply.aliases[-1] if reply.aliases else question.name
                self._lent[place] = await _is_lent(Question(name, RecordType.A), ask)
        if not self._lent[place]:
            return reply
        return replace(reply, provenance=replace(reply.provenance, authoritative=False))


async def _is_lent(question: Question, ask: Callable[[Question], Awaitable[Reply | None]]) -> bool:
    for _ in range(_TIMES):
        reply = await ask(question)
        if reply is None or reply.provenance is None or not (reply.records or reply.provenance.soa):
            return False  # nothing of a zone was said
        if not reply.provenance.authoritative:
            return True
    return False


def _own_zone(question: Question, reply: Reply) -> str | None:
    """The zone that the server seems to have itself, by its denial; None without such a denial."""
    doubt = reply.answer_to(question).doubt
    own = doubt.own if doubt is not None and reply.open_end is None else None
    return own.zone if own is not None and own.tag is OwnWord.OWN_ZONE else None

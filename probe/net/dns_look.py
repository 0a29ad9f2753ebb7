"""One question to one name server over one transport, told as it came: for judging the name server itself.

`dns_exchange` finds an answer in whatever way a server gives one; here a datagram that does not come, a reply
that is cut off, or EDNS that is not understood is the result.
"""

from __future__ import annotations

import contextlib
import struct

from probe._dataclass import dataclass, replace
from probe.model.answer_fault import AnswerFault, AnswerWhy
from probe.model.target import Endpoint
from probe.net.dns_exchange import exchange, reason_of
from probe.net.dns_query import EDNS_PAYLOAD, Query, behind_id, question_octets
from probe.net.dns_udp import inquiry
from probe.net.dns_wire import Reply, read_reply
from probe.net.time_limit import TimeLimit
from probe.settings import DNS_QUERY_TIMEOUT
from probe.standards.dns.health import CONTROL
from probe.standards.dns.message import Answer, Question, Status
from probe.standards.dns.wire import TC, Unfolding, WireError, read_message

_OPT = 41
_DNSKEY = 48
# the keys of the root with their signatures: about 1 100 octets, and more than 512 without these
_KEYS = struct.pack("!BHH", 0, _DNSKEY, 1)
_DO = struct.pack("!BHHIH", 0, _OPT, EDNS_PAYLOAD, 0x8000, 0)
_HEADER = struct.pack("!HHHHH", 0x0120, 1, 0, 0, 1)  # RD and AD; one question, one additional record
_NOERROR = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What came: the answer (TIMEOUT or UNREACHABLE where none came), the octets of the datagram, and the
    size that its EDNS record offers (None: it has none)."""

    answer: Answer
    octets: int = 0
    payload: int | None = None


async def look_over_udp(server: Endpoint, question: Question, *, edns: bool, seconds: float) -> Look:
    """One question in datagrams, sent again every few seconds: a lost one proves nothing."""
    section = question_octets(question)
    data = await _datagram(server, question, section, behind_id(section, edns=edns), seconds)
    if isinstance(data, Answer):
        return Look(data)
    reply = read_reply(Query(int.from_bytes(data[:2], "big"), question, b""), data)
    if reply is None:
        reply = Reply(Status.MALFORMED, why=AnswerWhy(AnswerFault.OTHER_QUESTION))
    answer = reply.of(server.as_name_server).answer_to(question)
    return Look(answer, len(data), _payload(data))


async def look_over_tcp(server: Endpoint, question: Question, *, seconds: float) -> Look:
    """The same over TCP."""
    result = await exchange(server, question, seconds, tcp=True)
    return Look(result.reply.of(server.as_name_server).answer_to(question))


async def look_for_large_answer(server: Endpoint, *, seconds: float) -> Look:
    """Ask for the keys of the root and their signatures over UDP. The status is ANSWER where it has them all,
    NODATA where the server gave none, and MALFORMED where it was cut off (TC) or is no DNS message."""
    data = await _datagram(server, CONTROL, _KEYS, _HEADER + _KEYS + _DO, seconds)
    if isinstance(data, Answer):
        return Look(data)
    try:
        message = read_message(data, Unfolding(data))
    except WireError as error:
        why = AnswerWhy(AnswerFault.NO_MESSAGE, wire=error.fault)
        return Look(Answer(CONTROL, Status.MALFORMED, why=why), len(data))
    if message.flags & TC:
        status = Status.MALFORMED
    elif message.rcode != _NOERROR:
        status = Status.SERVFAIL
    else:
        status = Status.ANSWER if message.answer else Status.NODATA
    return Look(Answer(CONTROL, status), len(data), _payload(data))


async def _datagram(
    server: Endpoint, question: Question, section: bytes, behind: bytes, seconds: float
) -> bytes | Answer:
    """The first datagram under the id of the question; an answer that says why where none came."""
    with contextlib.suppress(TimeoutError):
        async with TimeLimit(seconds):
            try:
                with inquiry(server, section) as sent:
                    while True:
                        sent.send(sent.id.to_bytes(2, "big") + behind)
                        with contextlib.suppress(TimeoutError):
                            async with TimeLimit(DNS_QUERY_TIMEOUT):
                                return await sent.datagram()
            except OSError as error:
                why = replace(reason_of(error), server=server.host)
                return Answer(question, Status.UNREACHABLE, why=why)
    why = AnswerWhy(AnswerFault.NO_REPLY, server=server.host, seconds=round(seconds, 1))
    return Answer(question, Status.TIMEOUT, why=why)


def _payload(data: bytes) -> int | None:
    """The size that the EDNS record offers (RFC 6891 section 6.2.3); None without one, or if the message is
    cut off or unreadable."""
    unfolding = Unfolding(data)
    try:
        message = read_message(data, unfolding)
    except WireError:
        return None
    return next((it.rclass for it in message.additional if it.rtype == _OPT), None)

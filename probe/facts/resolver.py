"""Answers that are worth a word for how they were told."""

from __future__ import annotations

from ipaddress import IPv6Network

from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dns.dns64 import IPV4_ONLY, inner_address, prefixes_of
from probe.standards.dns.message import Answer
from probe.standards.dns.provenance import STALE


def notable_answers(recording: Recording) -> tuple[Answer, ...]:
    """Those that are a name server's own word, had expired, or hold an address that DNS64 made; as they
    were given, each question once. The answer that shows a prefix of DNS64 stands last."""
    answers = {event.answer.question: event.answer for event in reversed(recording.all(ev.DnsAnswered))}
    # the one that shows how addresses are made is no news itself
    prefix = answers.pop(IPV4_ONLY, None)
    prefixes = prefixes_of(prefix) if prefix is not None else ()
    notable = [answer for answer in reversed(answers.values()) if _is_notable(answer, prefixes)]
    return tuple(notable if prefix is None or not prefixes else (*notable, prefix))


def _is_notable(answer: Answer, prefixes: tuple[IPv6Network, ...]) -> bool:
    if answer.provenance is not None and (answer.doubt or answer.provenance.error(STALE) is not None):
        return True
    return any(inner_address(ip, prefixes) is not None for ip in answer.addresses())

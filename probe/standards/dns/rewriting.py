"""Resolvers that answer for names that do not exist.

Instead of NXDOMAIN such a resolver gives the address of a server of its own (a search page, a login page, a
filter), or an alias of one. What it gives for one name that does not exist, it gives for every such name: an
answer that holds nothing else says nothing about the zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

from probe._dataclass import dataclass, replace
from probe.model.address import IPAddress
from probe.model.answer_fault import OwnWord, OwnWordWhy
from probe.standards.dns.message import Answer, Question, RecordType, Status

_DENIED_BY_LISTS = ("1.0.0.127.", "invalid.")  # RFC 5782 section 5: no list holds them
_OF_LISTS = ip_network("127.0.0.0/8")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LABEL_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What a resolver gives for names that do not exist: `addresses`, `names` (the ends of aliases), and the
    answers that show it."""

    addresses: frozenset[IPAddress]
    names: frozenset[str]
    shown_by: tuple[Answer, ...]

    def mark(self, answer: Answer, of_v4: Answer | None = None) -> Answer:
        """The answer, marked as the resolver's own word if it has nothing but what is given for names that do
        not exist. `of_v4` is the answer about A for one about AAAA: what is made for one is made for both."""
        if answer.status is not Status.ANSWER or answer.provenance is None or self._shows(answer):
            return answer
        if not self._is_made(answer) and (of_v4 is None or not self._is_made(of_v4)):
            return answer
        return replace(answer, own=OwnWordWhy(OwnWord.FOR_NO_NAME, name=self.shown_by[0].question.name))

    def _is_made(self, answer: Answer) -> bool:
        addresses = frozenset(answer.addresses())
        is_its_address = bool(addresses) and addresses <= self.addresses
        return is_its_address or (bool(answer.aliases) and answer.aliases[-1] in self.names)

    def _shows(self, answer: Answer) -> bool:
        return any(answer.question == own.question for own in self.shown_by)


def control_question(seed: int) -> Question:
    """The address of a name that nobody has registered; the same for one `seed`. It has the form of a mail
    domain, because some resolvers answer for certain forms of names alone, and its parent zone (com) has no
    wildcard."""
    import hashlib  # which loads OpenSSL; few runs ask for the name

    digest = hashlib.sha256(f"no such name {seed}".encode()).digest()
    label = "".join(_LETTERS[octet % len(_LETTERS)] for octet in digest[:_LABEL_LENGTH])
    return Question(f"{label}.com", RecordType.A)


def by_control(answer: Answer) -> Rewriting | None:
    """What the answer to `control_question` shows; None if nothing."""
    return _shown([answer]) if answer.status is Status.ANSWER else None


def rewriting_in(answers: Iterable[Answer], seed: int) -> Rewriting | None:
    """What all answers of a run show: those about the control name, if it was asked for; else those about
    test entries that blocklists never hold (RFC 5782 section 5). Those count if at least two lists were
    asked, and for every one of them the same address came that no list gives: one list alone may have given
    up its domain."""
    by_question = {answer.question: answer for answer in answers}
    control = by_question.get(control_question(seed)) if any(map(_is_like_control, by_question)) else None
    if control is not None and not control.is_unknown:
        return by_control(control)
    entries = [
        answer
        for question, answer in by_question.items()
        if question.rtype is RecordType.A and question.name.startswith(_DENIED_BY_LISTS)
    ]
    answered = [it for it in entries if it.status is Status.ANSWER]
    kinds = {(frozenset(it.addresses()), it.aliases[-1:]) for it in answered}
    is_denied = any(it.is_negative for it in entries)
    if is_denied or len(kinds) != 1 or len({_list_name(it.question.name) for it in answered}) < 2:
        return None
    return _shown(answered)


def _shown(answers: list[Answer]) -> Rewriting | None:
    addresses = frozenset(ip for answer in answers for ip in answer.addresses())
    if not addresses or any(ip in _OF_LISTS for ip in addresses if ip.version == 4):
        return None
    names = frozenset(answer.aliases[-1] for answer in answers if answer.aliases)
    return Rewriting(addresses, names, tuple(answers))


def _is_like_control(question: Question) -> bool:
    label, _, zone = question.name.partition(".")
    return zone == "com" and len(label) == _LABEL_LENGTH and question.rtype is RecordType.A


def _list_name(name: str) -> str:
    """The last two labels of a list's zone: one operator has several zones."""
    return ".".join(name.split(".")[-2:])

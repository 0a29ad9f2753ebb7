"""Resolvers that deny names that exist.

The login page of a network, a filter, a forwarder with an empty or an old copy of a zone: they may deny with
the SOA record of that zone, as its own name servers do (RFC 2308 section 2), so that the denial alone does
not show it. Other names do: every top-level domain has NS records (RFC 1034 section 4.2.1), and large mail
domains have MX records. A resolver that denies these is not believed when it denies anything else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from probe._dataclass import dataclass, replace
from probe.model.answer_fault import AnswerFault, OwnWord, OwnWordWhy
from probe.standards.dns.message import Answer, Question, RecordType, Status

_MAIL_CONTROLS = 2  # mail domains; one alone may have been given up since the program knows it
_DENIALS = (AnswerFault.OWN_NXDOMAIN, AnswerFault.OWN_NODATA)
# The server says itself that this denial is its own; what it does not say so of may be true.
_AVOWED = (OwnWord.EXTENDED_ERROR, OwnWord.STALE, OwnWord.POLICY_ZONE)


@dataclass(frozen=True, slots=True)
class FalseDenial:
    """What name servers deny although it exists: the denials that show it."""

    shown_by: tuple[Answer, ...]

    @property
    def servers(self) -> tuple[str, ...]:
        """The name servers that gave them."""
        return tuple(dict.fromkeys(map(_server, self.shown_by)))

    def mark(self, answer: Answer) -> Answer:
        """The answer, marked as the server's own word if it is a denial by one of these."""
        if not answer.is_negative or answer.doubt is not None:
            return answer
        shown_by = next((it for it in self.shown_by if _server(it) == _server(answer)), None)
        if shown_by is None or answer.provenance is None:
            return answer
        return replace(answer, own=OwnWordWhy(OwnWord.FOR_EVERY_NAME, name=shown_by.question.name))


def control_questions(denial: Answer, mail_domains: Sequence[str]) -> tuple[Question, ...]:
    """What to ask a resolver that gave this denial, and what it can answer: the NS records of the top-level
    domain, and the MX records of two of `mail_domains`, which are known to have some, below the same
    top-level domain if possible. Empty if it need not be asked: no top-level domain of the public DNS, a
    laboratory."""
    from probe.standards.public_suffix import is_top_level_domain  # few answers are decisive denials

    name = denial.end_name
    top = name.rpartition(".")[2]
    soa = denial.provenance.soa if denial.provenance is not None else None
    if soa is None or soa.is_of_laboratory or not top.isascii() or not is_top_level_domain(top):
        return ()
    others = [it for it in mail_domains if it != name]
    others.sort(key=lambda it: it.rpartition(".")[2] != top)
    return (Question(top, RecordType.NS), *(Question(it, RecordType.MX) for it in others[:_MAIL_CONTROLS]))


def were_controls_asked(questions: Iterable[Question]) -> bool:
    """Whether `control_questions` are among these."""
    return any(map(_is_of_zone, questions))


def controls_in(answers: Iterable[Answer], mail_domains: Collection[str]) -> tuple[Answer, ...]:
    """Those to `control_questions`."""
    return tuple(it for it in answers if _is_of_zone(it.question) or _is_of_mail(it.question, mail_domains))


def corroboration_of(denials: Collection[Answer], controls: Iterable[Answer]) -> tuple[Answer, ...]:
    """Those of `controls`, records that `control_questions` got, that corroborate the denials: they are the
    same name servers'. Empty unless each gave some: of what one denies, the answers of another say
    nothing."""
    servers = set(map(_server, denials))
    answers = tuple(it for it in controls if _server(it) in servers)
    return answers if servers == set(map(_server, answers)) else ()


def false_denial_in(controls: Iterable[Answer]) -> FalseDenial | None:
    """What the answers to `control_questions` show, name server by name server: the NS records of a top-level
    domain are denied, or the MX records of at least two mail domains, and those of none are given."""
    by_server: dict[str, list[Answer]] = {}
    for answer in controls:
        by_server.setdefault(_server(answer), []).append(answer)
    shown_by = [denial for server, its in by_server.items() if server for denial in _false_denials(its)]
    return FalseDenial(tuple(shown_by)) if shown_by else None


def _is_of_zone(question: Question) -> bool:
    """Whether it is about the NS records of a top-level domain: no other algorithm asks for them."""
    return question.rtype is RecordType.NS and bool(question.name) and "." not in question.name


def _is_of_mail(question: Question, mail_domains: Collection[str]) -> bool:
    return question.rtype is RecordType.MX and question.name in mail_domains


def _false_denials(answers: list[Answer]) -> list[Answer]:
    """The denials of one server that show it; empty if they do not."""
    of_zones = [it for it in answers if _is_of_zone(it.question)]
    of_mail = [it for it in answers if it not in of_zones]
    denials = [it for it in of_mail if _is_denial(it)]
    if len(denials) < _MAIL_CONTROLS or any(it.status is Status.ANSWER for it in of_mail):
        denials = []
    return [*denials, *filter(_is_denial, of_zones)]


def _is_denial(answer: Answer) -> bool:
    """Whether it denies, as it came or as believed, and the server does not say that this is its own."""
    why = answer.why if answer.status is Status.OWN_WORD else answer.doubt
    if not answer.is_negative and (why is None or why.tag not in _DENIALS):
        return False
    return why is None or why.own is None or why.own.tag not in _AVOWED


def _server(answer: Answer) -> str:
    return answer.provenance.server if answer.provenance is not None else ""

"""Makes findings of tags and values, and the values that several checks share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from probe._dataclass import dataclass, replace
from probe._enum import StrEnum
from probe.facts.gaps import Fact, gap_of
from probe.facts.model import Facts, VantageFacts
from probe.knowledge.finding_tags import finding_tags
from probe.model.address import NullReversePath
from probe.model.finding import Arg, Finding
from probe.model.observed import Gap
from probe.model.reason import Tagged
from probe.model.sighting import AddressBasis
from probe.model.target import PairTarget
from probe.standards.dns.message import Answer
from probe.standards.dns.results import RouteKind
from probe.standards.mta_sts.results import StsResult
from probe.wording.sentence import sentence
from probe.wording.spoken import clause, is_tagged
from probe.wording.values import arg_of

Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class Voice:
    """Makes the findings of one check. `id` and `step` are those of the check, `references` its sources."""

    id: str
    step: int
    references: tuple[str, ...] = ()

    def with_sources(self, *references: str) -> Voice:
        """The same, with other sources than the check's."""
        return replace(self, references=references)

    def __call__(self, tag: str, evidence: Iterable[str] = (), /, **values: object) -> Finding:
        """The finding of this tag. Severity, sentence and remedy are in probe/knowledge/findings.

        `evidence` names the observations that it rests on; `values` are the values that the templates use:
        numbers, anything with a text form, lists of these, or None. A reason becomes its clause, and its tag
        is added: `problem` and `problem_tag`, `problems` and `problem_tags`. Raises KeyError for an unknown
        tag, and for a value that a template needs and that was not given.
        """
        finding_tag = finding_tags()[tag]
        args = {key: arg for name, value in values.items() for key, arg in _args(name, value)}
        return Finding(
            self.id,
            finding_tag.severity,
            self.step,
            sentence(finding_tag.message, args),
            tuple(dict.fromkeys(evidence)),  # each observation once, in the order of naming
            sentence(finding_tag.remedy, args),
            self.references,
            tag=tag,
            args=args,
        )


def _args(name: str, value: object) -> Iterator[tuple[str, Arg]]:
    """A value under its name, and the tags of the reasons in it."""
    yield name, arg_of(value)
    if is_tagged(value):
        yield f"{name}_tag", value.tag.value
    elif isinstance(value, tuple | list) and any(map(is_tagged, value)):
        yield f"{name.removesuffix('s')}_tags", tuple(it.tag.value if is_tagged(it) else "" for it in value)


class Source(StrEnum):
    """What is known of the address that was judged."""

    SENDING = "sending"  # mail leaves from it
    ASSUMED = "assumed"  # the probe's own address; whether mail leaves from it is not known
    SEEN = "seen"  # servers name it
    SAID = "said"  # only one server names it
    LOGGED = "logged"  # the own mail log names it
    NOT_KNOWN = "not_known"


def source(facts: Facts) -> Values:
    """The values `ip`, `source` and `source_by`: the address that is judged, how certain it is that mail
    leaves from it, and who names it."""
    vantage = facts.vantage
    by = vantage.basis_by[0] if vantage.basis_by else ""
    if vantage.source_ip is None:
        return {"ip": None, "source": Source.NOT_KNOWN, "source_by": by}
    return {"ip": vantage.source_ip, "source": _source(vantage), "source_by": by}


_SOURCES = {
    AddressBasis.SEEN: Source.SEEN,
    AddressBasis.SAID: Source.SAID,
    AddressBasis.LOGGED: Source.LOGGED,
}


def _source(vantage: VantageFacts) -> Source:
    is_assumed = vantage.is_sending_address is None
    return _SOURCES.get(vantage.basis, Source.ASSUMED if is_assumed else Source.SENDING)


NOT_LOOKED_AT = frozenset(
    {
        *(Gap.NULL_SENDER, Gap.ADDRESS_LITERAL, Gap.NO_ADDRESS, Gap.PRIVATE_ADDRESS),
        *(Gap.NO_HELO, Gap.HELO_WITHOUT_DNS),
        *(Gap.NOT_MADE, Gap.DEADLINE, Gap.INTERRUPTED, Gap.FAILED, Gap.SHORTAGE),
    }
)
"""Why a fact of the sender's side may be absent, as far as there are words of its own for that."""


def why_not_looked_at(facts: Facts, fact: Fact) -> Gap:
    """Why a fact of the sender's side is missing."""
    why = gap_of(facts, fact)
    return why.tag if why is not None and why.tag in NOT_LOOKED_AT else Gap.NOT_MADE


def failures(answers: Iterable[Answer]) -> Values:
    """The values `questions` and `failures`: the questions without a usable answer, each once, and what came
    instead."""
    pairs = dict.fromkeys((it.question, why) for it in answers if (why := it.failure) is not None)
    return {"questions": tuple(str(it) for it, _ in pairs), "failures": tuple(why for _, why in pairs)}


def mta_sts_problems(sts: StsResult) -> tuple[Tagged, ...]:
    """What is wrong with the record or the response, then why the policy could not be fetched."""
    if sts.fetch is None:
        return sts.problems
    return (*sts.problems, clause(sts.fetch, **failures(sts.host_answers)))


def has_null_sender(facts: Facts) -> bool:
    """True if there is no sender domain because the reverse-path is `<>` (RFC 5321 section 4.5.5)."""
    return isinstance(facts.target, PairTarget) and isinstance(facts.target.reverse_path, NullReversePath)


def is_missing(facts: Facts, domain: str) -> bool:
    """Whether the sender domain does not exist (NXDOMAIN). Then no name below it exists either (RFC 8020),
    and no record helps until the domain exists: `sender-domain-takes-mail` says what to do."""
    mail = facts.sender.mail
    return mail is not None and mail.kind is RouteKind.NO_DOMAIN and mail.domain == domain

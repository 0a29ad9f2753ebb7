"""What is asked about one subject on one list: its name, and the test entries of the list (RFC 5782)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

from probe._dataclass import dataclass, replace
from probe.model.address import IPAddress
from probe.model.listing import ListingRole
from probe.standards.dns.message import Question, RecordType
from probe.standards.dnsbl.blocklist import BlockList, SubjectKind

NAME_LIMIT = 253  # RFC 1035 section 2.3.4, in presentation form


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked up, and whose it is. A domain is
    lower-case A-labels without a trailing dot."""

    value: IPAddress | str
    role: ListingRole

    @property
    def kind(self) -> SubjectKind | None:
        """None when it can be on no list: a single label, or an address in a name's place."""
        if isinstance(self.value, IPv4Address):
            return SubjectKind.IPV4
        if isinstance(self.value, IPv6Address):
            return SubjectKind.IPV6
        return None if "." not in self.value or _is_address(self.value) else SubjectKind.DOMAIN


@dataclass(frozen=True, slots=True)
class Ask:
    """One subject on one list, with the questions that it rests on: test entries that a working list holds
    (`positives`; `deep` those made from them, as deep as the question) and such as it must not hold;
    `by_depth` as in `look_up_many`."""

    subject: Subject
    blocklist: BlockList
    question: Question
    positives: tuple[Question, ...]
    deep: tuple[Question, ...]
    negatives: tuple[Question, ...]
    by_depth: bool

    @property
    def questions(self) -> tuple[Question, ...]:
        """All of them, the subject first."""
        return (self.question, *self.positives, *self.deep, *self.negatives)

    @property
    def tests(self) -> tuple[Question, ...]:
        """The documented test entries, those that must be there first."""
        return (*self.positives, *self.negatives)

    def is_deep(self, test: Question) -> bool:
        """Whether a test entry has as many labels as the question, so that what stops the one would stop the
        other. An IPv6 list may be known by its IPv4 entry (`BlockList.positive_tests`): it has several."""
        if self.subject.kind is SubjectKind.IPV6:
            return True
        return test.name.count(".") >= self.question.name.count(".")


def query_name(subject: IPAddress | str, zone: str) -> str:
    """The name to ask: reversed octets (RFC 5782 section 2.1), 32 reversed nibbles (section 2.4) or
    the domain itself (section 3), followed by the zone."""
    if isinstance(subject, IPv4Address):
        return ".".join(reversed(str(subject).split("."))) + f".{zone}"
    if isinstance(subject, IPv6Address):
        # not `exploded`: from Python 3.13 on it writes ::FFFF:127.0.0.2, the test entry, with dots
        return ".".join(reversed(f"{int(subject):032x}")) + f".{zone}"
    return f"{subject}.{zone}"


def ask_about(subject: Subject, blocklist: BlockList, kind: SubjectKind, *, by_depth: bool) -> Ask:
    """The questions about a subject of this kind; with `by_depth` those for entries as deep as it is, too."""
    zone = blocklist.zone
    positives = tuple(question_of(_test_subject(test), zone) for test in blocklist.positive_tests(kind))
    negatives = tuple(question_of(_test_subject(test), zone) for test in blocklist.negative_tests(kind))
    question = question_of(subject.value, zone)
    ask = Ask(subject, blocklist, question, positives, (), negatives, by_depth)
    if not by_depth or any(map(ask.is_deep, positives)):
        return ask
    return replace(ask, deep=tuple(dict.fromkeys(_deeper(ask))))


def _deeper(ask: Ask) -> Iterator[Question]:
    """Test entries with as many labels as the name of a domain has: names below a documented one, because
    many lists hold what is below a domain, too; and where the zone holds addresses as well, its entry for
    these. Not below `test`, which is listed itself: nothing would be shown."""
    zone = ask.blocklist.zone
    for test in ask.positives:
        depth_gap = ask.question.name.count(".") - test.name.count(".")
        deeper = "www." * depth_gap + test.name
        if test.name.count(".") > zone.count(".") + 1 and len(deeper) <= NAME_LIMIT:
            yield Question(deeper, RecordType.A)
    if SubjectKind.IPV4 in ask.blocklist.subjects:
        entries = (
            question_of(_test_subject(test), zone) for test in ask.blocklist.positive_tests(SubjectKind.IPV4)
        )
        yield from (entry for entry in entries if ask.is_deep(entry))


def question_of(subject: IPAddress | str, zone: str) -> Question:
    """The question whether the list holds the subject (RFC 5782 section 2.1)."""
    return Question(query_name(subject, zone), RecordType.A)


def _test_subject(test: str) -> IPAddress | str:
    return ip_address(test) if _is_address(test) else test


def _is_address(text: str) -> bool:
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True

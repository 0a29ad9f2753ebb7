"""Decides whether a blocklist is usable: by its test entries, and by what the resolver lets through (RFC
5782)."""

from __future__ import annotations

from collections.abc import Iterable

from probe._dataclass import dataclass, replace
from probe.model.listing import ListingReason, ListingStatus, ListingWhy
from probe.standards.dns.message import Answer, Status
from probe.standards.dns.provenance import is_own_refusal
from probe.standards.dnsbl.blocklist import BlockList, Reading, Sight

# How a resolver leaves out the address of a name that is there: never as NXDOMAIN, for which there would be
# no TXT record either; and a timeout is no answer
GONE = (Status.NODATA, Status.OWN_WORD, Status.REFUSED, Status.SERVFAIL)


@dataclass(frozen=True, slots=True)
class Entry:
    """One query of a list: the answer, its meaning, and the number of labels in front of the zone. `is_deep`:
    it is a test entry with as many labels as the question about the subject, or more."""

    answer: Answer
    reading: Reading
    labels: int
    is_deep: bool = True

    @property
    def name(self) -> str:
        """The name that was asked for."""
        return self.answer.question.name

    @property
    def is_resolvers(self) -> bool:
        """Whether the resolver made the answer itself, so that it says nothing about the list."""
        own = self.answer.status in (Status.OWN_WORD, Status.REFUSED)
        return own and self.reading.sight is Sight.UNKNOWN

    @property
    def is_held(self) -> bool:
        """Whether the list contains it."""
        return self.reading.sight is Sight.ANSWERED


@dataclass(frozen=True, slots=True)
class Looks:
    """All queries for one subject on one list. `tests`: the entries that a working list holds, one of which
    is enough (none: the operator documents none); `deep` those made from them that have enough labels;
    `negatives`: those that it must not hold; `tests_text`, `negatives_text`: the TXT records of both, where
    they were asked for."""

    subject: Entry
    tests: tuple[Entry, ...]
    deep: tuple[Entry, ...]
    negatives: tuple[Entry, ...]
    tests_text: tuple[Answer, ...] = ()
    negatives_text: tuple[Answer, ...] = ()
    by_depth: bool = True

    @property
    def is_held(self) -> bool:
        """Whether a test entry was found."""
        return any(entry.is_held for entry in self.tests)

    @property
    def whole(self) -> tuple[Entry, ...]:
        """The subject and what the list is judged by, in the order of importance."""
        return (self.subject, *self.tests, *self.negatives)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The status; its reasons, which go with every one but a plain listed or not listed; whether the
    resolver is why nothing is known; and how old a denial may be, as in `Listing`."""

    status: ListingStatus
    reasons: tuple[ListingWhy, ...] = ()
    is_resolvers: bool = False
    age: int | None = None


def read(blocklist: BlockList, answer: Answer, *, refuses_all: bool = False) -> Reading:
    """NXDOMAIN and NODATA alike say "not listed"; nothing else that has no address does. `refuses_all`: the
    resolver refuses other questions, too."""
    if answer.is_negative:
        return Reading(Sight.ABSENT)
    if answer.status is Status.REFUSED:
        if refuses_all or (answer.provenance is not None and is_own_refusal(answer.provenance)):
            return Reading(Sight.UNKNOWN, why=own_refusal(answer))
        return Reading(Sight.REFUSED, why=ListingWhy(ListingReason.REFUSED))
    if answer.status is not Status.ANSWER:
        return Reading(Sight.UNKNOWN, why=ListingWhy(ListingReason.NO_ANSWER, failure=answer.failure))
    addresses = answer.addresses()
    return blocklist.read(addresses) if addresses else Reading(Sight.ABSENT)


def own_refusal(answer: Answer) -> ListingWhy:
    """That the resolver, and not the list, refuses; with its name and its reason, where it gave them."""
    provenance = answer.provenance
    if provenance is None:
        return ListingWhy(ListingReason.RESOLVER_REFUSES)
    words = str(provenance.extended[0]) if provenance.extended else ""
    return ListingWhy(ListingReason.RESOLVER_REFUSES, server=provenance.server, text=words)


def _whys(why: ListingWhy | None) -> tuple[ListingWhy, ...]:
    return (why,) if why is not None else ()


_OF_TEST = {
    ListingReason.NO_ANSWER: ListingReason.TEST_WITHOUT_ANSWER,
    ListingReason.RESOLVER_REFUSES: ListingReason.RESOLVER_REFUSES_TEST,
}


def _of_test(why: ListingWhy | None, entry: str = "") -> ListingWhy | None:
    """The reason of an answer about a test entry."""
    return replace(why, tag=_OF_TEST[why.tag], entry=entry) if why is not None else None


def judge(blocklist: BlockList, looks: Looks) -> Judgement:
    """Decide whether a list is usable, by its test entries (RFC 5782 section 5) and by what the resolver lets
    through."""
    rebinding = why_rebinding(looks)
    if rebinding is not None:
        return Judgement(ListingStatus.UNUSABLE, (rebinding,), is_resolvers=True)
    for sight, status in ((Sight.REFUSED, ListingStatus.REFUSED), (Sight.BOGUS, ListingStatus.UNUSABLE)):
        for entry in looks.whole:
            if entry.reading.sight is sight:
                return Judgement(status, _whys(entry.reading.why))
    fault = _fault(blocklist, looks)
    if fault is not None:
        return Judgement(ListingStatus.UNUSABLE, (fault, *_but_it_lists(looks.subject.reading)))
    # If one of the needed answers is unknown, the result is unknown.
    questions = (looks.subject, *looks.negatives)
    for entry in questions if looks.is_held else (*looks.tests, *questions):
        if entry.reading.sight is Sight.UNKNOWN:
            why = entry.reading.why if entry is looks.subject else _of_test(entry.reading.why)
            return Judgement(ListingStatus.TIMEOUT, _whys(why), entry.is_resolvers)
    if looks.subject.reading.lists:
        return Judgement(ListingStatus.LISTED)
    if not looks.tests:
        return Judgement(ListingStatus.UNUSABLE, (ListingWhy(ListingReason.NO_TEST_ENTRY),))
    return _silence(looks)


def why_rebinding(looks: Looks) -> ListingWhy | None:
    """That the resolver takes addresses of 127.0.0.0/8 out of answers: the entry that every list holds has
    its text, and its address is gone. None where nothing shows that."""
    absent = [entry for entry in looks.tests if entry.answer.status in GONE]
    if looks.is_held:
        return None
    if any(answer.status is Status.ANSWER for answer in looks.negatives_text):
        return None  # the zone answers for every name
    for entry in absent:
        if any(
            text.status is Status.ANSWER and text.question.name == entry.name for text in looks.tests_text
        ):
            provenance = entry.answer.provenance
            server = provenance.server if provenance is not None else ""
            return ListingWhy(ListingReason.REBINDING, server=server, entry=entry.name)
    return None


def _silence(looks: Looks) -> Judgement:
    """The subject is not there. That it is not listed needs an entry as deep as the question: a resolver that
    minimises query names to the letter (RFC 9156) asks for the names between first, which many lists deny,
    and then never for the entry. `test` alone comes through there."""
    deep = [entry for entry in (*looks.tests, *looks.deep) if entry.is_deep]
    if not looks.by_depth or any(_shows_the_way(entry, looks) for entry in deep):
        return _not_listed(looks.subject.answer)
    unknown = next((entry for entry in deep if entry.reading.sight is Sight.UNKNOWN), None)
    if unknown is not None:
        why = _of_test(unknown.reading.why, unknown.name)
        return Judgement(ListingStatus.TIMEOUT, _whys(why), unknown.is_resolvers)
    entry_name = next(entry.name for entry in looks.tests if entry.is_held)
    deeper = tuple(entry.name for entry in deep)
    why = ListingWhy(ListingReason.NO_DEEP_ENTRY, entry=entry_name, entries=deeper)
    return Judgement(ListingStatus.UNUSABLE, (why,), is_resolvers=bool(deep))


def _shows_the_way(entry: Entry, looks: Looks) -> bool:
    """An entry that was found although a name above it is not on the list: what is below a single label that
    is listed itself (`test`) comes through everywhere."""
    above = [test for test in looks.tests if test.is_held and f".{entry.name}".endswith(f".{test.name}")]
    return entry.is_held and all(test.labels > 1 for test in above)


def _not_listed(answer: Answer) -> Judgement:
    """A validating resolver may deny a name that it never asked for, out of older answers (RFC 8198)."""
    soa = answer.provenance.soa if answer.provenance is not None else None
    if not answer.authenticated or soa is None:
        return Judgement(ListingStatus.NOT_LISTED)
    why = ListingWhy(ListingReason.CONCLUDED, count=soa.minimum)
    return Judgement(ListingStatus.NOT_LISTED, (why,), age=soa.minimum)


def _fault(blocklist: BlockList, looks: Looks) -> ListingWhy | None:
    """What is wrong with the test entries; None when nothing is, or when it cannot be known."""
    positives = [entry.reading for entry in looks.tests]
    negatives = [entry.reading for entry in looks.negatives]
    absent = bool(positives) and all(reading.sight is Sight.ABSENT for reading in positives)
    # An allow code on the negative entry is how Hostkarma marks loopback: no accusation, no fault.
    wrong = any(reading.accuses or (blocklist.is_allow_list and reading.lists) for reading in negatives)
    if wrong and absent:
        return ListingWhy(ListingReason.INVERTED)
    if wrong:
        return ListingWhy(ListingReason.LISTS_BOTH if looks.is_held else ListingReason.LISTS_WRONG_ONE)
    if _alike(positives, negatives):
        return ListingWhy(ListingReason.ALIKE)
    if absent:
        return ListingWhy(ListingReason.SILENT, entries=tuple(entry.name for entry in looks.tests))
    return None


def _alike(positives: Iterable[Reading], negatives: Iterable[Reading]) -> bool:
    entry_name = [reading.codes for reading in positives if reading.sight is Sight.ANSWERED]
    return any(it.codes in entry_name for it in negatives if it.sight is Sight.ANSWERED)


def _but_it_lists(subject: Reading) -> tuple[ListingWhy, ...]:
    codes = ", ".join(code.code for code in subject.codes)
    return (ListingWhy(ListingReason.LISTS_SUBJECT, text=codes),) if subject.lists else ()

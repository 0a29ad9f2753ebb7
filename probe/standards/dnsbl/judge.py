"""When a blocklist is believed: by its test entries, and by what the resolver lets through (RFC 5782)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from probe.model.listing import ListingStatus
from probe.standards.dns.message import Answer, Status
from probe.standards.dns.provenance import is_own_refusal
from probe.standards.dnsbl.blocklist import BlockList, Reading, Sight

# How a resolver leaves out the address of a name that is there: never as NXDOMAIN, for which there would be
# no TXT record either; and a timeout is no answer
GONE = (Status.NODATA, Status.OWN_WORD, Status.REFUSED, Status.SERVFAIL)


@dataclass(frozen=True, slots=True)
class Entry:
    """One look at a list: the answer to its question, what it shows, and how many labels stand in front of
    the zone. `is_deep`: it is a test entry with as many labels as the question about the subject, or more."""

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
        """The answer is the resolver's own word, and tells nothing of the list."""
        own = self.answer.status in (Status.OWN_WORD, Status.REFUSED)
        return own and self.reading.sight is Sight.UNKNOWN

    @property
    def is_held(self) -> bool:
        """The list holds it."""
        return self.reading.sight is Sight.ANSWERED


@dataclass(frozen=True, slots=True)
class Looks:
    """What was seen of one subject on one list. `tests`: the entries that a working list holds, one of
    which is enough (none: the operator documents none); `deep` those made from them that have enough labels;
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
        """A test entry was found."""
        return any(entry.is_held for entry in self.tests)

    @property
    def whole(self) -> tuple[Entry, ...]:
        """The subject and what the list is judged by, in the order of importance."""
        return (self.subject, *self.tests, *self.negatives)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The status; its reason, which goes with every one but a plain listed or not listed; whether the
    resolver is why nothing is known; and how old a denial may be, as in `Listing`."""

    status: ListingStatus
    reason: str = ""
    is_resolvers: bool = False
    age: int | None = None


def read(blocklist: BlockList, answer: Answer, *, refuses_all: bool = False) -> Reading:
    """NXDOMAIN and NODATA alike say "not listed"; nothing else that has no address does. `refuses_all`: the
    resolver refuses other questions, too."""
    if answer.is_negative:
        return Reading(Sight.ABSENT)
    if answer.status is Status.REFUSED:
        if refuses_all or (answer.provenance is not None and is_own_refusal(answer.provenance)):
            return Reading(Sight.UNKNOWN, detail=own_refusal(answer))
        return Reading(Sight.REFUSED, detail="the query was answered REFUSED")
    if answer.status is not Status.ANSWER:
        return Reading(Sight.UNKNOWN, detail=answer.failure)
    addresses = answer.addresses()
    return blocklist.read(addresses) if addresses else Reading(Sight.ABSENT)


def own_refusal(answer: Answer) -> str:
    """That the resolver, and not the list, refuses; with its name and its reason, where it gave them."""
    provenance = answer.provenance
    server = f" {provenance.server}" if provenance is not None else ""
    why = f" ({provenance.extended[0]})" if provenance is not None and provenance.extended else ""
    return f"your resolver{server} refuses the question itself{why}"


def judge(blocklist: BlockList, looks: Looks) -> Judgement:
    """Believe a list or not, by its test entries (RFC 5782 section 5) and by what comes through."""
    rebinding = why_rebinding(looks)
    if rebinding:
        return Judgement(ListingStatus.UNUSABLE, rebinding, is_resolvers=True)
    for sight, status in ((Sight.REFUSED, ListingStatus.REFUSED), (Sight.BOGUS, ListingStatus.UNUSABLE)):
        for entry in looks.whole:
            if entry.reading.sight is sight:
                return Judgement(status, entry.reading.detail)
    fault = _fault(blocklist, looks)
    if fault:
        return Judgement(ListingStatus.UNUSABLE, fault + _but_it_lists(looks.subject.reading))
    # One unknown among what a verdict needs makes the verdict unknown.
    needed = (looks.subject, *looks.negatives)
    for entry in needed if looks.is_held else (*looks.tests, *needed):
        if entry.reading.sight is Sight.UNKNOWN:
            where = "" if entry is looks.subject else "its test entry: "
            return Judgement(ListingStatus.TIMEOUT, where + entry.reading.detail, entry.is_resolvers)
    if looks.subject.reading.lists:
        return Judgement(ListingStatus.LISTED)
    if not looks.tests:
        reason = "it documents no test entry, so that its silence proves nothing"
        return Judgement(ListingStatus.UNUSABLE, reason)
    return _silence(looks)


def why_rebinding(looks: Looks) -> str:
    """That the resolver takes addresses of 127.0.0.0/8 out of answers: the entry that every list holds has
    its text, and its address is gone. "" where nothing shows that."""
    absent = [entry for entry in looks.tests if entry.answer.status in GONE]
    if looks.is_held:
        return ""
    if any(answer.status is Status.ANSWER for answer in looks.negatives_text):
        return ""  # the zone answers for every name
    for entry in absent:
        if any(
            text.status is Status.ANSWER and text.question.name == entry.name for text in looks.tests_text
        ):
            provenance = entry.answer.provenance
            server = f" {provenance.server}" if provenance is not None else ""
            return (
                f"your resolver{server} removes 127.0.0.0/8 answers (rebinding protection): the test entry "
                f"{entry.name} has its TXT record, and its address is gone"
            )
    return ""


def _silence(looks: Looks) -> Judgement:
    """The subject is not there. That it is not listed needs an entry as deep as the question: a resolver that
    minimises query names to the letter (RFC 9156) asks for the names between first, which many lists deny,
    and then never for the entry. `test` alone comes through there."""
    deep = [entry for entry in (*looks.tests, *looks.deep) if entry.is_deep]
    if not looks.by_depth or any(_shows_the_way(entry, looks) for entry in deep):
        return _not_listed(looks.subject.answer)
    unknown = next((entry for entry in deep if entry.reading.sight is Sight.UNKNOWN), None)
    if unknown is not None:
        reason = f"its test entry {unknown.name}: {unknown.reading.detail}"
        return Judgement(ListingStatus.TIMEOUT, reason, unknown.is_resolvers)
    held = next(entry.name for entry in looks.tests if entry.is_held)
    lacking = f" ({' or '.join(entry.name for entry in deep)})" if deep else ""
    reason = (
        f"it holds its test entry {held}, and none is found with as many labels as the question{lacking}: a "
        "resolver that minimises query names (RFC 9156) may lose such entries, so its silence proves nothing"
    )
    return Judgement(ListingStatus.UNUSABLE, reason, is_resolvers=bool(deep))


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
    reason = (
        f"this may be up to {soa.minimum} s old: the list is signed, and a resolver may conclude it from "
        "what it heard before (RFC 8198)"
    )
    return Judgement(ListingStatus.NOT_LISTED, reason, age=soa.minimum)


def _fault(blocklist: BlockList, looks: Looks) -> str:
    """What is wrong with the test entries; "" when nothing is, or when it cannot be known."""
    positives = [entry.reading for entry in looks.tests]
    negatives = [entry.reading for entry in looks.negatives]
    absent = bool(positives) and all(reading.sight is Sight.ABSENT for reading in positives)
    # An allow code on the negative entry is how Hostkarma marks loopback: no accusation, no fault.
    wrong = any(reading.accuses or (blocklist.is_allow_list and reading.lists) for reading in negatives)
    if wrong and absent:
        return "inverted: it lists the entry that must not be listed, and not the one that must be"
    if wrong:
        both = "it lists both test entries" if looks.is_held else "it lists the entry that must not be listed"
        return f"{both}, so it would list everything"
    if _alike(positives, negatives):
        return "its two test entries are answered alike: it cannot tell what is listed from what is not"
    if absent:
        missing = " or ".join(entry.name for entry in looks.tests) or "the one that must be listed"
        return (
            f"silent: it does not hold its test entry {missing} (RFC 5782 section 5), so it is dead or "
            "refuses without saying so"
        )
    return ""


def _alike(positives: Iterable[Reading], negatives: Iterable[Reading]) -> bool:
    held = [reading.codes for reading in positives if reading.sight is Sight.ANSWERED]
    return any(it.codes in held for it in negatives if it.sight is Sight.ANSWERED)


def _but_it_lists(subject: Reading) -> str:
    if not subject.lists:
        return ""
    codes = ", ".join(code.code for code in subject.codes)
    return f"; it does list the subject ({codes}), which cannot be believed"

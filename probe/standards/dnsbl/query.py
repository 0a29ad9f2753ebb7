"""Looking subjects up on blocklists, and when to believe the answer (RFC 5782).

Every question goes out in one batch: the subjects, and for each list the test entries of
section 5. A second batch fetches the TXT reasons of what proved to be listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address

from probe.model.address import IPAddress
from probe.model.text import decode
from probe.standards.dns.message import Answer, Question, RecordType, Resolution, Status
from probe.standards.dnsbl.blocklist import BlockList, CodeKind, Reading, Sight, SubjectKind
from probe.standards.dnsbl.results import Listing, ListingCode, ListingStatus

NAME_LIMIT = 253  # RFC 1035 section 2.3.4, in presentation form
TEXT_RECORDS = 4  # TXT records of one listing that are shown
_BELIEVED = (ListingStatus.LISTED, ListingStatus.NOT_LISTED)
TEXT_LIMIT = 1000  # characters of a TXT reason that are kept; it is a stranger's text


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked up, and whose it is: source, sender_domain, helo or link. A domain is
    lower-case A-labels without a trailing dot."""

    value: IPAddress | str
    role: str

    @property
    def kind(self) -> SubjectKind | None:
        """None when it can be on no list: a single label, or an address in a name's place."""
        if isinstance(self.value, IPv4Address):
            return SubjectKind.IPV4
        if isinstance(self.value, IPv6Address):
            return SubjectKind.IPV6
        return None if "." not in self.value or _is_address(self.value) else SubjectKind.DOMAIN


@dataclass(frozen=True, slots=True)
class _Ask:
    """One subject on one list, with the questions that it rests on."""

    subject: Subject
    blocklist: BlockList
    question: Question
    positives: tuple[Question, ...]
    negatives: tuple[Question, ...]

    @property
    def questions(self) -> tuple[Question, ...]:
        return (self.question, *self.positives, *self.negatives)


def query_name(subject: IPAddress | str, zone: str) -> str:
    """The name to ask: reversed octets (RFC 5782 section 2.1), 32 reversed nibbles (section 2.4) or
    the domain itself (section 3), followed by the zone."""
    if isinstance(subject, IPv4Address):
        return ".".join(reversed(str(subject).split("."))) + f".{zone}"
    if isinstance(subject, IPv6Address):
        # not `exploded`: from Python 3.13 on it writes ::FFFF:127.0.0.2, the test entry, with dots
        return ".".join(reversed(f"{int(subject):032x}")) + f".{zone}"
    return f"{subject}.{zone}"


def look_up(
    subject: IPAddress | str, role: str, lists: tuple[BlockList, ...]
) -> Resolution[tuple[Listing, ...]]:
    """One subject on every list that takes its kind."""
    return (yield from look_up_many((Subject(subject, role),), lists))


def look_up_many(
    subjects: tuple[Subject, ...], lists: tuple[BlockList, ...]
) -> Resolution[tuple[Listing, ...]]:
    """Every subject on every list that takes its kind, ordered by subject, then by list.

    A list that does not take a kind (or has no public zone) is not asked and gives no listing.
    """
    asks = tuple(
        _ask(subject, blocklist, kind)
        for subject in dict.fromkeys(subjects)
        if (kind := subject.kind) is not None
        for blocklist in lists
        if blocklist.zone and kind in blocklist.subjects
    )
    questions = tuple(
        dict.fromkeys(question for ask in asks if not _too_long(ask) for question in ask.questions)
    )
    answers: Mapping[Question, Answer] = {}
    if questions:
        answers = dict(zip(questions, (yield questions), strict=True))
    found = _of_its_kinds(asks, tuple(_listing(ask, answers) for ask in asks))
    reasons = tuple(dict.fromkeys(_reason_question(it) for it in found if _has_reason(it)))
    if not reasons:
        return found
    texts = dict(zip(reasons, (yield reasons), strict=True))
    return tuple(_with_text(it, texts[_reason_question(it)]) if _has_reason(it) else it for it in found)


def _of_its_kinds(asks: tuple[_Ask, ...], found: tuple[Listing, ...]) -> tuple[Listing, ...]:
    """Without the kinds that a list of unknown kinds does not take: it holds the test entry of another
    kind, or of none, and then what it says of addresses is enough."""
    guessed = [
        (ask, listing) for ask, listing in zip(asks, found, strict=True) if ask.blocklist.kinds_are_guessed
    ]
    speaking = {ask.blocklist.zone for ask, it in guessed if it.status is not ListingStatus.UNUSABLE}
    for_addresses = {ask.blocklist.zone for ask, _ in guessed if ask.subject.kind is not SubjectKind.DOMAIN}

    def is_superfluous(ask: _Ask, listing: Listing) -> bool:
        if not ask.blocklist.kinds_are_guessed or listing.status is not ListingStatus.UNUSABLE:
            return False
        zone = ask.blocklist.zone
        return zone in speaking or (ask.subject.kind is SubjectKind.DOMAIN and zone in for_addresses)

    return tuple(it for ask, it in zip(asks, found, strict=True) if not is_superfluous(ask, it))


def judge(
    blocklist: BlockList,
    subject: Reading,
    positives: tuple[Reading, ...],
    negatives: tuple[Reading, ...],
    expected: tuple[str, ...] = (),
) -> tuple[ListingStatus, str]:
    """Believe a list or not, by its test entries (RFC 5782 section 5); the reason goes with every
    status but a plain listed or not listed.

    `positives`: the entries that a working list holds, one of which is enough (none: the operator
    documents none); `negatives`: those that it must not hold; `expected`: the names of the positives.
    """
    for reading in (subject, *positives, *negatives):
        if reading.sight is Sight.REFUSED:
            return ListingStatus.REFUSED, reading.detail
    for reading in (subject, *positives, *negatives):
        if reading.sight is Sight.BOGUS:
            return ListingStatus.UNUSABLE, reading.detail
    fault = _fault(blocklist, positives, negatives, expected)
    if fault:
        return ListingStatus.UNUSABLE, fault + _but_it_lists(subject)
    # One unknown among what a verdict needs makes the verdict unknown.
    held = any(reading.sight is Sight.ANSWERED for reading in positives)
    needed = (subject, *negatives) if held else (*positives, subject, *negatives)
    for reading in needed:
        if reading.sight is Sight.UNKNOWN:
            where = "" if reading is subject else "its test entry: "
            return ListingStatus.TIMEOUT, where + reading.detail
    if subject.lists:
        return ListingStatus.LISTED, ""
    if not positives:
        return ListingStatus.UNUSABLE, "it documents no test entry, so that its silence proves nothing"
    return ListingStatus.NOT_LISTED, ""


def _fault(
    blocklist: BlockList,
    positives: tuple[Reading, ...],
    negatives: tuple[Reading, ...],
    expected: tuple[str, ...],
) -> str:
    """What is wrong with the test entries; "" when nothing is, or when it cannot be known."""
    held = any(reading.sight is Sight.ANSWERED for reading in positives)
    absent = bool(positives) and all(reading.sight is Sight.ABSENT for reading in positives)
    # An allow code on the negative entry is how Hostkarma marks loopback: no accusation, no fault.
    wrong = any(reading.accuses or (blocklist.is_allow_list and reading.lists) for reading in negatives)
    alike = any(
        negative.codes == positive.codes
        for negative in negatives
        for positive in positives
        if negative.sight is Sight.ANSWERED and positive.sight is Sight.ANSWERED
    )
    if wrong and absent:
        return "inverted: it lists the entry that must not be listed, and not the one that must be"
    if wrong:
        both = "it lists both test entries" if held else "it lists the entry that must not be listed"
        return f"{both}, so it would list everything"
    if alike:
        return "its two test entries are answered alike: it cannot tell what is listed from what is not"
    if absent:
        missing = " or ".join(expected) or "the one that must be listed"
        return (
            f"silent: it does not hold its test entry {missing} (RFC 5782 section 5), so it is dead or "
            "refuses without saying so"
        )
    return ""


def _but_it_lists(subject: Reading) -> str:
    if not subject.lists:
        return ""
    codes = ", ".join(code.code for code in subject.codes)
    return f"; it does list the subject ({codes}), which cannot be believed"


def _ask(subject: Subject, blocklist: BlockList, kind: SubjectKind) -> _Ask:
    zone = blocklist.zone
    return _Ask(
        subject,
        blocklist,
        _question(subject.value, zone),
        tuple(_question(_test_subject(test), zone) for test in blocklist.positive_tests(kind)),
        tuple(_question(_test_subject(test), zone) for test in blocklist.negative_tests(kind)),
    )


def _question(subject: IPAddress | str, zone: str) -> Question:
    return Question(query_name(subject, zone), RecordType.A)


def _test_subject(test: str) -> IPAddress | str:
    return ip_address(test) if _is_address(test) else test


def _too_long(ask: _Ask) -> bool:
    return len(ask.question.name) > NAME_LIMIT


def _listing(ask: _Ask, answers: Mapping[Question, Answer]) -> Listing:
    blocklist = ask.blocklist
    if _too_long(ask):
        status, reason = ListingStatus.UNUSABLE, f"the name to ask is longer than {NAME_LIMIT} characters"
        return _result(ask, status, reason, (), ())
    subject = _read(blocklist, answers[ask.question])
    positives = tuple(_read(blocklist, answers[question]) for question in ask.positives)
    negatives = tuple(_read(blocklist, answers[question]) for question in ask.negatives)
    status, reason = judge(blocklist, subject, positives, negatives, tuple(q.name for q in ask.positives))
    codes = subject.codes if status in _BELIEVED else ()
    refs = tuple(answers[question].ref for question in ask.questions)
    return _result(ask, status, reason, codes, refs)


def _result(
    ask: _Ask, status: ListingStatus, reason: str, codes: tuple[ListingCode, ...], refs: tuple[str, ...]
) -> Listing:
    blocklist = ask.blocklist
    against = tuple(code for code in codes if code.kind in (CodeKind.REPUTATION, CodeKind.POLICY))
    favourable = blocklist.is_allow_list or (status is ListingStatus.LISTED and not against)
    counted = codes if favourable else against
    listed = status is ListingStatus.LISTED
    if listed and favourable:
        status = ListingStatus.ALLOWED
    if blocklist.is_dead:
        reason = "; ".join(part for part in (f"recorded as dead: {blocklist.status_note}", reason) if part)
    return Listing(
        list_id=blocklist.id,
        title=blocklist.title,
        zone=blocklist.zone,
        subject=str(ask.subject.value),
        role=ask.subject.role,
        query=ask.question.name,
        status=status,
        codes=codes,
        weight=max((code.weight for code in counted), default=0) if listed else 0,
        delist_url=blocklist.delist_url,
        reason=reason,
        is_allow_list=favourable,
        evidence=refs,
    )


def _read(blocklist: BlockList, answer: Answer) -> Reading:
    """NXDOMAIN and NODATA alike say "not listed"; nothing else that has no address does."""
    if answer.is_negative:
        return Reading(Sight.ABSENT)
    if answer.status is Status.REFUSED:
        return Reading(Sight.REFUSED, detail="the query was answered REFUSED")
    if answer.status is not Status.ANSWER:
        return Reading(Sight.UNKNOWN, detail=answer.failure)
    addresses = answer.addresses()
    return blocklist.read(addresses) if addresses else Reading(Sight.ABSENT)


def _has_reason(listing: Listing) -> bool:
    return listing.status in (ListingStatus.LISTED, ListingStatus.ALLOWED)


def _reason_question(listing: Listing) -> Question:
    return Question(listing.query, RecordType.TXT)


def _with_text(listing: Listing, answer: Answer) -> Listing:
    """The TXT reason (RFC 5782 section 2.1), as it came."""
    if answer.status is not Status.ANSWER:
        return listing
    texts = [decode(txt.data) for txt in answer.txts()[:TEXT_RECORDS]]
    return replace(listing, text="; ".join(texts)[:TEXT_LIMIT], evidence=(*listing.evidence, answer.ref))


def _is_address(text: str) -> bool:
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True

"""Looking subjects up on blocklists, and when to believe the answer (RFC 5782).

Every question goes out in one batch: the subjects, and for each list the test entries of
section 5. A second batch fetches the TXT reasons of what proved to be listed, and tells a list that does
not hold its test entry from a resolver that takes it away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from probe._dataclass import replace
from probe.model.address import IPAddress
from probe.model.listing import CodeKind, ListingReason, ListingRole, ListingStatus, ListingWhy
from probe.model.text import decode
from probe.standards.dns.message import Answer, Question, RecordType, Resolution, Status
from probe.standards.dnsbl.blocklist import BlockList, SubjectKind
from probe.standards.dnsbl.judge import GONE, Entry, Judgement, Looks, judge, read
from probe.standards.dnsbl.questions import NAME_LIMIT, Ask, Subject, ask_about, query_name
from probe.standards.dnsbl.results import Listing, ListingCode

__all__ = ["Subject", "look_up", "look_up_many", "query_name"]

TEXT_RECORDS = 4  # TXT records of one listing that are shown
_BELIEVED = (ListingStatus.LISTED, ListingStatus.NOT_LISTED)
CONTROL = Question("", RecordType.SOA)  # of the root: what every resolver answers that serves us
TEXT_LIMIT = 1000  # characters of a TXT reason that are kept; it is a stranger's text


def look_up(
    subject: IPAddress | str, role: ListingRole, lists: tuple[BlockList, ...]
) -> Resolution[tuple[Listing, ...]]:
    """One subject on every list that takes its kind."""
    return (yield from look_up_many((Subject(subject, role),), lists))


def look_up_many(
    subjects: tuple[Subject, ...], lists: tuple[BlockList, ...], *, by_depth: bool = True
) -> Resolution[tuple[Listing, ...]]:
    """Every subject on every list that takes its kind, ordered by subject, then by list.

    `by_depth`: a denial needs a test entry with as many labels as the question; recordings in which none was
    asked for are judged without. A list that does not take a kind (or has no public zone) is not asked and
    gives no listing.
    """
    asks = tuple(
        ask_about(subject, blocklist, kind, by_depth=by_depth)
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
    listings = tuple(_listing(ask, answers) for ask in asks)
    more = tuple(dict.fromkeys(_further(asks, listings, answers)))
    if more:
        answers = {**answers, **dict(zip(more, (yield more), strict=True))}
        listings = tuple(_listing(ask, answers) for ask in asks)
    listings = _of_its_kinds(asks, listings, answers)
    return tuple(_with_text(it, answers[_reason_question(it)]) if _has_reason(it) else it for it in listings)


def _further(
    asks: tuple[Ask, ...], listings: tuple[Listing, ...], answers: Mapping[Question, Answer]
) -> Iterator[Question]:
    """What the first answers make worth asking: the reasons of listings; the text of test entries whose
    address is gone; and, where a question was refused, a name that no resolver has a reason to refuse."""
    for ask, listing in zip(asks, listings, strict=True):
        if _has_reason(listing):
            yield _reason_question(listing)
        if _too_long(ask):
            continue
        if not _is_held(ask, answers) and any(answers[it].status in GONE for it in ask.positives):
            yield from (Question(question.name, RecordType.TXT) for question in ask.tests)
        if any(answers[question].status is Status.REFUSED for question in ask.questions):
            yield CONTROL


def _is_held(ask: Ask, answers: Mapping[Question, Answer]) -> bool:
    return any(answers[question].status is Status.ANSWER for question in ask.positives)


def _of_its_kinds(
    asks: tuple[Ask, ...], listings: tuple[Listing, ...], answers: Mapping[Question, Answer]
) -> tuple[Listing, ...]:
    """Without the kinds that a list of unknown kinds does not take: it holds the test entry of another
    kind, or of none, and then what it says of addresses is enough."""
    pairs = [
        (ask, listing) for ask, listing in zip(asks, listings, strict=True) if ask.blocklist.kinds_are_guessed
    ]
    with_test_entry = {
        (ask.blocklist.zone, ask.subject) for ask, _ in pairs if not _too_long(ask) and _is_held(ask, answers)
    }
    usable_zones = {
        ask.blocklist.zone
        for ask, it in pairs
        if it.status is not ListingStatus.UNUSABLE or (ask.blocklist.zone, ask.subject) in with_test_entry
    }
    for_addresses = {ask.blocklist.zone for ask, _ in pairs if ask.subject.kind is not SubjectKind.DOMAIN}

    def is_superfluous(ask: Ask, listing: Listing) -> bool:
        if not ask.blocklist.kinds_are_guessed or listing.status is not ListingStatus.UNUSABLE:
            return False
        zone = ask.blocklist.zone
        if (zone, ask.subject) in with_test_entry:
            return False
        return zone in usable_zones or (ask.subject.kind is SubjectKind.DOMAIN and zone in for_addresses)

    return tuple(it for ask, it in zip(asks, listings, strict=True) if not is_superfluous(ask, it))


def _too_long(ask: Ask) -> bool:
    return len(ask.question.name) > NAME_LIMIT


def _listing(ask: Ask, answers: Mapping[Question, Answer]) -> Listing:
    if _too_long(ask):
        too_long = ListingWhy(ListingReason.TOO_LONG, count=NAME_LIMIT)
        return _result(ask, Judgement(ListingStatus.UNUSABLE, (too_long,)), (), ())
    looks = _looks(ask, answers)
    judgement = judge(ask.blocklist, looks)
    codes = looks.subject.reading.codes if judgement.status in _BELIEVED else ()
    questions = (question for question in ask.questions if answers[question].status is not Status.NOT_ASKED)
    return _result(ask, judgement, codes, tuple(answers[question].ref for question in questions))


def _looks(ask: Ask, answers: Mapping[Question, Answer]) -> Looks:
    control = answers.get(CONTROL)
    refuses_all = control is not None and control.status is Status.REFUSED

    def entries(questions: tuple[Question, ...]) -> tuple[Entry, ...]:
        pairs = [(question, answers[question]) for question in questions]
        return tuple(
            Entry(
                answer,
                read(ask.blocklist, answer, refuses_all=refuses_all),
                question.name.count(".") - ask.blocklist.zone.count("."),
                ask.is_deep(question),
            )
            for question, answer in pairs
        )

    def texts(questions: tuple[Question, ...]) -> tuple[Answer, ...]:
        requests = (Question(question.name, RecordType.TXT) for question in questions)
        return tuple(answers[question] for question in requests if question in answers)

    (subject,) = entries((ask.question,))
    return Looks(
        subject,
        entries(ask.positives),
        entries(ask.deep),
        entries(ask.negatives),
        texts(ask.positives),
        texts(ask.negatives),
        ask.by_depth,
    )


def _result(ask: Ask, judgement: Judgement, codes: tuple[ListingCode, ...], refs: tuple[str, ...]) -> Listing:
    blocklist, status, reasons = ask.blocklist, judgement.status, judgement.reasons
    against = tuple(code for code in codes if code.kind in (CodeKind.REPUTATION, CodeKind.POLICY))
    favourable = blocklist.is_allow_list or (status is ListingStatus.LISTED and not against)
    codes_of_use = codes if favourable else against
    listed = status is ListingStatus.LISTED
    if listed and favourable:
        status = ListingStatus.ALLOWED
    if blocklist.is_dead:
        reasons = (ListingWhy(ListingReason.DEAD, text=blocklist.status_note), *reasons)
    return Listing(
        list_id=blocklist.id,
        title=blocklist.title,
        zone=blocklist.zone,
        subject=str(ask.subject.value),
        role=ask.subject.role,
        query=ask.question.name,
        status=status,
        codes=codes,
        weight=max((code.weight for code in codes_of_use), default=0) if listed else 0,
        delist_url=blocklist.delist_url,
        reasons=reasons,
        is_allow_list=favourable,
        is_resolvers=judgement.is_resolvers,
        age=judgement.age,
        evidence=refs,
    )


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

"""The DNS tree walk of RFC 9989 section 4.10: which names, in what order, and what they say."""

from __future__ import annotations

from collections.abc import Mapping

from probe._dataclass import dataclass
from probe.model.dmarc_record import DmarcReason, DmarcWhy
from probe.standards.dmarc.record import InvalidRecord, is_dmarc_record, parse_record
from probe.standards.dmarc.results import DmarcRecord
from probe.standards.dns.message import Answer, Question, RecordType

QUERY_LIMIT = 8  # RFC 9989 section 4.10
_LABELS_AFTER_SHORTCUT = 7  # RFC 9989 section 4.10 step 4

PublishedRecord = DmarcRecord | InvalidRecord


@dataclass(frozen=True, slots=True)
class TreeWalk:
    """A walk from `start` towards the root. `published` holds the records that count, longest name
    first; `discarded` tells of names with several records; `unknown` the names on the way
    whose DNS did not answer."""

    start: str
    records_found: tuple[PublishedRecord, ...]
    discarded: tuple[DmarcWhy, ...]
    unknown: tuple[str, ...]

    def at(self, domain: str) -> PublishedRecord | None:
        """The record published at one name."""
        return next((record for record in self.records_found if record.domain == domain), None)

    @property
    def organizational_domain(self) -> str:
        """RFC 9989 section 4.10.2; the start itself when no record was found on the way."""
        for record in self.records_found:
            if record.psd == "n":
                return record.domain
            if record.psd == "y" and record.domain != self.start:
                return _one_label_below(record.domain, self.start)
        return self.records_found[-1].domain if self.records_found else self.start


def walk_names(domain: str) -> tuple[str, ...]:
    """The names whose `_dmarc` record a walk from `domain` asks for, at most 8, longest first."""
    labels = domain.split(".")
    # Steps 3 and 4: from 8 labels on, the second query goes to the last 7 labels.
    start = 1 if len(labels) < QUERY_LIMIT else len(labels) - _LABELS_AFTER_SHORTCUT
    return (domain, *(".".join(labels[index:]) for index in range(start, len(labels))))


def question(domain: str) -> Question:
    """Where the record of a domain is published."""
    return Question(f"_dmarc.{domain}", RecordType.TXT)


def walk(domain: str, answers: Mapping[Question, Answer]) -> TreeWalk:
    """Walk over answers to the questions of `walk_names`. An answer beyond the point where the walk
    stops (psd=n or psd=y) has no influence."""
    records_found: list[PublishedRecord] = []
    discarded: list[DmarcWhy] = []
    unknown: list[str] = []
    for name in walk_names(domain):
        answer = answers[question(name)]
        if answer.is_unknown:
            unknown.append(name)
            continue
        texts = [txt.data for txt in answer.txts() if is_dmarc_record(txt.data)]
        if len(texts) > 1:  # steps 2 and 6: several records at one name are all discarded
            discarded.append(DmarcWhy(DmarcReason.SEVERAL_RECORDS, name, count=len(texts)))
        elif texts:
            record = parse_record(texts[0], name)
            records_found.append(record)
            if record.psd in ("n", "y"):  # steps 2 and 6
                break
    return TreeWalk(domain, tuple(records_found), tuple(discarded), tuple(unknown))


def _one_label_below(parent: str, start: str) -> str:
    """The ancestor-or-self of `start` that has one label more than `parent`."""
    labels = start.split(".")
    return ".".join(labels[-(parent.count(".") + 2) :])

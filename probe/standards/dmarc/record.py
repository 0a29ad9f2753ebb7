"""DMARC policy records: which TXT records are one, and what it says (RFC 9989 sections 4.7, 4.8)."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._regex import regex
from probe.model.dmarc_record import DmarcReason, DmarcWhy, RecordProblem
from probe.model.text import decode
from probe.standards.dkim.tag_list import TagList, parse_tag_list
from probe.standards.dmarc.results import DmarcRecord

# RFC 9989 section 4.8: "v" in either case, then exactly DMARC1, then a separator or the end.
_VERSION = regex(rb"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)")
_POLICIES = frozenset({"none", "quarantine", "reject"})
# For other values of these tags OpenDMARC 1.4.2 discards the record (run on 2026-11-30); RFC 7489 section 6.3
# ignores the tag.
_VALUES = {
    "fo": regex(r"[01dsDS](?:[ \t]*[:,][ \t]*[01dsDS])*"),
    "ri": regex(r"[0-9]{1,10}"),
    "rf": regex(r"(?i:afrf|iodef)(?:[ \t]*:[ \t]*(?i:afrf|iodef))*"),
    "pct": regex(r"0*(?:100|[0-9]{1,2})\b.*|[^0-9-].*"),
}
_URI = regex(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s,!]+(?:![0-9]+[kmgtKMGT]?)?")


@dataclass(frozen=True, slots=True)
class InvalidRecord:
    """A record that is DMARC, but makes a receiver apply none (RFC 9989 section 4.10.1).
    `psd` is kept because the record still takes part in the tree walk."""

    domain: str
    text: str
    problem: DmarcWhy
    psd: str


def is_dmarc_record(text: bytes) -> bool:
    """Whether a TXT record is a DMARC policy record at all; others at the name are discarded."""
    return _VERSION.match(text) is not None


def parse_record(text: bytes, domain: str) -> DmarcRecord | InvalidRecord:
    """Read a record that `is_dmarc_record`; `domain` is where it was found, without `_dmarc.`.

    Never raises. Unknown tags are kept in `tags` and otherwise ignored; a value that a tag cannot have falls
    back to the tag's default (RFC 9989 section 4.8) and is reported in `problems`.
    """
    text_record = decode(text)
    tags = parse_tag_list(text_record)
    problems: list[RecordProblem] = list(tags.problems)
    psd = _choice(tags, "psd", ("y", "n", "u"), "u", problems)
    policies = {name: _policy(tags, name) for name in ("p", "sp", "np")}
    again = [value for name, value in tags.repeated if name == "p"]
    if again:
        # RFC 9989 section 4.7 and RFC 6376 section 3.2: a name that occurs twice makes the list invalid
        return InvalidRecord(domain, text_record, _several(domain, [tags.value("p") or "", *again]), psd)
    invalid = tuple(it for it, value in policies.items() if value is not None and value not in _POLICIES)
    if invalid:
        # RFC 9989 section 4.10.1: a bad p, sp or np is p=none when reports can be sent, else no DMARC
        if not _has_report_uri(tags):
            fault = DmarcWhy(DmarcReason.POLICY_WITHOUT_REPORTS, domain, names=invalid)
            return InvalidRecord(domain, text_record, fault, psd)
        problems.append(DmarcWhy(DmarcReason.POLICY_READ_AS_NONE, names=invalid))
        policies = {"p": "none", "sp": None, "np": None}
    elif policies["p"] is None:
        # RFC 9989 section 4.10.1 and RFC 7489 section 6.6.3 alike; OpenDMARC leaves such a record out
        if not _has_report_uri(tags):
            fault = DmarcWhy(DmarcReason.NO_POLICY_WITHOUT_REPORTS, domain)
            return InvalidRecord(domain, text_record, fault, psd)
        problems.append(DmarcWhy(DmarcReason.NO_POLICY_READ_AS_NONE))
    problems.extend(_notes(tags))
    return DmarcRecord(
        domain=domain,
        text=text_record,
        policy=policies["p"] or "none",
        subdomain_policy=policies["sp"],
        nonexistent_policy=policies["np"],
        adkim=_choice(tags, "adkim", ("r", "s"), "r", problems),
        aspf=_choice(tags, "aspf", ("r", "s"), "r", problems),
        testing=_choice(tags, "t", ("y", "n"), "n", problems) == "y",
        psd=psd,
        tags=tags.tags,
        problems=tuple(problems),
    )


def _several(domain: str, policies: list[str]) -> DmarcWhy:
    """More than one p=: the first three, and the last, which some receivers take."""
    tag = DmarcReason.SEVERAL_POLICIES
    return DmarcWhy(tag, domain, policies=tuple(policies[:3]), taken=policies[-1])


def _policy(tags: TagList, name: str) -> str | None:
    value = tags.value(name)
    return None if value is None else value.lower()


def _choice(
    tags: TagList, name: str, choices: tuple[str, ...], default: str, problems: list[RecordProblem]
) -> str:
    value = tags.value(name)
    if value is None:
        return default
    if value.lower() in choices:
        return value.lower()
    problems.append(DmarcWhy(DmarcReason.NO_CHOICE, name=name, choices=choices, taken=default))
    return default


def _has_report_uri(tags: TagList) -> bool:
    return any(_URI.fullmatch(uri.strip()) for uri in (tags.value("rua") or "").split(","))


def _notes(tags: TagList) -> list[DmarcWhy]:
    notes = []
    if tags.value("rua") is not None and not _has_report_uri(tags):
        notes.append(DmarcWhy(DmarcReason.NO_REPORT_URI))
    percent = tags.value("pct")
    if percent is not None and percent != "100":
        notes.append(DmarcWhy(DmarcReason.PERCENTAGE))
    for name, form in _VALUES.items():
        value = tags.value(name)
        if value and form.fullmatch(value) is None:
            notes.append(DmarcWhy(DmarcReason.OTHER_VALUE, name=name))
    return notes

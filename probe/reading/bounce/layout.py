"""The free-text layouts of bounces: their data types, and finding entries with them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from probe._dataclass import dataclass
from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.bounce.expressions import (
    BY_LINES,
    IGNORE_CASE,
    Alternatives,
    Choice,
    Expression,
    Needs,
)
from probe.reading.bounce.own_words import ReasonWords, own_words
from probe.reading.bounce.wrapped import unwrap_text
from probe.settings import BOUNCE_RECIPIENT_LIMIT
from probe.standards.dsn.address import mailbox, trim

ADDRESS = (
    r"(?P<recipient>(?:\"[^\"\s]{1,64}\"|[^\s<>()\[\],;:\"'“”‘’：，。、（）【】「」*]{1,128})"
    r"@[^\s<>()\[\],;:\"'“”‘’：，。、（）【】「」]{1,255})"
)
NAME = r"(?P<recipient>[A-Za-z0-9][\w.+-]{0,63})(?![\w@.+-])"
_CODE = regex(r"(?<![\d.])[245]\d\d(?![\d.])")
LEADING_CODE = regex(r"\W{0,3}([245]\d\d)(?![\d.])")
_REMARK = regex(r"\(\s*(?:ultimately )?(?:generated|expanded) from:?\s*([^()\n]{1,320})\)", re.I)
_CODED = regex(
    r"(?:^\s*|[:;<>\"'(\[]\s*)(?P<code>[45]\d\d[ -]\S)|(?<![\w.-])[245]\.\d{1,3}\.\d{1,3}(?![.\d])"
)
_MAY_BE_CODED = regex(r"[45]\d\d[ -]\S|[245]\.\d{1,3}\.\d")
_ARROW = regex(r"^[ \t]*<<< ", re.MULTILINE)
_LABELLED = regex(r"\s*(?:date|sent|subject|received|from|to|time)\s*:", re.IGNORECASE)
SYSTEM = regex(
    r"(?:mailer-?daemon|post-?master|abuse|support|help-?desk|no-?reply|admin|owner-)[^@]{0,40}@"
    r"|[^@]{1,64}-(?:request|owner|bounces)@",
    re.IGNORECASE,
)
_TEXT_LIMIT = 32768  # characters of a notice in which a reply for all recipients is looked for
_ENTRY_LIMIT = 8192  # characters of the text on one recipient
_TAILS = {
    "paragraph": regex(r"^[^\S\n]*+\S[^\n]*+\n[ \t]*+\n", re.MULTILINE),
    "indented": regex(r"\n(?=\S)|\n[ \t]*\n(?=[ \t]*\S*@\S*[ \t]*$)|\n[ \t]*\n(?=\S)", re.MULTILINE),
    "quoted": regex(r"^(?:--|<[^<>\s]+@[^<>\s]+>:)", re.MULTILINE),
}


def with_places(entry: str) -> str:
    """The expression of an entry, with that of a mailbox for {addr} and that of a bare name for {name}."""
    return entry.replace("{addr}", ADDRESS).replace("{name}", NAME)


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout of a bounce; see knowledge/bounce_layouts.toml for what each field means."""

    id: str
    signs: Alternatives
    entry: Expression
    after: Expression | None
    until: Expression | None
    tail: str
    replies: tuple[Expression, ...]
    remote: Expression | None
    shared: bool
    whole: bool
    local: bool
    transcript: bool
    ended: Expression | None
    copies: bool
    fills: bool
    fetches: bool

    @classmethod
    def of(cls, row: Mapping[str, Any], needs: Needs) -> Layout:
        """From one table. Raises KeyError for a table that is wrong."""

        def expression(name: str) -> Expression | None:
            return Expression.of(row[name], BY_LINES, needs) if name in row else None

        return cls(
            id=row["id"],
            signs=Alternatives.of(row["signs"], BY_LINES, needs),
            entry=Expression.of(with_places(row["entry"]), BY_LINES, needs),
            after=expression("after"),
            until=expression("until"),
            tail=row.get("tail", "paragraph"),
            replies=tuple(Expression.of(item, BY_LINES, needs) for item in row.get("reply", ())),
            remote=expression("remote"),
            shared=row.get("shared", False),
            whole=row.get("whole", False),
            local="{name}" in row["entry"],
            transcript=row.get("transcript", False),
            ended=expression("ended"),
            copies=row.get("copies", False),
            fills=row.get("fills", False),
            fetches=row.get("fetches", False),
        )


@dataclass(frozen=True, slots=True)
class OwnWords:
    """Words that a sending server writes itself, and the stage that they name (None: none)."""

    pattern: Expression
    stage: Stage | None


@dataclass(frozen=True, slots=True)
class Layouts:
    """All layouts in their order, the wrappings, the words that sending servers write of themselves, what
    stands between a notice and the message that it returns, the words of reasons, and the fixed words (name
    to pattern)."""

    layouts: Choice[Layout]
    wrappings: Choice[Expression]
    own: Choice[OwnWords]
    cut: Choice[Expression]
    reason: ReasonWords
    words: Mapping[str, Alternatives]

    @classmethod
    def of(cls, table: Mapping[str, Any], needs: Needs) -> Layouts:
        """From the whole table."""
        layouts = [Layout.of(row, needs) for row in table["layout"]]
        wrappings = [Expression.of(row["pattern"], IGNORE_CASE, needs) for row in table["wrapping"]]
        own = [
            OwnWords(
                Expression.of(row["pattern"], IGNORE_CASE, needs),
                Stage(row["stage"]) if "stage" in row else None,
            )
            for row in table["own"]
        ]
        texts = dict(table["words"])
        cuts = [Expression.of(text, BY_LINES, needs) for text in texts.pop("cut")]
        words = {name: Alternatives.of(row, BY_LINES, needs) for name, row in texts.items()}
        return cls(
            Choice((item, item.signs.whole.literals) for item in layouts),
            Choice((item, item.literals) for item in wrappings),
            Choice((item, item.pattern.literals) for item in own),
            Choice((item, item.literals) for item in cuts),
            ReasonWords(words["telling"], words["formula"]),
            words,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """What the free text says about one recipient."""

    recipient: str
    text: str
    reply: str
    is_remote: bool
    remote_mta: str
    stage: Stage | None
    original: str = ""


def entries(text: str, layout: Layout, layouts: Layouts) -> Iterator[Entry]:
    """Every recipient that a layout finds in a notice that has one of its signs."""
    region = _region(text, layout)
    matches = [match for match in layout.entry.finditer(region) if _recipient(match, layout)]
    with_recipients = [match for match in matches if not SYSTEM.match(match["recipient"])]
    matches = list(_without_repeats(with_recipients or matches))[:BOUNCE_RECIPIENT_LIMIT]
    whole = _Whole(text, layout, layouts)
    for index, match in enumerate(matches):
        end = matches[index + 1].start() if index + 1 < len(matches) else len(region)
        rest = region[match.end() : end]
        words = _tail(rest, layout.tail)
        words = (words if words.strip() else rest)[:_ENTRY_LIMIT]
        head = match.group() if layout.whole else ""
        words, original = _without_remark(head + words, match.group())
        yield _entry(_recipient(match, layout), original, words, whole, alone=len(matches) == 1)


def _without_repeats(matches: Sequence[re.Match[str]]) -> Iterator[re.Match[str]]:
    """The entries without repetitions of the one above, more indented or in the same line: those are part of
    a reply."""
    last: re.Match[str] | None = None
    for match in matches:
        if last is not None and match["recipient"].lower() == last["recipient"].lower():
            between = match.string.find("\n", last.end("recipient"), match.start("recipient"))
            if between < 0 or _indent(match) > _indent(last):
                continue
        last = match
        yield match


def _indent(match: re.Match[str]) -> int:
    text = match.group()
    return len(text) - len(text.lstrip())


def _recipient(match: re.Match[str], layout: Layout) -> str:
    return trim(match["recipient"]) or (match["recipient"] if layout.local else "")


def _without_remark(text: str, head: str) -> tuple[str, str]:
    """(the text without the remark, the address before an alias or a forward was followed)."""
    remark = _REMARK.search(text) or _REMARK.search(head)
    if remark is None:
        return text, ""
    if remark.string is text:
        text = text[: remark.start()] + text[remark.end() :]
    return text, mailbox(remark.group(1))


def coded_line(text: str) -> str:
    """The first line that holds a reply code (from there on) or a status, with the lines that continue it."""
    if _MAY_BE_CODED.search(text) is None:
        return ""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        match = _CODED.search(line)
        if match and not _LABELLED.match(line):
            next_lines = itertools.takewhile(str.strip, lines[index + 1 : index + 8])
            start = max(match.start("code"), 0)  # a status is often at the end of its sentence
            return " ".join(" ".join((line[start:], *next_lines)).split()).lstrip("-*•> ")[:2000]
    return ""


class _Whole:
    """The complete notice, for parts that apply to all recipients; each is looked up at most once."""

    def __init__(self, text: str, layout: Layout, layouts: Layouts) -> None:
        self.text, self.layout, self.layouts = text, layout, layouts

    @cached_property
    def by_layout(self) -> tuple[str, str]:
        return _by_layout(self.text[:_TEXT_LIMIT], self.layout)

    @cached_property
    def by_wrapping(self) -> tuple[str, str, Stage | None]:
        return unwrap_text(self.text if self.layout.shared else "", self.layouts.wrappings)

    @cached_property
    def remote(self) -> str:
        match = self.layout.remote.search(self.text[:_TEXT_LIMIT]) if self.layout.remote else None
        return match["host"].strip(".") if match else ""

    @cached_property
    def own_words(self) -> str:
        return own_words(self.text[:_ENTRY_LIMIT], self.layouts.reason)


def _entry(recipient: str, original: str, text: str, whole: _Whole, *, alone: bool) -> Entry:
    reply, host = _by_layout(text, whole.layout)
    if not reply and (whole.layout.shared or not text.strip()):
        reply, host = whole.by_layout
    wrappings = whole.layouts.wrappings
    inner, inner_host, inner_stage = unwrap_text(reply, wrappings)
    if not inner and not (reply and _CODE.search(reply)):
        inner, inner_host, inner_stage = unwrap_text(text, wrappings)
        if not inner:
            inner, inner_host, inner_stage = whole.by_wrapping
    if reply and not inner:
        wrapped_reply, wrapped_host, wrapped_stage = unwrap_text(text, wrappings)
        if wrapped_reply.startswith(reply[:40]):  # found by the layout; the wrapping has the stage
            inner_host, inner_stage = wrapped_host, wrapped_stage
    answer = inner or reply
    if not answer and not whole.layout.transcript:
        answer = coded_line(text) or (coded_line(whole.text) if alone else "")
        if not answer:
            answer = own_words(text, whole.layouts.reason) if text.strip() else whole.own_words
            answer = answer or (whole.own_words if alone else "")
    return Entry(
        recipient=recipient,
        text=" ".join(text[:_ENTRY_LIMIT].split()),
        reply=answer,
        is_remote=bool(inner or (reply and _MAY_BE_CODED.search(reply)))
        or LEADING_CODE.match(answer) is not None,
        remote_mta=inner_host or host or whole.remote,
        stage=inner_stage,
        original=original,
    )


def _by_layout(text: str, layout: Layout) -> tuple[str, str]:
    for pattern in layout.replies:
        match = pattern.search(text)
        if match and match["reply"].strip():
            reply = _ARROW.sub("", match["reply"])
            return " ".join(reply.split()), match.groupdict().get("host") or ""
    return "", ""


def _region(text: str, layout: Layout) -> str:
    start = layout.after.search(text) if layout.after else None
    region = text[start.end() :] if start else text
    end = layout.until.search(region) if layout.until else None
    return region[: end.start()] if end else region


def _tail(text: str, kind: str) -> str:
    pattern = _TAILS.get(kind)
    match = pattern.search(text) if pattern else None
    return text[: match.start() if kind != "paragraph" else match.end()] if match else text

"""What a short screen leaves out is decided by the kind of each node, and named."""

from __future__ import annotations

import pytest

from probe.model.steps import StepStatus
from probe.model.verdict import ExitCode
from probe.report import document as doc
from probe.report.folding import HOW, fold, put_answer_last
from probe.report.line import Code, Raw, plain
from probe.report.style import Style
from probe.report.text_writer import write

RIGHT = doc.StepRow(1, "right", StepStatus.PASS, (("all is well",),), ())
AMISS = doc.StepRow(2, "amiss", StepStatus.FAIL, (("it fails " * 20,), ("so does this",)), ("Mend it.",))
VERDICT = doc.Verdict("REFUSED", doc.Tone.BAD, (), "550 " + "no " * 100)
FACTS = doc.Facts(
    (
        doc.Ranking("Cause", (doc.Share("first", 0.6, "likely"), doc.Share("second", 0.4))),
        doc.Act("Act", ("Do this.",), ("And, at length, that.",)),
    )
)
WHY = doc.Section(("Why (in full)",), (doc.Items((("for this",),) * 30),))
OF_STRANGER = doc.Section(("Documented about ", Raw("x.example")), (doc.Items((("this",),)),))
STAYS = doc.Section(("Internal errors",), (doc.Items((("a bug",),)),), stays=True)
STEPS = doc.Section(("Steps",), (doc.Steps((RIGHT, AMISS)),))
FINDINGS = doc.Section(
    ("Findings",),
    (
        doc.Findings(
            (doc.FindingRow("error", "a", ("bad",), ("mend",)), doc.FindingRow("notice", "b", ("so",), ()))
        ),
    ),
)
WHOLE = doc.Document((VERDICT, FACTS, WHY, OF_STRANGER, STEPS, FINDINGS, STAYS), exit_code=ExitCode.REFUSED)


def names(document: doc.Document) -> str:
    return next(plain(it.line) for it in document.blocks if isinstance(it, doc.Paragraph))


def text(document: doc.Document) -> str:
    return write(document, Style(width=80))


def test_the_answer_is_last_and_what_is_amiss_stands_above_it() -> None:
    first = next(fold(WHOLE))
    assert first.blocks[-2:] == (VERDICT, FACTS)
    assert names(first) == f"Not shown: why, documented about x.example, 1 more step, 1 more finding; {HOW}."
    written = text(first)
    for output in (
        "it fails",
        "so does this",
        "Mend it.",
        "bad",
        "mend",
        "a bug",
        "And, at length",
        "second",
    ):
        assert output in written
    for hidden in ("for this", "all is well", "notice"):
        assert hidden not in written


def test_each_form_is_shorter_than_the_one_before_and_the_last_has_the_answer() -> None:
    forms = [text(it) for it in fold(WHOLE)]
    lengths = [it.count("\n") for it in forms]
    assert lengths == sorted(lengths, reverse=True) and len(set(lengths)) == len(lengths)
    last = forms[-1]
    assert "REFUSED" in last and "first (likely)" in last and "Do this." in last and "550 no no" in last
    for hidden in ("Mend it.", "mend", "so does this", "And, at length", "second", "no " * 75):
        assert hidden not in last
    names_of_last = " ".join(last.split())
    for name in ("more on the act", "further causes", "the rest of the reply"):
        assert name in names_of_last


SETTLED = FACTS._replace(
    rows=(
        doc.Fact("Vantage", (("192.0.2.1",),)),
        doc.Fact("After DATA", (("one risk",), ("another risk",))),
        *FACTS.rows,
        doc.Fact("Retry", (("never",),)),
        doc.Fact("Settle it", (("ask again",),), "smtp-probe check"),
    )
)


def test_an_answer_that_is_longer_than_the_screen_is_shortened_and_the_rest_is_named() -> None:
    document = WHOLE._replace(blocks=(VERDICT, SETTLED, WHY))
    act = next(row for row in FACTS.rows if isinstance(row, doc.Act))
    long = act._replace(act=(Raw("Do this, "), Code("a b"), Raw(" and " * 60)))
    rows = tuple(long if row is act else row for row in SETTLED.rows)
    forms = list(fold(document._replace(blocks=(VERDICT, doc.Facts(rows), WHY)), lambda _: False))
    last = " ".join(text(forms[-1]).split())
    for needed in ("REFUSED", "first (likely)", "Do this, a b and", "one risk", "Retry never"):
        assert needed in last
    for hidden in ("another risk", "Settle it", "ask again", "192.0.2.1", "and " * 30, "no " * 30):
        assert hidden not in last
    for name in ("what settles it", "further risks", "the rest of the reply", "the rest of the act"):
        assert name in last


def test_an_answer_that_has_room_stays_although_the_head_scrolls_away() -> None:
    document = WHOLE._replace(blocks=(VERDICT, SETTLED, WHY))
    assert "ask again" in text(list(fold(document, lambda it: "another risk" in text(it)))[-1])


def test_whatever_is_hidden_is_named_even_where_the_names_are_long() -> None:
    long = tuple(doc.Section((f"a matter of many words, number {n}",), WHY.parts) for n in range(20))
    named = names(next(fold(doc.Document((VERDICT, *long, FACTS)))))
    assert "number 0, a matter" in named and " more; " in named


def test_the_whole_with_the_answer_last_has_every_block() -> None:
    moved = put_answer_last(WHOLE)
    assert set(map(id, moved.blocks)) == set(map(id, WHOLE.blocks))
    assert moved.blocks[-2:] == (VERDICT, FACTS)


@pytest.mark.parametrize("height", [None, 200])
def test_what_fits_is_written_as_it_is(height: int | None) -> None:
    assert write(WHOLE, Style(width=80, height=height)) == text(WHOLE)
    assert "exit" not in text(WHOLE)


def test_the_longest_form_that_fits_is_taken() -> None:
    lengths = {text(it).count("\n") + 2: it for it in fold(WHOLE)}  # and an empty line and the exit code
    for length, form in lengths.items():
        written = write(WHOLE, Style(width=80, height=length + 1))
        assert written.startswith(text(form)[:200])
        assert written.count("\n") == length
        assert written.rstrip().endswith("exit 1")


def test_with_v_all_is_written_the_answer_last() -> None:
    written = write(WHOLE, Style(width=80, height=10, verbosity=1))
    assert "for this" in written and HOW not in written
    assert written.index("all is well") < written.index("REFUSED")

"""Whatever stands in whichever place of a document, no writer raises and none lets it out live."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from probe.report import document as doc
from probe.report import markdown_writer, text_writer
from probe.report.style import Style
from tests.properties.test_report_hostile import live, structure, tickets
from tests.support import documents
from tests.support.markdown_live import live_in

poisons = st.lists(tickets, min_size=1, max_size=4)


def hostile(texts: list[str]) -> doc.Document:
    """A string of the list in every place in turn; never empty, so that the same nodes are written."""
    given_texts = itertools.cycle(texts)
    return documents.whole(lambda _: f"x{next(given_texts)}")


@given(poisons, st.integers(20, 120), st.sampled_from(["utf-8", "ascii", "latin-1", "no-such"]))
def test_text_is_never_live(texts: list[str], width: int, encoding: str) -> None:
    written = text_writer.write(hostile(texts), Style(width=width, encoding=encoding))
    assert live(written) == []


@given(poisons)
def test_a_ticket_has_only_our_own_structure(texts: list[str]) -> None:
    written = markdown_writer.write(hostile(texts))
    assert live(written) == []
    assert live_in(written) == []
    assert structure(written) == structure(markdown_writer.write(hostile(["x"])))

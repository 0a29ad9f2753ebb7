"""Every writer writes every node; every builder marks what a stranger had a part in."""

from __future__ import annotations

import itertools
import re

import pytest

from probe.report import document as doc
from probe.report import html_writer, markdown_writer, run_document, text_writer
from probe.report.detail import Detail
from probe.report.line import Code, Raw
from probe.report.style import Style
from tests.properties.test_report_hostile import poisoned
from tests.support import documents, reports

WIDE = 100_000
WRITERS = {
    "text": lambda document: text_writer.write(document, Style(width=WIDE)),
    "markdown": markdown_writer.write,
    "html": html_writer.write,
}
# A terminal tells how to act, not how it came to be told
NOT_WRITTEN = {
    "text": {"Colophon.version", "Colophon.started_at"},
    "markdown": set[str](),
    "html": set[str](),
}


@pytest.mark.parametrize("form", WRITERS)
def test_every_string_of_every_node_is_written(form: str) -> None:
    names: dict[str, str] = {}
    # letters of which no word is a commit's name
    words = map("".join, itertools.product("ghklmnpqrstuvwxyz", repeat=4))

    def token(name: str) -> str:
        result = next(words)
        names[result] = name
        return result

    text = WRITERS[form](documents.whole(token))
    missing = {name for result, name in names.items() if result not in text}
    assert missing == NOT_WRITTEN[form]


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_document_of_nothing_is_an_empty_line(form: str) -> None:
    assert WRITERS[form](doc.Document(())) == "\n"


@pytest.mark.parametrize("name", sorted(reports.SAMPLES))
@pytest.mark.parametrize("detail", Detail)
def test_what_a_stranger_can_set_is_marked(name: str, detail: Detail) -> None:
    document = run_document.build(poisoned(reports.SAMPLES[name](), "\x1bPOISON"), detail)
    assert [text for text in documents.own_words(document) if "POISON" in text] == []


def test_a_table_has_as_many_cells_in_each_row_as_columns() -> None:
    with pytest.raises(ValueError, match="cells"):
        doc.Table((doc.Column("a"), doc.Column("b")), ((("x",),),))
    with pytest.raises(ValueError, match="columns"):
        doc.Table((), ())


TABLE = doc.Document(
    (
        doc.Table(
            (doc.Column("operator"), doc.Column("messages", is_number=True), doc.Column("first words")),
            (
                ((Raw("Example Mail"),), ("1200",), (Raw("550 5.7.1 the address is listed by example"),)),
                ((Raw("x|y"),), ("7",), (Code("554 no"),)),
            ),
        ),
    )
)


def test_a_table_stands_in_columns_and_numbers_to_the_right() -> None:
    assert text_writer.write(TABLE, Style(width=60)).splitlines() == [
        "operator      messages  first words",
        "Example Mail      1200  550 5.7.1 the address is listed by",
        "                        example",
        "x|y                  7  554 no",
    ]
    assert markdown_writer.write(TABLE).splitlines() == [
        "| operator | messages | first words |",
        "| --- | ---: | --- |",
        "| Example Mail | 1200 | 550 `5.7.1` the address is listed by example |",
        "| `x`&#124;`y` | 7 | 554 no |",
    ]


def test_a_table_that_is_too_wide_is_one_entry_a_row() -> None:
    assert text_writer.write(TABLE, Style(width=40)).splitlines() == [
        "Example Mail",
        "  messages: 1200",
        "  first words: 550 5.7.1 the address is",
        "               listed by example",
        "x|y",
        "  messages: 7",
        "  first words: 554 no",
    ]


def test_code_beside_code_stays_two() -> None:
    written = markdown_writer.inline((Code("a"), Code("b"), Raw("x@y"), Code("c")))
    assert re.findall(r"`([^`]*)`", written) == ["a", "b", "x@y", "c"]

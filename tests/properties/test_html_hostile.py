"""Whatever stands in whichever place of a page, it is text there: no element, attribute or style is a
stranger's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from probe.bounces import read_bounces
from probe.explanation import explain
from probe.report import html_writer
from probe.report.formats import Kind, formats_of
from probe.report.html_timeline import ticks
from probe.report.style import Style
from tests.properties.test_document_hostile import hostile, poisons
from tests.properties.test_report_hostile import live, poisoned, tickets
from tests.support import reports
from tests.support.html_shape import Shape

BREAKS = [
    "</style><script>x()</script>",
    "</title><svg onload=x()>",
    "\"><img src=x onerror='x()'>",
    "' onfocus='x()' autofocus='",
    "javascript:x()",
    "<!-- --!><b>",
    "]]><![CDATA[<b>",
    "&lt;b&gt;&#60;b&#62;&bogus;",
    "{{x}}${x}<%x%>",
    "</details></main></body></html>",
    "<base href=//evil.example><meta http-equiv=refresh content=0;//evil.example>",
]
texts = st.one_of(tickets, st.sampled_from(BREAKS), st.text())


def page_of(kind: Kind, result: object) -> str:
    return formats_of(kind)["html"].write(kind, result, Style())


@given(poisons | st.lists(st.sampled_from(BREAKS), min_size=1, max_size=4))
def test_a_page_has_only_our_own_elements(strings: list[str]) -> None:
    page = html_writer.write(hostile(strings))
    assert live(page) == []
    shape = Shape(page)
    assert shape.active == []
    assert shape.tags == Shape(html_writer.write(hostile(["x"]))).tags


@given(st.sampled_from(sorted(reports.SAMPLES)), texts)
def test_no_report_of_a_stranger_acts(name: str, text: str) -> None:
    page = page_of(Kind.RUN, poisoned(reports.SAMPLES[name](), text))
    assert live(page) == []
    assert Shape(page).active == []


@given(texts)
def test_no_reply_acts(text: str) -> None:
    shape = Shape(page_of(Kind.REPLY, explain(text)))
    assert shape.active == []


@given(st.lists(texts, min_size=1, max_size=3))
def test_several_entries_are_one_page(strings: list[str]) -> None:
    form = formats_of(Kind.BOUNCE)["html"]
    before, after = form.series.ends
    messages = (f"Subject: {text}\n\n550 5.1.1 <{text}>\n".encode("utf-8", "replace") for text in strings)
    results = [result for message in messages for result in read_bounces(message, "x.eml")]
    rows = (form.write(Kind.BOUNCE, it, Style(), is_row=True) for it in results)
    shape = Shape("".join((before, *rows, after)))
    assert shape.active == []
    assert [tag for tag, _ in shape.tags].count("article") == len(results)
    assert [tag for tag, _ in shape.tags].count("html") == 1


@given(st.integers(1, 10**9))
def test_ticks_are_few_round_and_within(total_ms: int) -> None:
    marks = ticks(total_ms)
    assert marks[0] == 0
    assert marks[-1] <= total_ms
    assert 2 <= len(marks) <= 6
    assert str(marks[1]).rstrip("0") in {"1", "2", "5"}

"""The Markdown report, read with a Markdown parser."""

from __future__ import annotations

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from probe.report.markdown import to_markdown
from probe.report.markdown_text import markdown_code, markdown_fence, markdown_text
from tests.support import reports

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def test_ticket_has_verdict_causes_steps_dialogue_and_note() -> None:
    text = to_markdown(reports.refused())
    order = ["**REFUSED FOR GOOD**", "## Causes", "## Nine steps", "## Dialogue", "## Note to the recipient"]
    positions = [text.index(part) for part in order]
    assert positions == sorted(positions)
    assert "S: 554 5.0.0 user unknown" in text
    assert "To: postmaster@shop.example" in text


def test_steps_are_one_table_with_nine_rows() -> None:
    tokens = PARSER.parse(to_markdown(reports.accepted()))
    assert sum(token.type == "tr_open" for token in tokens) == 1 + 9


def test_demo_says_that_it_is_a_lab() -> None:
    assert to_markdown(reports.demo()).split("\n")[2].startswith("**LAB: ")


def test_domain_report_has_its_own_table() -> None:
    text = to_markdown(reports.domain())
    assert "## Recipient domain" in text
    assert "Nine steps" not in text


def test_backticks_in_a_reply_cannot_leave_the_fence() -> None:
    report = reports.refused()
    session = report.sessions[0]
    hostile = reports.exchange("rcpt", "RCPT TO:<a@b>", "x", "```", "# owned", "````", code=550)
    report = replace(report, sessions=(replace(session, exchanges=(hostile,)),))
    fences = [t for t in PARSER.parse(to_markdown(report)) if t.type == "fence"]
    assert any("# owned" in fence.content and "````" in fence.content for fence in fences)


@pytest.mark.parametrize(
    "text",
    [
        "*a* _b_ **c** ~~d~~",
        "[x](http://evil.example)",
        "![x](http://evil.example)",
        "<script>alert(1)</script>",
        "`code`",
        "a | b | c",
        "&lt; &amp;",
        "# heading",
        "- item",
        "1. item",
        "> quote",
        "===",
        "back\\slash\\",
        "<http://evil.example>",
        ":--- table",
    ],
)
def test_escaped_text_reads_as_it_was(text: str) -> None:
    tokens = PARSER.parse(markdown_text(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text", "text_special"}
    assert "".join(child.content for child in children) == text


def test_bare_addresses_do_not_become_links() -> None:
    # GFM starts an autolink at a bare "://" or "www."; a backslash inside stops it
    assert markdown_text("see https://evil.example") == "see https\\://evil.example"
    assert markdown_text("see www.evil.example") == "see www\\.evil.example"


@pytest.mark.parametrize("text", ["a", "`", "a``b", " ", "``` x `"])
def test_code_span_holds_its_text(text: str) -> None:
    children = PARSER.parse(markdown_code(text))[1].children or []
    assert [child.type for child in children] == (["code_inline"])


def test_fence_escapes_line_breaks_of_a_stranger() -> None:
    assert markdown_fence(["a\r\n```"]) == ["````text", "a\\x0d\\x0a```", "````"]

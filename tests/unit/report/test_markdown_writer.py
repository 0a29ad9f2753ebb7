"""The Markdown report, read with a Markdown parser."""

from __future__ import annotations

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from probe.report.markdown_text import markdown_code, markdown_fence, markdown_text
from tests.support import reports
from tests.support.rendering import to_markdown

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
    assert any("# owned\n" in fence.content and "\\x60\\x60\\x60\\x60\n" in fence.content for fence in fences)


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
    assert {child.type for child in children} <= {"text", "text_special", "code_inline"}
    assert "".join(child.content for child in children) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("the mail server, it's full (97 % of 35 MiB); try later!", None),
        ("and/or a catch-all? \u201cyes\u201d \u2192 no", None),
        ("\u7528\u6237\u4e0d\u5b58\u5728 \u043d\u0435\u0442 \u0e44\u0e21\u0e48 caf\u00e9", None),
        ("550 #5.1.0 Address rejected.", "550 `#5.1.0` Address rejected."),
        ("(alice@example.net).", "(`alice@example.net`)."),
        ("see https://evil.example or www.evil.example", "see `https://evil.example` or `www.evil.example`"),
        ("GH-7 owner/repo#1 deadbeef 1234567 r52", "`GH-7` `owner/repo#1` `deadbeef` `1234567` `r52`"),
        ("see bug 7, 7 bugs", "see bug `7`, 7 bugs"),
        ("\u7528\u6237defaced \ufb00deadbeef", "`\u7528\u6237defaced` `\ufb00deadbeef`"),
        ('version:" 1" %" next" \u201cyes\u201d:', '`version:"` 1" `%"` next" \u201cyes\u201d:'),
        ("[Email Geeks (2023)] [x] [[y z]]", r"\[Email Geeks (2023)\] `[x]` `[[y` `z]]`"),
        ("1. a", r"1\. a"),
        ("- a < b & c", r"\- a &lt; b &amp; c"),
        ("a|b `c'", "`a`&#124;`b` &#96;`c`'"),
    ],
)
def test_words_are_text_and_all_else_is_code(text: str, escaped: str | None) -> None:
    assert markdown_text(text) == (text if escaped is None else escaped)


@pytest.mark.parametrize("text", ["a", "`", "a``b", " ", "`` x `", "a|b"])
def test_code_holds_its_text_with_one_backtick_at_each_end(text: str) -> None:
    code = markdown_code(text)
    children = PARSER.parse(code)[1].children or []
    assert "".join(child.content for child in children) == text
    assert "``" not in code


def test_fence_escapes_line_breaks_of_a_stranger_and_whatever_looks_like_a_fence() -> None:
    assert markdown_fence(["a\r\n```", "~~~ ``x``"]) == [
        "```text", "a\\x0d\\x0a\\x60\\x60\\x60", "\\x7e\\x7e\\x7e ``x``", "```",
    ]  # fmt: skip

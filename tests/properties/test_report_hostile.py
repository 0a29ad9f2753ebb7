"""Whatever a stranger put into whichever field, no renderer lets it out live."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from probe.model.report import Report
from probe.report.clean import with_strings
from probe.report.json_report import to_json
from probe.report.markdown_text import markdown_code, markdown_text
from probe.report.style import Style
from tests.support import reports
from tests.support.markdown_live import live_in
from tests.support.rendering import to_markdown, to_text

HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b2J",
    "\u202egnp.exe",
    "\u2066x\u2069",
    "a\r\nExit code: 0\r\n",
    "\x00\x08\x08",
    "[red]x[/red]",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "```\n# x",
    "a|b|c",
    "\udcff\ud800",
    "\u2028\u2029",
    "![x](http://evil.example/?q)",
    "[x](javascript:alert(1))",
    "</code></pre><b>",
    "\ufeff\u200b",
    "\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "\x1bPq#0\x1b\\\x90q\x9c",
    "a\ufe0f\u034f\u3164\U000e0101b",
    '=HYPERLINK("http://evil.example")',
    "+1-1|' /C calc'!A0",
    "<http://evil.example>",
    "http://evil.example/ www.evil.example a@evil.example",
    "[x]: http://evil.example",
    "# x\n- [ ] y\n***\n",
    "~~x~~ __y__ $z$ :smile: @everyone #1",
    "用户不存在",
    "Z" + "\u0335\u0321\u0334\u0347" * 9,
    "\u0338\u20dd",
    "::error file=x::y",
    "x ::set-output name=y::z ::stop-commands::q",
    "##vso[task.setvariable variable=x]y",
    "##[add-mask]x###teamcity[message text='y']",
    "",
]
# Vocabularies are the program's own; a stranger cannot set them.
# an enhanced status is three numbers, however it was sent: no text of a stranger
_OWN = re.compile(r"[a-z_]{1,20}|end-of-data|[245]\.\d{1,3}\.\d{1,3}")
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

hostile_text = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(), max_size=40),
    st.lists(st.sampled_from(HOSTILE)).map("".join),
)
samples = st.sampled_from(sorted(reports.SAMPLES))


def poisoned(report: Report, poison: str) -> Report:
    """Every free string of the report carries the poison, before, behind or instead of its own text."""
    own = with_strings(report, lambda text: text if _OWN.fullmatch(text) else poison + text + poison)
    return replace(own, schema=report.schema, contact_note=poison + "\n" + report.contact_note)


def is_live(char: str) -> bool:
    invisible = "\ufe00" <= char <= "\ufe0f" or char in "\u034f\u115f\u1160\u3164\uffa0\U000e0101"
    hidden = unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return (hidden or invisible) and char != "\n"


# five marks without width on one letter, and commands to build systems (Azure Pipelines, GitHub, TeamCity)
_ALSO_LIVE = re.compile(r"##\w*\[|^\s*::[A-Za-z_-]+( .*)?::", re.MULTILINE)


def also_live(text: str) -> list[str]:
    marks = "".join("m" if unicodedata.category(char) in {"Mn", "Me"} else " " for char in text)
    return [*_ALSO_LIVE.findall(text), *re.findall("m{5}", marks)]


def live(text: str) -> list[str]:
    """What in it would act on a terminal, or on a build system."""
    return [*(char for char in text if is_live(char)), *also_live(text)]


def shown(render: Callable[[Report], str], name: str, poison: str) -> str:
    return render(poisoned(reports.SAMPLES[name](), poison))


@given(
    samples,
    hostile_text,
    st.sampled_from([-1, 0, 1]),
    st.integers(20, 120),
    st.sampled_from(["utf-8", "ascii"]),
)
def test_text_is_never_live(name: str, poison: str, verbosity: int, width: int, encoding: str) -> None:
    style = Style(width=width, verbosity=verbosity, encoding=encoding)
    text = shown(lambda report: to_text(report, style), name, poison)
    assert [char for char in text if is_live(char)] == []
    assert also_live(text) == []
    text.encode(encoding)


@given(samples, hostile_text)
def test_colours_are_only_our_own(name: str, poison: str) -> None:
    text = shown(lambda report: to_text(report, Style(colour=True)), name, poison)
    rest = re.sub(r"\x1b\[(?:0|1|2|31|32|33)m", "", text)
    assert [char for char in rest if is_live(char)] == []


@pytest.mark.parametrize("name", sorted(reports.SAMPLES))
def test_a_line_break_in_a_reply_makes_no_line(name: str) -> None:
    text = shown(to_text, name, "x\r\nREFUSED FOR GOOD")
    assert sum(line.startswith("REFUSED FOR GOOD") for line in text.splitlines()) <= 1


@given(samples, hostile_text)
def test_json_is_utf8_parses_and_is_never_live(name: str, poison: str) -> None:
    text = shown(to_json, name, poison)
    json.loads(text.encode("utf-8"))
    assert [char for char in text if is_live(char)] == []
    assert also_live(text) == []


# What some tracker or other makes a link or a call of; all that can stand before it and behind it
REFERENCES = [
    "@alice", "\u00e9@alice", "\u738b@alice", "@org/team", "@all", "(@a)", "a@b.example",
    "mailto:a@b.example", "#12", "GH-7", "gh-7", "owner/repo#1", "owner#1", "owner/repo@d8a994ef",
    "ABC-123", "!12", "$12", "%12", "&12", "~12", '~"a label"', "^alert#1", "[vulnerability:1]", "[[Page]]",
    "[[a b]]", "{{include(Page)}}", "[TOC]", "deadbeef", "d8a994ef243349f321568f9e36d5c3f444b99cae",
    "1234567", "d8a994e...b19a04f", "r52", "bug 7", "commit:d8a9", "user:alice", "source:a/b",
    "attachment:x.png", "user#2", "comment 7", "www.evil.example", "evil.example/x", "192.0.2.1/x",
    "http:\\\\evil.example", "xmpp:a@b.example", "//evil.example", "tel:1", ":smile:", "$x$", "$`x`$",
    "[^1]", "[^1]: x", "{noformat}", "[x]: //evil.example", "<a@b.example>", "[~alice]", "/close", "~~~",
    "```", "`", "``", "|", "\\", "&#64;alice", "&commat;alice", "\\@alice", "==x==", "^^x^^", "{+x+}",
    "- [ ] x", "> x", "> [!note]", "1) x", "<!-- x", "]]>", "<?x?>", "*[x]: y", "(tm)", "x\n---", "+ x",
    "# x",
]  # fmt: skip
marks = st.text("@#!$%&~^*_[]{}()<>`|\\/:;.,-+='\" a1\u00e9", max_size=12)
references = st.lists(st.one_of(st.sampled_from(REFERENCES), marks), min_size=1, max_size=6)
tickets = st.one_of(
    hostile_text, st.builds(str.join, st.sampled_from(["", " ", "|", "`", "\\", "(", "\u738b"]), references)
)


@given(samples, tickets)
def test_a_ticket_has_only_our_own_structure(name: str, poison: str) -> None:
    text = shown(to_markdown, name, poison)
    assert live(text) == []
    assert structure(text) == structure(to_markdown(poisoned(reports.SAMPLES[name](), "x")))


@given(samples, tickets)
def test_nothing_in_a_ticket_is_a_link_or_calls_anybody(name: str, poison: str) -> None:
    assert live_in(shown(to_markdown, name, poison)) == []


@given(tickets)
def test_escaped_text_stands_literally_in_every_place(poison: str) -> None:
    text, code = markdown_text(poison), markdown_code(poison)
    table = f"| a | {text} |\n| --- | --- |\n| {text} | {text} |\n"
    ticket = f"# {text}\n\n{text} {code}\n\n- {text}\n\n**x {text}**\n\n{code}\n\n{table}"
    assert live_in(ticket) == []
    assert structure(ticket).count("td_open") == 2


def structure(text: str) -> list[str]:
    """The blocks."""
    return [token.type for token in PARSER.parse(text)]

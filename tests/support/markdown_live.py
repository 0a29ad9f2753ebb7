"""What is live in a ticket: the Markdown rendered by three programs, and read as trackers read the page.

cmark-gfm is GitHub's own and the ground of GitLab's; mistune and markdown-it are of other families, and
markdown-it with linkify is what Jira's editor is made of. Trackers look for references in the text of the
page, outside of code (`html-pipeline` of GitHub, `lib/banzai` of GitLab, `modules/markup/html.go` of Gitea
and Forgejo, `parse_redmine_links` of Redmine); the patterns below are theirs, or wider.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import cmarkgfm
import mistune
from cmarkgfm.cmark import Options
from markdown_it import MarkdownIt

OWN_TAGS = frozenset(
    {*("h1", "h2", "h3", "p", "strong", "em", "ul", "li", "br", "code", "pre")}
    | {*("table", "thead", "tbody", "tr", "th", "td")}
)
OWN_ATTRIBUTES = frozenset(
    {("class", "language-text"), ("lang", "text"), ("align", "right"), ("style", "text-align:right")}
)
_MISTUNE_PLUGINS = (
    *("strikethrough", "footnotes", "table", "url", "task_lists", "def_list", "abbr"),
    *("mark", "insert", "superscript", "subscript", "math", "ruby", "spoiler"),
)
_PARSER = MarkdownIt("gfm-like", {"html": True, "linkify": True})
assert _PARSER.linkify is not None
_PARSER.linkify.set({"fuzzy_link": True, "fuzzy_email": True, "fuzzy_ip": True})
_MISTUNE = mistune.create_markdown(escape=False, plugins=list(_MISTUNE_PLUGINS))

REFERENCES = {
    "mention": r"@\w",
    "issue": r"#\d|(?i:\bGH-\d)|[\w.-]+/[\w.-]+[#!@]\w",
    "issue of Jira or YouTrack": r"(?<!\w)[A-Za-z][A-Za-z0-9_]*-\d",
    "merge request, snippet, milestone, epic, label, alert": r"(?<!\w)[!$%&~^][\"\w]",
    "commit": r"(?<![0-9A-Za-z])[0-9a-fA-F]{7,64}(?![0-9A-Za-z])",
    "revision": r"(?<!\w)r\d+(?!\w)",
    "Redmine": r"(?:attachment|document|version|forum|news|message|project|commit|source|export|user)[:#@]\S",
    "wiki page": r"\[\[|\{\{|\[TOC\]|\[\w+:",
    "Bugzilla": r"(?i)\b(?:bug|comment|attachment)\s*#?\s*\d",
    "link": r"(?i)\w+://|\bwww\.|\b(?:mailto|xmpp|javascript|data|tel|ftp):\S",
    "emoji": r":[+\w-]+:",
    "formula": r"\$",
}


def rendered(markdown: str) -> dict[str, str]:
    """The page that each program makes of it, raw HTML let through."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    page = _MISTUNE(markdown)
    assert isinstance(page, str)
    return {
        "cmark-gfm": cmarkgfm.github_flavored_markdown_to_html(markdown, options),
        "mistune": page,
        "markdown-it": _PARSER.render(markdown),
    }


def live_in(markdown: str) -> list[str]:
    """Whatever would be more than text in it: elements and attributes that no report of ours has, and
    references outside of code."""
    result = [f"source: {text}" for text in _called_by_marks(markdown)]
    for program, page in rendered(markdown).items():
        reader = _Page()
        reader.feed(page)
        reader.close()
        result += [f"{program}: {item}" for item in reader.problems]
        for text in reader.texts():
            result += [
                f"{program}: {kind} {hit[0]!r} in {text[:60]!r}"
                for kind, pattern in REFERENCES.items()
                for hit in re.finditer(pattern, text)
            ]
    return result


class _Page(HTMLParser):
    """Collects elements that are not ours, and the text that stands outside of code."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self._code = 0
        self._pieces: list[str] = []

    def texts(self) -> Iterator[str]:
        return (text for text in "".join(self._pieces).split("\0") if text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag in {"code", "pre"}
        self._pieces.append("\0")
        if tag not in OWN_TAGS:
            self.problems.append(f"<{tag}>")
        self.problems += [
            f"<{tag} {name}={value}>" for name, value in attrs if (name, value) not in OWN_ATTRIBUTES
        ]

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in {"code", "pre"}
        self._pieces.append("\0")

    def handle_data(self, data: str) -> None:
        if self._code == 0:
            self._pieces.append(data)

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.problems.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.problems.append(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        self.problems.append(f"<![{data}]>")


# As Redmine does before it notifies: blocks by three marks, then spans by one
_BLOCK_BY_MARKS = re.compile(r"(~~~|```)(.*?)(~~~|```)", re.DOTALL)
_SPAN_BY_MARKS = re.compile(r"`(.*?)`", re.DOTALL)
# `[~name]` of Jira's own markup, and what ends its only literal block; commands of bots and quick actions
# stand at the beginning of a line
_ANYWHERE = re.compile(r"\[~\w|\{noformat|^/[a-z]", re.MULTILINE)


def _called_by_marks(markdown: str) -> list[str]:
    bare = _SPAN_BY_MARKS.sub("", _BLOCK_BY_MARKS.sub("", markdown))
    return [*re.findall(r".{0,20}@\w.{0,20}", bare), *_ANYWHERE.findall(markdown)]

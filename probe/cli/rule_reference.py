"""The pages of docs/reference about rules: an index, one page for each rule file and one for each cause."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from probe.cli.catalogue import RuleEntry, rule_entries
from probe.cli.reference_text import anchor, literal, page, table
from probe.knowledge import rule_files
from probe.knowledge.causes import Cause, causes
from probe.model.steps import STEP_TITLES
from probe.model.verdict import Conduct, Side
from probe.report.markdown_text import markdown_code
from probe.report.words import decibans

_INDEX = "rules.md"
_SENTENCE_END = re.compile(r"(?<=\.) (?=[A-Z`])")


def rule_pages() -> dict[str, str]:
    """File name below docs/reference to content."""
    entries = tuple(rule_entries())
    files = tuple(dict.fromkeys(entry.file for entry in entries))
    return {
        _INDEX: page("Rules", _index(files, entries)),
        **{_page_of(file): page(f"Rules of {literal(file)}", _of_file(file, entries)) for file in files},
        **{_page_of_cause(cause): _cause_page(cause, entries) for cause in causes().values()},
    }


def _page_of(file: str) -> str:
    """The page of a rule file, which is named by its path below probe/knowledge."""
    return f"rules/{PurePosixPath(file).with_suffix('.md')}"


def _page_of_cause(cause: Cause) -> str:
    return f"causes/{cause.id}.md"


def _link(text: str, target: str, here: str) -> str:
    """A link from one page to another; both below docs/reference."""
    return f"[{literal(text)}]({os.path.relpath(target, PurePosixPath(here).parent)})"


# -- the index --------------------------------------------------------------------------------------


def _index(files: Iterable[str], entries: tuple[RuleEntry, ...]) -> Iterator[str]:
    yield (
        "What is read out of a reply or a fact, and how much it weighs for and against each cause. Weights "
        "are in decibans: +10 makes a cause ten times likelier. `smtp-probe rules ID` prints one rule, "
        "`smtp-probe rules` lists all."
    )
    yield "## By cause"
    yield "A rule that speaks for several causes is counted with each."
    yield table(
        ("cause", "meaning", "rules for it", "rules against it"),
        (
            (
                _link(cause.id, _page_of_cause(cause), _INDEX),
                literal(cause.title),
                str(len(_rules_for(cause, entries, 1))),
                str(len(_rules_for(cause, entries, -1))),
            )
            for cause in causes().values()
        ),
    )
    yield "## By file"
    yield table(
        ("file", "what it holds", "rules"),
        (
            (
                _link(file, _page_of(file), _INDEX),
                literal(_SENTENCE_END.split(_about(file))[0]),
                str(sum(entry.file == file for entry in entries)),
            )
            for file in files
        ),
    )


def _about(file: str) -> str:
    """The description of a rule file: the first paragraph of its top comment, on one line."""
    lines: list[str] = []
    for line in (rule_files.HERE / file).read_text(encoding="utf-8").splitlines():
        text = line.removeprefix("#").strip()
        if not line.startswith("#") or not text:
            break
        lines.append(text)
    return " ".join(lines)


# -- one file ---------------------------------------------------------------------------------------


def _of_file(file: str, entries: Iterable[RuleEntry]) -> Iterator[str]:
    yield literal(_about(file))
    yield f"In the program: `probe/knowledge/{file}`. All rules: {_link('index', _INDEX, _page_of(file))}."
    for entry in entries:
        if entry.file != file:
            continue
        yield f"## {literal(entry.id)}"
        yield literal(entry.says)
        yield "\n".join(
            f"- {label}: {markdown_code(text) if label.startswith('matches') else literal(text)}"
            for label, text in entry.rows
        )


# -- one cause --------------------------------------------------------------------------------------


def _cause_page(cause: Cause, entries: tuple[RuleEntry, ...]) -> str:
    return page(literal(f"{cause.id}: {cause.title}"), _cause(cause, entries))


def _cause(cause: Cause, entries: tuple[RuleEntry, ...]) -> Iterator[str]:
    here = _page_of_cause(cause)
    yield literal(cause.meaning)
    yield "\n".join(f"- {label}: {literal(text)}" for label, text in _what_follows(cause))
    yield f"Weights are in decibans. All causes: {_link('index', _INDEX, here)}."
    for title, sign in (("Rules for it", 1), ("Rules against it", -1)):
        rules = _rules_for(cause, entries, sign)
        if rules:
            yield f"## {title}"
            yield table(
                ("weight", "rule", "it reads"),
                (
                    (decibans(entry.causes[cause.id]), _rule_link(entry, here), literal(entry.says))
                    for entry in rules
                ),
            )
    grounds = [entry for entry in entries if entry.final == cause.id]
    if grounds:
        yield "## Grounds of never trying again"
        yield "Where this is the cause, and only then, these say that the address can be given up."
        yield table(
            ("rule", "it reads"), ((_rule_link(entry, here), literal(entry.says)) for entry in grounds)
        )


def _what_follows(cause: Cause) -> Iterator[tuple[str, str]]:
    yield "family", cause.family
    yield "after a 4yz", _conduct(cause.transient)
    yield "after a 5yz", _conduct(cause.permanent)
    yield "what to do", cause.action
    for stage, action in cause.actions.items():
        yield f"what to do after a refusal at {stage}", action
    if cause.refused:
        yield "what to do after a 5yz", cause.refused
    if cause.given_up:
        yield "what to do if the server tries it no more", cause.given_up
    for side, words in cause.by.items():
        for key, text in words.items():
            yield f"{key}, where the sender's {_SIDES[side]} decided", text
    yield "steps", ", ".join(f"{step} ({STEP_TITLES[step]})" for step in cause.steps)
    yield "source", cause.source


_SIDES = {Side.RELAY: "own relay", Side.OWN: "own mail server"}


def _conduct(conduct: Conduct) -> str:
    wait = f" (usually {conduct.retry_after} s)" if conduct.retry_after is not None else ""
    return f"who acts: {conduct.fix_by}; retry: {conduct.retry}{wait}"


def _rules_for(cause: Cause, entries: Iterable[RuleEntry], sign: int) -> list[RuleEntry]:
    """The rules that are evidence for a cause (sign 1) or against it (-1), the strongest first."""
    rules = [entry for entry in entries if entry.causes.get(cause.id, 0) * sign > 0]
    return sorted(rules, key=lambda entry: (-abs(entry.causes[cause.id]), entry.id))


def _rule_link(entry: RuleEntry, here: str) -> str:
    return _link(entry.id, f"{_page_of(entry.file)}#{anchor(entry.id)}", here)

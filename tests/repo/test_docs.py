"""The documents are true of the program: links, commands, options, exit codes, numbers, outputs."""

from __future__ import annotations

import ast
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer

import probe
from probe import settings
from probe.checks.catalogue import all_checks
from probe.cli import app, bounce, bulk, doctor, errors, explain, log, program_help
from probe.cli.catalogue import rule_entries
from probe.knowledge.causes import causes
from probe.knowledge.rules import all_rules
from probe.knowledge.severities import read_severities
from probe.model.evidence import Facet
from probe.model.verdict import ExitCode
from tests.repo import layers, picture
from tests.repo.documents import (
    ROOT,
    Made,
    blocks,
    made_outputs,
    name,
    output_of,
    pages,
    prose,
    slug,
    steady,
    with_made_tables,
)

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
SHELLS = {"", "sh"}
# Options of other programs that a document may name in running text.
FOREIGN = {"--strict", "--apt"}
# Named in the changelog as what is not there yet; when one comes to be, its line there is wrong.
NOT_YET_COMMANDS = {"history", "diff", "watch", "serve", "mcp"}
NOT_YET_OPTIONS = {("check", "--from")}

each_page = pytest.mark.parametrize("page", pages(), ids=name)


# -- links and paths ------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    return {
        slug(line.lstrip("#"))
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("#")
    }


@each_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    wrong = []
    for link in LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


@each_page
def test_every_path_of_the_repository_that_is_named_is_there(page: Path) -> None:
    named = {word for code in CODE.findall(prose(page)) for word in code.split()}
    paths = {word for word in named if re.fullmatch(r"(?:probe|tests|docs|fixtures|\.ci)/[\w/.*-]+", word)}
    assert [path for path in sorted(paths) if not list(ROOT.glob(path.rstrip("/")))] == []


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        links = (
            link.partition("#")[0] for link in LINK.findall(prose(page)) if not re.match(r"[a-z]+:", link)
        )
        waiting += [(page.parent / link).resolve() for link in links if link]
    assert [name(page) for page in pages() if page not in reached] == []


# -- commands and options -------------------------------------------------------------------------


@cache
def options() -> dict[str, set[str]]:
    """Every command of the program with every spelling of its options."""
    program: Any = typer.main.get_command(app.build())
    entries = {
        command: {spelling for param in entry.params for spelling in (*param.opts, *param.secondary_opts)}
        | {"-h", "--help"}
        for command, entry in program.commands.items()
    }
    entries[""] = {spelling for param in program.params for spelling in param.opts}
    for command, module in {
        "explain": explain,
        "bounce": bounce,
        "bulk": bulk,
        "doctor": doctor,
        "log": log,
    }.items():  # read by argparse
        actions = module.parser()._actions
        entries[command] = {spelling for action in actions for spelling in action.option_strings}
    return entries


def shell_commands(text: str) -> Iterator[list[str]]:
    """The words of each `smtp-probe` command in shell text, up to a pipe, `;` or a redirection."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
        for place, word in enumerate(words):
            begins = place == 0 or re.fullmatch(r"[|&;()]+", words[place - 1])
            if begins and word.rpartition("/")[2] == "smtp-probe":
                rest = words[place + 1 :]
                end = next((at for at, w in enumerate(rest) if re.fullmatch(r"[|&;<>()]+", w)), len(rest))
                yield rest[:end]


def written_commands() -> Iterator[tuple[str, list[str]]]:
    for block in blocks():
        if block.language in SHELLS:
            yield from ((name(block.page), words) for words in shell_commands(block.text))
    for page in pages():
        for code in CODE.findall(prose(page)):
            if code.startswith("smtp-probe "):
                yield name(page), shlex.split(code)[1:]


def test_every_command_that_is_shown_exists_with_its_options() -> None:
    wrong = []
    count = 0
    for page, words in written_commands():
        count += 1
        command = words[0] if words[0][0] != "-" else ""
        spellings = {word.partition("=")[0] for word in words if re.match(r"-{1,2}[A-Za-z0-9]", word)}
        if command not in options() or spellings - options()[command]:
            wrong.append(f"{page}: smtp-probe {' '.join(words)}")
    assert wrong == []
    assert count > 40


@each_page
def test_every_option_in_running_text_exists(page: Path) -> None:
    entries = set().union(*options().values()) | FOREIGN
    if page.name == "changelog.md":
        entries |= {option for _, option in NOT_YET_OPTIONS}
    named = {
        word for code in CODE.findall(prose(page)) for word in re.findall(r"(?<!\S)--[a-z][a-z0-9-]*", code)
    }
    assert named - entries == set()


def test_every_command_is_shown_somewhere() -> None:
    assert options().keys() - {words[0] for _, words in written_commands()} - {""} == set()


def test_the_reference_names_only_commands_that_exist() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "docs/reference").rglob("*.md")]
    named = {word for text in texts for word in re.findall(r"\bsmtp-probe ([a-z]+)\b", text)}
    assert "check" in named
    assert named - options().keys() - {"report"} == set()


def test_what_the_changelog_says_is_not_there_yet_is_not_there() -> None:
    missing = (ROOT / "docs/changelog.md").read_text(encoding="utf-8").partition("### Not there yet")[2]
    named = NOT_YET_COMMANDS | {option for _, option in NOT_YET_OPTIONS}
    assert all(f"`{word}`" in missing for word in named)
    assert not NOT_YET_COMMANDS & options().keys()
    assert not [option for command, option in NOT_YET_OPTIONS if option in options()[command]]


def test_every_check_and_rule_that_is_shown_exists() -> None:
    entries = {
        "checks": {check.ID for check in all_checks()},
        "rules": {entry.id for entry in rule_entries()},
    }
    # a word is looked for: it stands in the sentence of a rule
    entries["rules"] |= {word for entry in rule_entries() for word in entry.says.split() if word.isalpha()}
    reference = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    lines = [line for line in reference.splitlines() if line.strip().startswith("smtp-probe ")]
    examples = [words for line in lines for words in shell_commands(line)]
    output = [*(words for _, words in written_commands()), *examples]
    assert ["rules", "text.mailbox-full"] in output
    questions = [(words[0], words[1]) for words in output if words[0] in entries and len(words) > 1]
    assert questions
    assert [(kind, ident) for kind, ident in questions if ident not in entries[kind] | {"ID"}] == []


def test_every_scenario_that_is_shown_exists() -> None:
    from probe.lab.scenario import identities

    named = {words[1] for _, words in written_commands() if words[0] == "demo" and len(words) > 1}
    named -= options()["demo"]
    assert named
    assert named <= set(identities())


# -- the readme -----------------------------------------------------------------------------------


def test_the_readme_has_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/smtp-probe demo\n" in readme
    assert "python3 tests/check.py\n" in readme
    assert (ROOT / "tests/check.py").is_file()


def exit_table(page: str) -> dict[int, str]:
    rows = re.findall(r"^\| (\d+) \| (.+?) \|$", (ROOT / page).read_text(encoding="utf-8"), re.M)
    return {int(code): meaning for code, meaning in rows}


def implemented_codes() -> set[int]:
    return {*ExitCode, errors.EXIT_INTERNAL}


def test_the_exit_codes_are_those_of_the_program() -> None:
    assert exit_table("README.md").keys() == implemented_codes()
    assert exit_table("docs/how-to/runbook.md").keys() == implemented_codes()


def test_the_exit_codes_mean_what_the_help_says() -> None:
    helped = {int(code): text for code, text in re.findall(r"^ +(\d+) +(.+)$", program_help.EPILOG, re.M)}
    table = exit_table("README.md")
    heads = {code: re.split(r"[,:]", text)[0] for code, text in helped.items()}
    assert {code: meaning for code, meaning in table.items() if not meaning.startswith(heads[code])} == {}


# -- numbers, names, examples ---------------------------------------------------------------------


def test_quoted_settings_are_those_of_the_code() -> None:
    page = (ROOT / "docs/explanation/what-is-never-sent.md").read_text(encoding="utf-8")
    caps, waits = page.split("\n## Waits")
    row = re.compile(r"^\| `(\w+)` \| ([\d.]+) \|", re.M)
    quoted = {word: float(value) for word, value in row.findall(caps)}
    assert quoted
    assert quoted == {word: float(getattr(settings, word)) for word in quoted}
    stages = {field.name: float(getattr(settings.SMTP, field.name)) for field in fields(settings.SMTP)}
    assert {word: float(value) for word, value in row.findall(waits)} == stages


def python_blocks() -> list[str]:
    return [block.text for block in blocks() if block.language == "python"]


def test_python_examples_use_only_the_public_api() -> None:
    named = set()
    for text in python_blocks():
        compile(text, "example", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)  # as in a notebook
        named |= set(re.findall(r"\bprobe\.(\w+)", text))
    assert {"check", "explain", "replay"} <= named
    assert named <= set(probe.__all__)


def test_the_offline_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = (text for text in python_blocks() if "probe.explain(" in text)
    exec(example, {})
    assert "greylisted stated later" in capsys.readouterr().out


def test_the_option_fields_named_for_python_are_those_of_options() -> None:
    page = (ROOT / "docs/how-to/python.md").read_text(encoding="utf-8")
    listed = page.partition("The fields are those of the command line:")[2].partition(". Times")[0]
    assert set(CODE.findall(listed)) == {field.name for field in fields(probe.Options)}


def test_the_example_of_a_rule_is_one() -> None:
    (text,) = (it.text for it in blocks() if it.language == "toml" and "[[rule]]" in it.text)
    (rule,) = tomllib.loads(text)["rule"]
    conditions = set().union(*(entry.conditions for entry in all_rules()))
    assert (
        rule.keys() <= {"id", "says", "facet", "causes", "source", "date", "examples", "counter"} | conditions
    )
    assert Facet(rule["facet"])
    assert rule["causes"].keys() <= causes().keys()
    assert all(phrase in example for phrase in rule["phrases"] for example in rule["examples"])


def test_the_example_of_severities_can_be_used() -> None:
    (text,) = (it.text for it in blocks() if it.language == "toml" and "[[rule]]" not in it.text)
    assert read_severities(text)


@pytest.mark.parametrize("items", made_outputs(), ids=lambda items: f"{name(items.page)}: {items.command}")
def test_shown_outputs_are_what_the_command_prints(items: Made) -> None:
    assert steady(items.output) == steady(output_of(items.command, items.part)), (
        "run: python -m tests.repo.documents"
    )


@each_page
def test_made_tables_are_what_they_are_made_from(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert with_made_tables(text) == text, "run: python -m tests.repo.documents"


def test_the_architecture_has_every_layer() -> None:
    page = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
    assert layers.table() in page


PLACE = re.compile(r"((?:`\w+`(?:, | and )?)+) (?:in|of) `(probe/[\w/]+\.py)`")


def test_the_architecture_says_where_each_thing_is_decided() -> None:
    page = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
    section = page.partition("## Where is it decided?")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| ([A-Z].+\?) \| (.+) \|$", section, re.M))
    for words in ("stage", "finding's words", "exit code 5", "log format", "report format"):
        assert len([question for question in rows if words in question]) == 1, words
    assert [question for question, answer in rows.items() if "`probe/" not in answer] == []
    missing = []
    for names, path in PLACE.findall(section):
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        defined = {it.id for node in ast.walk(tree) for it in ast.walk(node) if isinstance(it, ast.Name)}
        defined |= {it.name for it in tree.body if isinstance(it, ast.FunctionDef | ast.ClassDef)}
        missing += [f"{path}: {word}" for word in CODE.findall(names) if word not in defined]
    assert missing == []
    assert len(PLACE.findall(section)) >= 10


def test_every_term_says_where_it_lives() -> None:
    page = (ROOT / "docs/explanation/terms.md").read_text(encoding="utf-8")
    terms = dict(re.findall(r"^## (.+)\n\n((?:.+\n)+)", page, re.M))
    assert len(terms) == 25
    assert [term for term, text in terms.items() if "`probe/" not in text] == []
    # two sentences each, and the places behind them
    texts = {term: re.split(r"`probe/", text)[0] for term, text in terms.items()}
    assert {
        term: count for term, text in texts.items() if (count := text.count(". ") + text.count(".\n")) != 2
    } == {}


def test_record_replay_and_redact_do_what_their_page_says(tmp_path: Path) -> None:
    def report(*words: str) -> Any:
        output = json.loads(output_of(shlex.join(["smtp-probe", *words, "--format", "json"])))
        return {key: output["verdict"][key] for key in ("outcome", "stage", "cause", "band", "exit_code")}

    rest, shared = str(tmp_path / "run.jsonl"), str(tmp_path / "shareable.jsonl")
    live = report("demo", "unknown-user", "--record", rest)
    assert Path(rest).stat().st_mode & 0o777 == 0o600
    assert report("replay", rest) == live
    output_of(shlex.join(["smtp-probe", "redact", rest, "-o", shared]))
    assert report("replay", shared) == live
    assert b"recipient.example" not in Path(shared).read_bytes()


def test_the_readme_shows_a_real_output() -> None:
    assert ROOT / "README.md" in {items.page for items in made_outputs()}


def test_the_picture_is_of_a_true_output() -> None:
    text = picture.PAGE.read_text(encoding="utf-8")
    assert steady(text) == steady(picture.drawn(picture.screen())), "run: python -m tests.repo.documents"
    root = ElementTree.fromstring(text)
    rows = ["".join(row.itertext()) for row in root.iter("{http://www.w3.org/2000/svg}text")]
    assert rows[0] == f"$ {picture.COMMAND}"
    assert max(map(len, rows)) <= picture.COLUMNS
    assert "\x1b" not in text
    assert "<script" not in text and "href" not in text


def test_a_style_of_the_terminal_is_a_class_of_the_picture_and_text_is_escaped() -> None:
    drawn = picture.drawn("\x1b[1;31mNO\x1b[0m <b> & \x1b[2mdim\n")
    assert '<tspan class="b r">NO</tspan> &lt;b&gt; &amp; <tspan class="d">dim</tspan>' in drawn


# -- JSON of the offline commands -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("read-bounces", ("bounce", "fixtures/bounces/postfix-delay.eml", "--format", "jsonl")),
        (
            "read-logs",
            ("log", "fixtures/logs/exim-plain.log", "--queue-id", "1xXUpq-00000F-29", "--format", "jsonl"),
        ),
        ("read-replies", ("explain", "450 4.2.0 Greylisted", "--format", "jsonl")),
        (
            "read-replies",
            ("explain", "Nov 28 20:25:15 mail postfix/qmgr[8]: 4B2A91: removed", "--format", "jsonl"),
        ),
    ],
)
def test_every_key_of_a_json_line_is_explained(page: str, words: tuple[str, ...]) -> None:
    keys = json.loads(output_of(f"smtp-probe {shlex.join(words)}")).keys()
    named = set(CODE.findall(prose(ROOT / f"docs/how-to/{page}.md")))
    assert keys - named - {"id"} == set()

"""The tree stays readable: sizes, names, and nothing that belongs to somebody's machine."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES = 450
FUNCTION_LINES = 80
FILE_SIZE = 1_000_000
# setuptools calls it by this name
GIVEN_NAMES = {"setup.py: get_outputs"}
# The door of the command line: whatever comes through it is a bug, told in one line (exit code 70); and the
# one place that spares a rule that fails, told as a finding.
LAST_RESORTS = {"probe/cli/main.py", "probe/cli/reply_worker.py", "probe/model/fault.py"}
VAGUE = re.compile(r"(^|_)(utils?|helpers?|manager|misc|common)(_|$)")
# Words for what was done, which name no value
NO_VALUE = frozenset(
    (
        *("told", "said", "seen", "asked", "given", "found", "done", "made", "shown", "known", "kept", "met"),
        *("heard", "spoken", "meant", "around", "smells", "guest", "welcome", "spared", "watched"),
    )
)
# Participles on "-ed" that stand alone as a name in probe/: what a state is called in the field, in the JSON
# of a report, in a recording or in a TOML table; and methods and findings that are called by what happened
STATES = frozenset(
    (
        *("accepted", "added", "aligned", "answered", "authenticated", "believed", "blemished", "bounced"),
        *("checked", "coded", "confirmed", "connected", "cured", "dashed", "deferred", "delivered"),
        *("desynchronised", "discarded", "disguised", "dotted", "dropped", "encrypted", "ended", "enhanced"),
        *(
            "escaped",
            "established",
            "expected",
            "expired",
            "extended",
            "failed",
            "folded",
            "framed",
            "joined",
        ),
        *(
            "listed",
            "matched",
            "misnamed",
            "named",
            "malformed",
            "numbered",
            "offered",
            "outdated",
            "packed",
            "padded",
            "parked",
            "passed",
        ),
        *(
            "preferred",
            "published",
            "quarantined",
            "queued",
            "quoted",
            "received",
            "redacted",
            "refused",
            "registered",
        ),
        *(
            "relaxed",
            "removed",
            "repaired",
            "repeated",
            "replied",
            "reported",
            "resolved",
            "routed",
            "secured",
            "shared",
        ),
        *("signed", "spelled", "started", "synthesised", "tripled", "truncated", "trusted", "unanswered"),
        *("unasked", "uncovered", "undated", "undecided", "unparsed", "untouched", "unverified", "unwanted"),
        *("worded", "wrapped"),
    )
)

PARTICIPLE = re.compile(r"[a-z]+ed")
NO_PARTICIPLES = frozenset({"exceed", "feed", "heed", "indeed", "need", "red", "seed", "speed"})
FOREIGN_PATHS = re.compile(r"(?<![\w.])/(?:work|farm|home|Users)/\w|\.\./shared\b")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
BINARY = {".eml", ".pem", ".der", ".gz", ".png"}


def tracked() -> list[Path]:
    """Every file under version control that is still there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = [name for name in listed.stdout.decode().split("\0") if name]
    if not names:  # a source distribution has no history
        pytest.skip("not a git checkout")
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def modules() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py"]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_module_is_too_long_to_read() -> None:
    long = {name(path): path.read_text(encoding="utf-8").count("\n") for path in modules()}
    assert {path: lines for path, lines in long.items() if lines > MODULE_LINES} == {}


def test_no_function_is_too_long_to_read() -> None:
    long = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    long.append(f"{name(path)}:{node.lineno} {node.name} {lines}")
    assert long == []


def test_names_say_what_a_thing_is() -> None:
    vague = []
    for path in modules():
        if VAGUE.search(path.stem):
            vague.append(name(path))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and re.search(r"(?:Manager|Helper|Utils?)$", node.name):
                vague.append(f"{name(path)}: {node.name}")
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
                ("get_", "do_")
            ):
                vague.append(f"{name(path)}: {node.name}")
    assert set(vague) - GIVEN_NAMES == set()


def _bindings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of each variable, parameter and attribute, without leading underscores."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.lineno, node.arg.lstrip("_")
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id.lstrip("_")
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr.lstrip("_")


def _definitions(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The same, and each function."""
    yield from _bindings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name.lstrip("_")


def test_a_value_is_named_by_what_it_is() -> None:
    """A participle says what happened to a value, and not what it is: a reply, a match, names."""
    wrong = []
    for path in modules():
        if name(path).startswith(("probe/", "tests/")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names = [(line, it) for line, it in _bindings(tree) if it in NO_VALUE]
            wrong += [f"{name(path)}:{line} {it}" for line, it in names]
    assert wrong == []


def test_a_private_constant_is_named_by_what_it_is() -> None:
    """`_MOST_ERRORS` says what is counted, `_TOLD` does not. Public ones are members of a vocabulary, too."""
    wrong = []
    for path in modules():
        if name(path).startswith(("probe/", "tests/")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id.startswith("_"):
                    bare = node.id.lstrip("_")
                    if bare.isupper() and bare.lower() in NO_VALUE:
                        wrong.append(f"{name(path)}:{node.lineno} {node.id}")
    assert wrong == []


def test_a_participle_that_stands_alone_is_a_state_of_the_field() -> None:
    """A function is a verb in its base form, a noun or a predicate (is_, has_, was_); a value is a noun."""
    participles: dict[str, list[str]] = {}
    for path in modules():
        if name(path).startswith("probe/"):
            for line, it in _definitions(ast.parse(path.read_text(encoding="utf-8"))):
                if PARTICIPLE.fullmatch(it) and it not in NO_PARTICIPLES:
                    participles.setdefault(it, []).append(f"{name(path)}:{line}")
    assert {it: places for it, places in participles.items() if it not in STATES} == {}
    assert STATES - set(participles) == set(), "no longer a name: out of the list with it"


def test_a_name_is_seen_wherever_a_module_makes_it() -> None:
    source = "class A:\n  told: int = 0\ndef f(said, *seen):\n  a.kept = 1\n  for _found in seen: pass\n"
    assert {it for _, it in _bindings(ast.parse(source))} == {"told", "said", "seen", "kept", "found"}


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    wrong = []
    for path in tracked():
        if path.suffix in BINARY or path == Path(__file__).resolve():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        wrong += [f"{name(path)}: {match.group()}" for match in FOREIGN_PATHS.finditer(text)]
    assert wrong == []


def test_nothing_is_left_unfinished() -> None:
    wrong = [
        f"{name(path)}: {match.group()}"
        for path in modules()
        if path != Path(__file__).resolve()
        for match in UNFINISHED.finditer(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_no_large_or_generated_file_is_tracked() -> None:
    wrong = [
        name(path)
        for path in tracked()
        if path.stat().st_size > FILE_SIZE or path.suffix in (".pyc", ".whl") or "__pycache__" in path.parts
    ]
    assert wrong == []


def test_every_test_file_is_found_by_pytest() -> None:
    tests = [path for path in modules() if path.is_relative_to(ROOT / "tests")]
    lost = [
        name(path)
        for path in tests
        if not path.stem.startswith("test_")
        and any(
            isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            for node in ast.parse(path.read_text(encoding="utf-8")).body
        )
    ]
    assert lost == []


def test_every_exception_is_caught_only_as_a_last_resort() -> None:
    wrong = []
    for path in modules():
        if not path.is_relative_to(ROOT / "probe") or name(path) in LAST_RESORTS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type is not None else "everything"
                if caught in ("everything", "BaseException", "Exception"):
                    wrong.append(f"{name(path)}:{node.lineno} {caught}")
    assert wrong == []


def test_unit_tests_lie_where_the_code_lies() -> None:
    """tests/unit/PART/test_MODULE.py or test_MODULE_WHAT.py: PART is a folder of probe/, MODULE a module or
    folder in it, or PART itself."""
    strayed = []
    for path in (ROOT / "tests" / "unit").rglob("test_*.py"):
        part = ROOT / "probe" / path.parent.relative_to(ROOT / "tests" / "unit")
        about = path.stem.removeprefix("test_")
        names = {part.name, *(entry.stem for entry in part.glob("*"))}
        if not any(about == stem or about.startswith(f"{stem}_") for stem in names):
            strayed.append(name(path))
    assert strayed == []

"""The mutation tests: which faults are made, that their tables are right, and what a run of them says."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.operators import mutants
from tests.mutation.run import faults
from tests.mutation.table import Judged, judged, named

ROOT = Path(__file__).resolve().parents[2]


def made(source: str) -> set[str]:
    return {f"{it.before} -> {it.after}" for it in mutants(source)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b", {"a < b -> a <= b", "a < b -> a >= b"}),
        ("x = a >= b", {"a >= b -> a > b", "a >= b -> a < b"}),
        ("x = a == b", {"a == b -> a != b"}),
        ("x = a is None", {"a is None -> a is not None"}),
        ("x = a in b", {"a in b -> a not in b"}),
        ("LIMIT = 8", {"LIMIT = 8 -> LIMIT = 9", "LIMIT = 8 -> LIMIT = 7"}),
        ("LIMIT = 0", {"LIMIT = 0 -> LIMIT = 1", "LIMIT = 0 -> LIMIT = -1"}),
        ("x = y[-1]", {"y[-1] -> y[0]", "y[-1] -> y[-2]"}),
        ("x = a and b", {"a and b -> a or b", "a and b -> a", "a and b -> b"}),
        ("x = not a", {"x = not a -> x = a"}),
        ("x = True", {"x = True -> x = False"}),
        ("x = a + b", {"a + b -> a - b"}),
        ("x = min(a, b)", {"min(a, b) -> max(a, b)"}),
        ("x = sorted(a, key=f)", {"sorted(a, key=f) -> list(a)"}),
        ("x = (a, b)", {"(a, b) -> (b,)", "(a, b) -> (a,)"}),
        ("x = {'a': b}", {"{'a': b} -> {}"}),
        ("while a:\n    break", {"a -> not a", "break -> continue"}),
        ("f(a)", {"f(a) -> pass"}),
        ("x = [a for a in b if a]", {"a -> not a"}),
        (
            "x = max(a, key=lambda it: (-it.n, it.name))",
            {
                "max(a, key=lambda it: (-it.n, it.name)) -> min(a, key=lambda it: (-it.n, it.name))",
                "(-it.n, it.name) -> (it.name,)",
                "(-it.n, it.name) -> (-it.n,)",
                "(-it.n, it.name) -> (it.name, -it.n)",
                "(-it.n, it.name) -> (it.n, it.name)",
            },
        ),
        ("def f() -> str:\n    return 'a'", {"return 'a' -> return 'a!'"}),
        ("class E(StrEnum):\n    A = 'a'\n    B = 'b'\nx = f(E.A)", {"f(E.A) -> f(E.B)"}),
        # types, decorators, docstrings and imports are no faults
        ("from a import b\nx: tuple[int, str]\ny = dict[str, int]", set()),
        ('@d(1)\ndef f(a: X[1, 2] | None) -> Y[3]:\n    """A text."""', set()),
    ],
)
def test_the_faults_of_a_line(source: str, expected: set[str]) -> None:
    assert made(source) == expected


def test_every_fault_is_another_program_and_leaves_the_next_one_alone() -> None:
    module = judged()["probe.facts.deciding"]
    source = module.path.read_text(encoding="utf-8")
    result = list(mutants(source))
    plain = compile(ast.parse(source), "x", "exec", dont_inherit=True).co_code
    codes = {it.compiled("x") for it in result}
    assert len(codes) == len(result) > 100
    assert compile(result[0]._tree, "x", "exec", dont_inherit=True).co_code == plain


def test_faults_that_read_alike_are_told_apart() -> None:
    result = list(mutants("def f():\n    g(a)\n    g(a)\n"))
    assert [it.key for it in result] == [("f", "g(a)", "pass"), ("f", "g(a) [2]", "pass")]


@pytest.mark.parametrize("module", judged().values(), ids=judged())
def test_the_tables_name_what_is_there(module: Judged) -> None:
    assert module.missing() == []
    keys = {it.key for it in faults(module)}
    stale = [key for key in module.equivalent if key not in keys]
    assert stale == [], (
        "the code has changed: take these out of tests/mutation/equivalent.toml, or write them anew"
    )
    assert all(reason for reason in module.equivalent.values())


def test_a_module_is_named_by_its_last_part() -> None:
    assert [it.name for it in named(["scoring", "probe.facts.deciding"])] == [
        "probe.diagnosis.scoring",
        "probe.facts.deciding",
    ]
    assert [it.name for it in named([])] == list(judged())
    with pytest.raises(ValueError, match="nothing is no module of"):
        named(["nothing"])


def run(*arguments: str) -> tuple[int, str]:
    command = [sys.executable, *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    return result.returncode, result.stdout + result.stderr


def test_a_run_says_how_many_faults_the_tests_noticed() -> None:
    before = (ROOT / "probe/standards/dmarc/tree_walk.py").read_bytes()
    code, text = run("-m", "tests.mutation", "tree_walk", "--in", "_one_label_below")
    assert code == 0, text
    assert re.match(r"probe\.standards\.dmarc\.tree_walk: (\d+) faults: \1 killed, 0 out of time", text), text
    assert (ROOT / "probe/standards/dmarc/tree_walk.py").read_bytes() == before


WEAK = """
import sys
from tests.mutation.run import UnfitTestsError, faults, run
from tests.mutation.table import Judged
module = Judged("probe.standards.dmarc.tree_walk", tuple(sys.argv[1:]), {})
chosen = [it for it in faults(module) if it.place == "walk_names"]
try:
    print(*(fate for _, fate in run(module, chosen, 2)))
except UnfitTestsError as error:
    print(error)
"""


def test_a_fault_that_no_test_notices_has_survived() -> None:
    _, text = run("-c", WEAK, "tests/unit/standards/dmarc/test_alignment.py")
    assert set(text.split()) == {"killed", "survived"}


def test_tests_that_do_not_bear_on_the_module_are_said_to_be_none() -> None:
    _, text = run("-c", WEAK, "tests/unit/standards/dns/test_names.py")
    assert text.startswith(
        "none of tests/unit/standards/dns/test_names.py imports probe.standards.dmarc.tree_walk"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing",), "nothing is no module of tests/mutation/modules.toml"),
        (("scoring", "--jobs", "many"), "invalid int value: 'many'"),
        (("scoring", "--jobs", "0"), "--jobs: at least 1"),
        (("scoring", "--in", "nowhere"), "no fault in a place that contains nowhere"),
    ],
)
def test_wrong_use_is_one_clear_line(arguments: tuple[str, ...], words: str) -> None:
    code, text = run("-m", "tests.mutation", *arguments)
    assert code == 2
    assert words in text
    assert "Traceback" not in text


def test_the_faults_can_be_listed_without_a_run() -> None:
    code, text = run("-m", "tests.mutation", "--list", "--in", "gravity", "listings")
    assert code == 0
    assert text.splitlines()[0].startswith("probe/checks/judging/listings.py:")
    assert "    + " in text

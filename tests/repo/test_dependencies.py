"""What the program is built on: floors above known faults, no interpreter of data as code, no log."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import tomllib
from importlib.metadata import requires, version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "probe").rglob("*.py"))

# The first release without the fault, and the fault
FLOORS = {
    "aiosmtplib": ("5.1.3", "takes CR and LF in commands; holds whatever a server sends"),
    "dnspython": ("2.6.1", "CVE-2023-29483"),
    "idna": ("3.7", "CVE-2024-3651"),
    "h11": ("0.16", "CVE-2025-43859"),
    "certifi": ("2024.7.4", "CVE-2024-39689"),
    "cryptography": ("46.0.5", "CVE-2026-26007, CVE-2024-12797"),
    "pynacl": ("1.6.2", "CVE-2025-69277"),
    "typer": ("0.15.4", "takes a click with which every --help fails"),
}
# Modules that run programs, or make objects of data; and one that writes what it is told to
FORBIDDEN = {
    *("subprocess", "multiprocessing", "pty", "commands", "ctypes", "code", "codeop", "runpy"),
    *("pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "yaml", "dbm", "copyreg"),
    *("xml", "xmlrpc", "zipfile", "tarfile", "gzip", "bz2", "lzma", "zlib", "webbrowser", "syslog"),
}
# Archives of logs are unpacked there, in pieces of a bounded size
ALLOWED = {
    "probe/reading/log/octets.py": {"bz2", "lzma", "zlib"},
    "probe/cli/pager.py": {"subprocess"},  # the user's own $PAGER, without a shell, only where --pager asks
    "probe/cli/reply_pool.py": {"subprocess"},  # this interpreter again, without a shell, only for --jobs
    "probe/net/running_tool.py": {"subprocess"},  # read-only tools, by path, no shell
    "probe/net/opinion_process.py": {"subprocess"},  # this interpreter, with this program's own module
}
CALLS = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
# the source is made of numbers of fields
ALLOWED_CALLS = {"probe/_dataclass.py": {"exec"}, "probe/_named_tuple.py": {"exec"}}
OS_CALLS = ("system", "popen", "exec", "spawn", "posix_spawn", "fork", "startfile")


def _release(text: str) -> tuple[int, ...]:
    numbers = [int(part) for part in text.split(".") if part.isdigit()]
    return (*numbers, *[0] * (6 - len(numbers)))  # 2.7 is 2.7.0


def _declared() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    rows = (row.partition(">=") for row in project["dependencies"])
    return {name: floor.partition(",")[0] for name, _, floor in rows}


@pytest.mark.parametrize("name", FLOORS)
def test_a_known_fault_is_below_the_floor(name: str) -> None:
    floor, fault = FLOORS[name]
    assert _release(_declared()[name]) >= _release(floor), fault
    assert _release(version(name)) >= _release(floor), fault


def test_every_dependency_has_a_floor() -> None:
    assert all(_declared().values())


_NEED = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*\(?>=([0-9.]+)")


@pytest.mark.parametrize("name", _declared())
def test_a_floor_is_not_below_what_another_dependency_needs(name: str) -> None:
    """Else the lowest version that is promised to do could never be installed."""
    floors = {entries.lower(): floor for entries, floor in _declared().items()}
    for row in requires(name) or ():
        match = None if "extra ==" in row else _NEED.match(row)
        if match is not None and match[1].lower() in floors:
            assert _release(floors[match[1].lower()]) >= _release(match[2]), row


def test_the_check_of_floors_pins_every_one() -> None:
    path = ROOT / "tests" / "check.py"
    spec = importlib.util.spec_from_file_location("check", path)
    assert spec is not None and spec.loader is not None
    check = importlib.util.module_from_spec(spec)
    sys.modules["check"] = check  # its dataclasses look for it there
    spec.loader.exec_module(check)
    pins = check.floors((ROOT / "pyproject.toml").read_text("utf-8"))
    assert pins == [f"{name}=={floor}" for name, floor in _declared().items()]
    assert "typer==0.15.4" in pins


def _modules_of(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return {node.module.partition(".")[0]}
    return set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_turns_data_into_code_or_starts_a_program(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    forbidden = FORBIDDEN - ALLOWED.get(name, set())
    calls = CALLS - ALLOWED_CALLS.get(name, set())
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        assert not _modules_of(node) & forbidden, ast.dump(node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in calls, f"line {node.lineno}"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            assert not node.attr.startswith(OS_CALLS), f"line {node.lineno}"


# what is cheap to define is in these modules; the standard library would take its fields for none
CHEAP = {
    "dataclasses": {*("MISSING", "Field", "dataclass", "field", "fields", "is_dataclass", "replace")},
    "enum": {"StrEnum"},
    "typing": {"NamedTuple"},
}


def test_classes_are_made_the_cheap_way() -> None:
    wrong = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = {it.name for it in node.names} & CHEAP.get(node.module or "", set())
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                names = {node.attr} & CHEAP.get(node.value.id, set()) - {"fields"}
            else:
                continue
            if names and path.name not in ("_dataclass.py", "_enum.py", "_named_tuple.py"):
                wrong.append(f"{path.relative_to(ROOT).as_posix()}:{node.lineno}")
    assert wrong == [], "take it from probe._dataclass, probe._enum or probe._named_tuple (docs/adr/0021)"


def test_only_the_silencer_of_a_library_knows_of_logging() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if "logging" in _modules_of(node)
    }
    assert users <= {"probe/net/checkdmarc_records.py"}

"""Imports go one way: the pure layers never see a socket, and the network side never interprets."""

from __future__ import annotations

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.repo.layers import LAYERS, OPEN_TO_ALL, PACKAGE, Layer

NETWORK_SIDE = {"net", "collect"}
READING_SIDE = {"facts", "checks", "diagnosis", "report"}
IMPURE = {
    "socket",
    "asyncio",
    "ssl",
    "time",
    "random",
    "secrets",
    "subprocess",
    "threading",
    "http",
    "urllib.request",
}
NETWORK_LIBRARIES = {"aiosmtplib", "checkdmarc", "httpx", "h11"}
_MODULE = re.compile(r"probe(?:\.[a-z_0-9]+)+")


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _of_the_program(names: set[str]) -> set[str]:
    """The parts of probe/ among imported names."""
    return {name.split(".")[1] for name in names if name.startswith("probe.")}


each_layer = pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)


def test_every_part_of_the_program_is_a_layer() -> None:
    folders = {path.parent.name for path in PACKAGE.glob("*/*.py")}
    modules = {path.stem for path in PACKAGE.glob("*.py")}
    assert sorted(layer.name for layer in LAYERS) == sorted(folders | modules)


def test_no_modules_import_each_other_in_a_circle() -> None:
    modules = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }
    imported = {
        # a folder is loaded before each module in it, whatever its __init__ imports
        module: {name for name in _imports(path) & modules.keys() if not f"{module}.".startswith(f"{name}.")}
        for module, path in modules.items()
    }
    TopologicalSorter(imported).prepare()  # raises CycleError, which names the circle


def test_no_arrow_leads_back_up() -> None:
    lines: set[str] = set()
    for layer in LAYERS:
        assert set(layer.below) <= lines, layer.name
        lines.add(layer.name)


@each_layer
def test_a_layer_imports_only_what_lies_below_it(layer: Layer) -> None:
    allowed = {*layer.below, layer.name, *OPEN_TO_ALL}
    wrong = [
        f"{path.relative_to(PACKAGE)}: probe.{part}"
        for path in layer.files
        for part in _of_the_program(_imports(path)) - allowed
    ]
    assert wrong == []


def test_a_layer_names_no_module_above_it_in_a_string() -> None:
    above = {
        (path.relative_to(PACKAGE).as_posix(), node.value)
        for layer in LAYERS
        for path in layer.files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _MODULE.fullmatch(node.value)
        if node.value.split(".")[1] not in {*layer.below, layer.name, *OPEN_TO_ALL}
    }
    # a report gives itself as text: `report.to_text()`, a method of the contract
    writers = {"probe.report.formats", "probe.report.style"}
    assert above == {("model/presented.py", name) for name in writers}


@pytest.mark.parametrize("layer", [layer for layer in LAYERS if layer.is_pure], ids=lambda layer: layer.name)
def test_a_pure_layer_has_no_sockets_clocks_or_randomness(layer: Layer) -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in layer.files
        for name in _imports(path)
        if name in IMPURE or name.split(".")[0] in NETWORK_LIBRARIES
    ]
    assert wrong == []


def test_a_pure_layer_imports_only_pure_ones() -> None:
    pure = {layer.name for layer in LAYERS if layer.is_pure}
    assert pure >= {"knowledge", "diagnosis", "report"}
    assert {
        layer.name: set(layer.below) - pure for layer in LAYERS if layer.is_pure and set(layer.below) - pure
    } == {}


def test_only_the_composition_sees_both_sides() -> None:
    both = [
        path.name
        for path in sorted(PACKAGE.glob("*.py"))
        if (parts := _of_the_program(_imports(path))) & NETWORK_SIDE and parts & READING_SIDE
    ]
    assert both == ["run.py"]


@each_layer
def test_a_layer_says_what_it_holds(layer: Layer) -> None:
    assert layer.holds.endswith("."), f"{layer.path} begins with no sentence of its own (a docstring)"
    assert "|" not in layer.holds

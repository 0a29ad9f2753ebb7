"""Imports go one way: the pure trunk never sees a socket, and the network side never interprets."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "probe"

# Each layer may import itself and what its row names; `settings` and `_version` are open to all.
TRUNK = {
    "model": set(),
    "standards": {"model"},
    "knowledge": {"model", "standards"},
    "reading": {"model", "standards", "knowledge"},
    "survey": {"model", "standards", "knowledge"},
    "recording": {"model", "standards", "knowledge"},
    "facts": {"model", "standards", "knowledge", "reading", "survey", "recording"},
    "checks": {"model", "standards", "knowledge", "reading", "recording", "facts"},
    "diagnosis": {"model", "standards", "knowledge", "reading", "recording", "facts", "checks"},
    "report": {"model", "standards", "knowledge", "reading", "diagnosis", "explanation", "bounce"},
}
BRANCH = {
    "net": {"model", "standards", "recording"},
    "collect": {"model", "standards", "knowledge", "reading", "survey", "recording", "net"},
}
LAYERS = TRUNK | BRANCH
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


def _files(layer: str) -> list[Path]:
    return sorted((PACKAGE / layer).rglob("*.py"))


@pytest.mark.parametrize("layer", sorted(LAYERS))
def test_a_layer_imports_only_what_lies_below_it(layer: str) -> None:
    allowed = LAYERS[layer] | {layer, "settings", "_version"}
    wrong = [
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in _files(layer)
        for name in _imports(path)
        if name.startswith("probe.") and name.split(".")[1] not in allowed
    ]
    assert _files(layer)
    assert wrong == []


@pytest.mark.parametrize("layer", sorted(TRUNK))
def test_the_trunk_has_no_sockets_clocks_or_randomness(layer: str) -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in _files(layer)
        for name in _imports(path)
        if name in IMPURE or name.split(".")[0] in NETWORK_LIBRARIES
    ]
    assert wrong == []


def test_only_the_composition_sees_both_trunks() -> None:
    both = []
    for path in sorted(PACKAGE.glob("*.py")):
        names = {name.split(".")[1] for name in _imports(path) if name.startswith("probe.")}
        if names & {"net", "collect"} and names & {"facts", "checks", "diagnosis", "report"}:
            both.append(path.name)
    assert both == ["run.py"]

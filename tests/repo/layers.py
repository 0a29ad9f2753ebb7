"""The parts of the program, from the bottom up, and which of the others each may import.

`test_layering.py` holds the program to this list. The table of docs/explanation/architecture.md is made from
it and from the first paragraph of each part's docstring: `python -m tests.repo.documents` writes it again.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "probe"
OPEN_TO_ALL = frozenset(
    {"_cache_file", "_dataclass", "_enum", "_named_tuple", "_regex", "_version", "settings"}
)


@dataclass(frozen=True, slots=True)
class Layer:
    """One folder or module of probe/.

    `below`: what it may import beside itself and what is open to all. `is_pure`: no socket, clock or
    randomness comes into it.
    """

    name: str
    below: tuple[str, ...] = ()
    is_pure: bool = False

    @property
    def path(self) -> Path:
        """The folder, or the file of a module."""
        folder = PACKAGE / self.name
        return folder if folder.is_dir() else PACKAGE / f"{self.name}.py"

    @property
    def files(self) -> list[Path]:
        """Every module of it."""
        return sorted(self.path.rglob("*.py")) if self.path.is_dir() else [self.path]

    @property
    def holds(self) -> str:
        """What it holds: the first paragraph of its docstring, on one line; empty where it has none."""
        home = self.path / "__init__.py" if self.path.is_dir() else self.path
        docstring = ast.get_docstring(ast.parse(home.read_text(encoding="utf-8"))) or ""
        return " ".join(docstring.split("\n\n")[0].split())


LAYERS = (
    Layer("_dataclass", is_pure=True),
    Layer("_enum", is_pure=True),
    Layer("_named_tuple", is_pure=True),
    Layer("_version", is_pure=True),
    Layer("_cache_file", is_pure=True),
    Layer("_regex", is_pure=True),
    Layer("settings", is_pure=True),
    Layer("model", is_pure=True),
    Layer("standards", ("model",), is_pure=True),
    Layer("knowledge", ("model", "standards"), is_pure=True),
    Layer("wording", ("model", "knowledge"), is_pure=True),
    Layer("reading", ("model", "standards", "knowledge"), is_pure=True),
    Layer("survey", ("model", "standards", "knowledge", "reading"), is_pure=True),
    Layer("recording", ("model", "standards", "knowledge"), is_pure=True),
    Layer("facts", ("model", "standards", "knowledge", "reading", "survey", "recording"), is_pure=True),
    Layer(
        "checks",
        ("model", "standards", "knowledge", "wording", "reading", "recording", "facts"),
        is_pure=True,
    ),
    Layer(
        "diagnosis",
        ("model", "standards", "knowledge", "wording", "reading", "recording", "facts", "checks"),
        is_pure=True,
    ),
    Layer("explanation", ("model", "knowledge", "reading", "diagnosis"), is_pure=True),
    Layer(
        "bounces",
        ("model", "standards", "knowledge", "wording", "reading", "diagnosis", "explanation"),
        is_pure=True,
    ),
    Layer(
        "maillog",
        ("model", "standards", "knowledge", "reading", "diagnosis", "explanation"),
        is_pure=True,
    ),
    Layer("bulk", ("model", "standards", "knowledge", "reading"), is_pure=True),
    Layer(
        "doctor",
        ("model", "standards", "knowledge", "wording", "reading", "survey", "recording", "facts"),
        is_pure=True,
    ),
    Layer(
        "report",
        (
            *("model", "standards", "knowledge", "wording", "reading", "diagnosis", "explanation", "bounces"),
            *("maillog", "bulk", "doctor"),
        ),
        is_pure=True,
    ),
    Layer("net", ("model", "standards", "recording")),
    Layer("world", ("model", "standards", "net")),
    Layer("collect", ("model", "standards", "knowledge", "reading", "survey", "recording", "net", "world")),
    Layer(
        "run",
        (
            *("model", "standards", "knowledge", "reading", "recording", "facts"),
            *("diagnosis", "doctor", "report", "net", "world", "collect"),
        ),
    ),
    Layer("lab", ("model", "standards", "knowledge", "survey", "world")),
    Layer("api", ("model", "recording", "explanation", "bounces", "net", "run")),
    Layer("__init__", ("model", "reading", "recording", "explanation", "bounces", "net", "api")),
    Layer(
        "cli",
        (
            *("model", "knowledge", "wording", "reading", "recording", "checks", "diagnosis"),
            *("explanation", "bounces", "maillog", "bulk", "doctor", "report", "net", "run", "lab"),
        ),
    ),
    Layer("__main__", ("cli",)),
)


def table() -> str:
    """The layers as a Markdown table, from the bottom up."""
    rows = ["| part | what it holds | may import | pure |", "|---|---|---|---|"]
    for layer in LAYERS:
        path = layer.path.relative_to(PACKAGE.parent).as_posix()
        pure = "yes" if layer.is_pure else ""
        rows.append(f"| `{path}` | {layer.holds} | {', '.join(layer.below)} | {pure} |")
    return "\n".join(rows) + "\n"

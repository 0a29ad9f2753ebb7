"""Finds sentences that the program carries as data: literals of several words where a value is made.

A value is made where a record (a dataclass, a named tuple, an event) is built or changed, where a list grows,
and where a function gives something back. Names of the same function, and calls of functions of the same
module, are followed one step. What is raised is for a person, and is left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_WORD = re.compile(r"[A-Za-z][A-Za-z']+")
_WORDS = 2  # and a space: less is a unit, or a name
# methods and functions that keep what they are given
_TAKES = frozenset({"append", "add", "unread", "recover", "recover_async", "recover_steps"})


@dataclass(frozen=True, slots=True)
class Found:
    """One literal: the file below probe/, the line, the function or class that holds it, and the text."""

    file: str
    line: int
    scope: str
    text: str


def sentences_in(source: str, file: str, records: frozenset[str]) -> list[Found]:
    """Those of one module, in their order. `records` are the names of classes whose fields are data."""
    module = ast.parse(source)
    result: list[Found] = []
    for scope, node in _scopes(module):
        names = _assignments(node)
        for value in _values(node, records):
            for constant in _constants(value, names):
                result.append(Found(file, constant.lineno, scope, str(constant.value)))
    return sorted(dict.fromkeys(result), key=lambda it: it.line)


def records_in(source: str) -> Iterator[str]:
    """The names of its dataclasses and named tuples."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            words = " ".join(map(ast.unparse, (*node.decorator_list, *node.bases)))
            if "dataclass" in words or "NamedTuple" in words:
                yield node.name


def modules(package: Path, parts: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(the file below the package, its text) of every module of these parts."""
    for part in parts:
        home = package / part
        for path in sorted(home.rglob("*.py")) if home.is_dir() else [package / f"{part}.py"]:
            yield path.relative_to(package).as_posix(), path.read_text(encoding="utf-8")


def _scopes(module: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """The module without its functions, each class, and each function by itself, with its name."""
    yield "", module
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a scope, without the scopes in it and without what is raised."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Raise | ast.Assert):
            continue
        yield child
        yield from _own(child)


def _values(scope: ast.AST, records: frozenset[str]) -> Iterator[ast.expr]:
    """The expressions of a scope that become data."""
    is_class = isinstance(scope, ast.ClassDef)
    for node in _own(scope):
        match node:
            case ast.Call(func=function, args=args, keywords=keywords):
                name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
                if name in records:
                    yield from (*args, *(keyword.value for keyword in keywords))
                elif name == "replace":
                    yield from (keyword.value for keyword in keywords)
                elif name in _TAKES:
                    yield from args
            case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
                yield value
            case ast.AnnAssign(value=ast.expr() as value) if is_class:
                yield value


def _assignments(scope: ast.AST) -> Mapping[str, list[ast.expr]]:
    """What the names of a scope are set to."""
    names: dict[str, list[ast.expr]] = {}
    for node in _own(scope):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name):
                        names.setdefault(target.id, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                names.setdefault(name, []).append(value)
    return names


def _constants(
    value: ast.expr, names: Mapping[str, list[ast.expr]], depth: int = 0
) -> Iterator[ast.Constant]:
    """The literals of several words that a value may be."""
    inner: list[ast.expr] = []
    match value:
        case ast.Constant(value=str() as text) if _is_sentence(text):
            yield value
        case ast.JoinedStr(values=parts):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
            if _is_sentence(text):
                yield ast.copy_location(ast.Constant(text), value)
        case ast.IfExp(body=body, orelse=other):
            inner = [body, other]
        case ast.BoolOp(values=parts):
            inner = parts
        case ast.BinOp(left=left, right=right, op=ast.Add() | ast.Mod()):
            inner = [left, right]
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            inner = parts
        case ast.Dict(values=parts):
            inner = parts
        case ast.Starred(value=part):
            inner = [part]
        case ast.Name(id=name) if depth == 0:
            for assigned in names.get(name, ()):
                yield from _constants(assigned, names, 1)
    for part in inner:
        yield from _constants(part, names, depth)


def _is_sentence(text: str) -> bool:
    return " " in text.strip() and len(_WORD.findall(text)) >= _WORDS

"""Small faults to put into a module, one at a time: what a test must notice.

`mutants` reads source text and yields each fault with its place. Nothing is written: the faulty module is
compiled from the changed syntax tree, where it is needed.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
}
_CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "reversed": "list"}
Enums = Mapping[str, Sequence[str]]
_SMALL = (ast.Constant, ast.Attribute, ast.Name, ast.UnaryOp)
_PARENTS = (ast.expr, ast.keyword, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)
_CONDITIONS = (ast.If, ast.IfExp, ast.While)


@dataclass(frozen=True, slots=True)
class _Site:
    """A node of the tree and where it hangs: `parent.field`, or `parent.field[index]`."""

    node: ast.AST
    parent: ast.AST
    field: str
    index: int | None
    place: str
    is_key: bool

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault. `place` is the qualified name of the function or class (empty: the module), `before` and
    `after` are the expression or statement around it, on one line; where a place has several that read
    alike, `before` of the second ends in "[2]"."""

    place: str
    line: int
    before: str
    after: str
    _tree: ast.Module
    _site: _Site
    _changed: ast.AST

    @property
    def key(self) -> tuple[str, str, str]:
        """What names the fault wherever its line moves to."""
        return self.place, self.before, self.after

    def compiled(self, filename: str) -> CodeType:
        """The module with the fault. Raises SyntaxError where it is no Python."""
        self._site.put(self._changed)
        try:
            return compile(ast.fix_missing_locations(self._tree), filename, "exec", dont_inherit=True)
        finally:
            self._site.put(self._site.node)


def mutants(source: str, imported: Callable[[str, str], Sequence[str]] = lambda *_: ()) -> Iterator[Mutant]:
    """Every fault of one module. `imported` gives the members of an enum by the module that it is imported
    from and its name; nothing for what is no enum. They are exchanged for each other."""
    tree = ast.parse(source)
    enums = _enums(tree, imported)
    alike: Counter[tuple[str, str, str]] = Counter()
    for site in list(_sites(tree)):
        is_small = isinstance(site.node, _SMALL) and isinstance(site.parent, _PARENTS)
        for changed in _changes(site, enums):
            before = _told(site.parent if is_small else site.node)
            site.put(changed)
            after = _told(site.parent if is_small else changed)
            site.put(site.node)
            line = getattr(site.node, "lineno", 0) or getattr(site.parent, "lineno", 0)
            key = site.place, before, after
            alike[key] += 1
            number = f" [{alike[key]}]" if alike[key] > 1 else ""
            yield Mutant(site.place, line, before + number, after, tree, site, changed)


def _enums(tree: ast.Module, imported: Callable[[str, str], Sequence[str]]) -> Enums:
    """The enums that the module defines or imports by name, with their members."""
    result: dict[str, Sequence[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            result |= {alias.asname or alias.name: imported(node.module, alias.name) for alias in node.names}
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("Enum") for base in node.bases):
            targets = [it.targets[0] for it in node.body if isinstance(it, ast.Assign)]
            result[node.name] = [target.id for target in targets if isinstance(target, ast.Name)]
    return result


def _told(node: ast.AST) -> str:
    """A node on one line; of a statement with a body its first line."""
    text = ast.unparse(node)
    return (
        text.splitlines()[0]
        if hasattr(node, "body") and isinstance(node, ast.stmt)
        else " ".join(text.split())
    )


def _sites(tree: ast.Module) -> Iterator[_Site]:
    """The nodes that may be changed, in the order of the source; annotations, decorators, docstrings and
    imports are left out."""
    keys = {
        word.value.id
        for word in ast.walk(tree)
        if isinstance(word, ast.keyword) and word.arg == "key" and isinstance(word.value, ast.Name)
    }
    yield from _below(tree, "", False, keys)


def _below(parent: ast.AST, place: str, is_key: bool, keys: set[str]) -> Iterator[_Site]:
    for field, value in ast.iter_fields(parent):
        if field in (
            "annotation",
            "returns",
            "decorator_list",
            "format_spec",
            "type_params",
            "targets",
            "target",
        ):
            continue
        if isinstance(parent, ast.Subscript) and field == "slice" and isinstance(value, ast.Tuple):
            continue  # the arguments of a type
        for index, node in enumerate(value) if isinstance(value, list) else ((None, value),):
            if (
                not isinstance(node, ast.AST)
                or isinstance(node, (ast.Import, ast.ImportFrom))
                or _is_doc(node)
            ):
                continue
            inside, key = place, is_key
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                inside = f"{place}.{node.name}" if place else node.name
                key = node.name in keys
            if isinstance(parent, ast.keyword) and parent.arg == "key":
                key = True
            yield _Site(node, parent, field, index, inside, key)
            yield from _below(node, inside, key, keys)


def _is_doc(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changes(site: _Site, enums: Enums) -> Iterator[ast.AST]:
    """What may stand in the place of a node instead."""
    node = site.node
    negative = isinstance(site.parent, ast.UnaryOp) and isinstance(site.parent.op, ast.USub)
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BoolOp():
            yield from _joined(node)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            yield from (_number(changed) for changed in (1 - number, -1 - number))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield operand
        case ast.Constant(value=bool() as truth):
            yield ast.Constant(not truth)
        case ast.Constant(value=int() | float() as number) if not negative:
            yield from (_number(changed) for changed in (number + 1, number - 1))
        case ast.Constant(value=str() as text) if isinstance(site.parent, ast.Return):
            yield ast.Constant(text + "!")
        case ast.Attribute(value=ast.Name(id=name), attr=member, ctx=ast.Load()):
            yield from _exchanged(node, enums.get(name, ()), member)
        case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()) | ast.Set():
            yield from _shortened(node, site.is_key and not isinstance(site.parent, ast.Compare))
        case ast.Dict():
            yield from _without_entries(node)
        case ast.BinOp(op=operator) if type(operator) in _COMPUTED:
            yield ast.BinOp(node.left, _COMPUTED[type(operator)](), node.right)
        case ast.AugAssign(op=operator) if type(operator) in _COMPUTED:
            yield ast.AugAssign(node.target, _COMPUTED[type(operator)](), node.value)
        case ast.Call(func=ast.Name(id=name)) if name in _CALLED:
            words = [] if _CALLED[name] == "list" else node.keywords
            yield ast.Call(ast.Name(_CALLED[name], ast.Load()), node.args, words)
        case ast.Break():
            yield ast.Continue()
        case ast.Continue():
            yield ast.Break()
        case ast.Expr():
            yield ast.Pass()
    if _is_condition(site) and isinstance(
        node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Await)
    ):
        yield ast.UnaryOp(ast.Not(), node)


def _is_condition(site: _Site) -> bool:
    tested = isinstance(site.parent, _CONDITIONS) and site.field == "test"
    guards = isinstance(site.parent, (ast.comprehension, ast.match_case)) and site.field in ("ifs", "guard")
    return tested or guards


def _number(value: float) -> ast.expr:
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))


def _compared(node: ast.Compare) -> Iterator[ast.AST]:
    for index, operator in enumerate(node.ops):
        for other in _COMPARED[type(operator)]:
            yield ast.Compare(
                node.left, [*node.ops[:index], other(), *node.ops[index + 1 :]], node.comparators
            )


def _joined(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
    for index in range(len(node.values)):
        rest = [*node.values[:index], *node.values[index + 1 :]]
        yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _exchanged(node: ast.Attribute, members: Sequence[str], member: str) -> Iterator[ast.AST]:
    """The next member of an enum in the place of one."""
    if member in members and len(members) > 1:
        other = members[(members.index(member) + 1) % len(members)]
        yield ast.Attribute(node.value, other, ast.Load())


def _shortened(node: ast.Tuple | ast.List | ast.Set, is_key: bool) -> Iterator[ast.AST]:
    """One element less; in a sort key also two neighbours exchanged."""
    for index in range(len(node.elts)):
        rest = [*node.elts[:index], *node.elts[index + 1 :]]
        empty = isinstance(node, ast.Set) and not rest
        yield ast.Tuple([], ast.Load()) if empty else _like(node, rest)
    for index in range(len(node.elts) - 1 if is_key else 0):
        swapped = list(node.elts)
        swapped[index], swapped[index + 1] = swapped[index + 1], swapped[index]
        yield _like(node, swapped)


def _like(node: ast.Tuple | ast.List | ast.Set, elements: list[ast.expr]) -> ast.AST:
    return ast.Set(elements) if isinstance(node, ast.Set) else type(node)(elements, ast.Load())


def _without_entries(node: ast.Dict) -> Iterator[ast.AST]:
    for index in range(len(node.keys)):
        keys = [*node.keys[:index], *node.keys[index + 1 :]]
        yield ast.Dict(keys, [*node.values[:index], *node.values[index + 1 :]])

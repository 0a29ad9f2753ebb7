"""How a list is laid out: which form, which column. Found out from its first lines, or as the user says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.reading.list.cells import DELIMITERS, split, split_literally

SAMPLE = 200  # lines that are looked at


class ListForm(StrEnum):
    """The forms of a list."""

    CSV = "csv"
    JSONL = "jsonl"
    PLAIN = "plain"


class LayoutError(ValueError):
    """A column that is not there, or one that has to be named."""


@dataclass(frozen=True, slots=True)
class Layout:
    """`column` is the name of the column or key that is read, or empty; `index` its place from 0 and `width`
    the number of columns, for CSV; `has_header` whether the first line (of a table: the first with so many
    columns) is no row."""

    form: ListForm
    delimiter: str = ""
    column: str = ""
    index: int = 0
    width: int = 1
    has_header: bool = False


# In the order in which they count, as headers are compared: letters and digits alone, lower case
_NAMES = (
    *("email", "emailaddress", "recipient", "recipientemail", "to", "mail", "mailaddress", "address"),
    *("useremail", "contactemail", "primaryemail", "workemail", "login", "username", "mailbox"),
    *("adresse", "emailadresse", "mailadresse", "courriel", "correo", "correoelectronico", "indirizzo"),
    *("adreseemail", "epost", "sahkoposti", "eposta", "почта", "邮箱", "メール", "メールアドレス"),
    *("domain", "domainname", "host", "hostname", "emaildomain", "domaine", "dominio", "domene"),
)
_COMMENT = re.compile(r"[\ufeff\s]*#(?:\s|\Z)")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}")
_DOMAIN = re.compile(r"\s*(?:[\w-]+\.)+[^\W\d_][\w-]+\s*")
_MOST = 0.9  # of the lines of a table have the same number of columns
_HALF = 0.5


def find_out(lines: Sequence[str], form: ListForm | None = None, column: str | None = None) -> Layout:
    """The layout of a list that begins with `lines`. `form` and `column` are what the user says: a name, or a
    number from 1. Raises LayoutError."""
    written = [it for it in lines if it.strip()][:SAMPLE]
    sample = [it for it in written if not is_comment(it)] or written
    first = sample[0].lstrip("\ufeff \t") if sample else ""
    if form is ListForm.JSONL or (form is None and first.startswith("{")):
        return _json_layout(sample, column)
    if form is not ListForm.PLAIN:
        tables = [table for it in DELIMITERS if (table := _table(written, it)) is not None]
        layouts = [_csv_layout(table, column) for table in tables[:1]]
        if layouts:
            return layouts[0]
        if form is ListForm.CSV or (column is not None and not _is_only(column, first)):
            return _one_column(first, column)
    return Layout(ListForm.PLAIN, has_header=_key(first) in _NAMES)


@dataclass(frozen=True, slots=True)
class _Table:
    delimiter: str
    records: tuple[list[str], ...]  # of one width

    @property
    def width(self) -> int:
        return len(self.records[0])


def _table(sample: Sequence[str], delimiter: str) -> _Table | None:
    """The sample as a table; None where this delimiter makes none of it."""
    if not any(delimiter in line for line in sample):
        return None
    records = [split(line, delimiter) or split_literally(line, delimiter) for line in sample]
    # a title or a remark may stand before the first record
    start = next((place for place, it in enumerate(records) if len(it) > 1 or _looks_right(it[0])), 0)
    width = len(records[start])
    regular = [it for it in records if len(it) == width]
    others = sum(len(it) != width and not is_comment(line) for it, line in zip(records, sample, strict=True))
    has_named = any(_key(cell) in _NAMES for cell in records[start])
    if width < 2 or (others - start > (1 - _MOST) * len(records) and not has_named):
        return None
    return _Table(delimiter, tuple(regular))


def _csv_layout(table: _Table, column: str | None) -> Layout:
    head, body = table.records[0], table.records[1:] or table.records[:1]
    keys = [_key(cell) for cell in head]
    is_data = any(_looks_right(cell) for cell in head)
    if column is not None:
        index, has_header = _chosen(column, head, is_data=is_data)
    elif not is_data and (named := _by_name(keys)) is not None:
        index, has_header = named, True
    else:
        index = _by_content(table.records if is_data else body)
        has_header = not is_data and len(table.records) > 1 and _share(body, index, _looks_right) > _HALF
    name = head[index].strip() if has_header else ""
    return Layout(ListForm.CSV, table.delimiter, name, index, table.width, has_header)


def is_comment(line: str) -> bool:
    """Whether a line is a remark: "#", and white space or nothing behind it. With a letter there it may be an
    address."""
    return _COMMENT.match(line) is not None


def _by_name(keys: Sequence[str]) -> int | None:
    return next((keys.index(name) for name in _NAMES if name in keys), None)


def _by_content(records: Sequence[Sequence[str]]) -> int:
    """The column of these records, without a header, that holds addresses; where none does, domains. Raises
    LayoutError for none or several."""
    for looks in (_is_address, _is_domain):
        fitting = [index for index in range(len(records[0])) if _share(records, index, looks) > _HALF]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            numbers = " and ".join(str(index + 1) for index in fitting[:3])
            raise LayoutError(f"columns {numbers} look alike; say which is meant with --column")
    raise LayoutError(
        f"none of the {len(records[0])} columns holds addresses or domains; name one with --column, or give "
        "--input-format plain"
    )


def _share(records: Sequence[Sequence[str]], index: int, looks: Callable[[str], bool]) -> float:
    count = sum(looks(record[index]) for record in records)
    return count / len(records)


def _is_address(cell: str) -> bool:
    return _ADDRESS.search(cell) is not None


def _is_domain(cell: str) -> bool:
    return _DOMAIN.fullmatch(cell) is not None


def _looks_right(cell: str) -> bool:
    return _is_address(cell) or _is_domain(cell)


def _chosen(column: str, head: Sequence[str], *, is_data: bool) -> tuple[int, bool]:
    """The place of the column that the user named, and whether there is a header."""
    named = [index for index, cell in enumerate(head) if cell.strip() == column.strip()]
    named = named or [index for index, cell in enumerate(head) if _key(cell) == _key(column) != ""]
    if named:
        return named[0], True
    if column.isascii() and column.isdecimal() and 1 <= int(column[:9]) <= len(head):
        return int(column) - 1, not is_data
    names = ", ".join(cell.strip() for cell in head[:20]) if not is_data else f"1 to {len(head)}"
    raise LayoutError(f"there is no column {column!r}; there are: {names}")


def _is_only(column: str, first: str) -> bool:
    return column.strip() in (first.strip(), "1") or _key(column) == _key(first)


def _one_column(first: str, column: str | None) -> Layout:
    if column is not None and not _is_only(column, first):
        raise LayoutError(f"there is no column {column!r}: the lines have only one")
    is_header = not _looks_right(first) and (column not in (None, "1") or _key(first) in _NAMES)
    return Layout(ListForm.CSV, ",", first.strip() if is_header else "", 0, 1, is_header)


def _json_layout(sample: Sequence[str], column: str | None) -> Layout:
    """JSON Lines: strings, or objects with a key. Raises LayoutError where no key is the right one."""
    keys: dict[str, int] = {}
    strings = 0
    for line in sample:
        value = parse_json(line)
        strings += isinstance(value, str)
        if isinstance(value, dict):
            for key, item in value.items():
                keys[key] = keys.get(key, 0) + (isinstance(item, str) and _looks_right(item))
    if column is not None:
        if keys and column not in keys:
            raise LayoutError(f"there is no key {column!r}; there are: {', '.join(list(keys)[:20])}")
        return Layout(ListForm.JSONL, column=column)
    by_key = {_key(key): key for key in reversed(keys)}
    named = next((by_key[name] for name in _NAMES if name in by_key), None)
    holding = [key for key, count in keys.items() if count]
    if named is None and len(holding) == 1:
        named = holding[0]
    if named is None and not strings:
        raise LayoutError(f"which key holds the address? name it with --column: {', '.join(list(keys)[:20])}")
    return Layout(ListForm.JSONL, column=named or "")


def parse_json(line: str) -> object:
    """The value of one line; None where it is no JSON, or nested beyond reason."""
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value


def _key(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())

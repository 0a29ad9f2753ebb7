"""Look-ups in the tables of Postfix, by postmap(1), and the files that stand in its lists."""

from __future__ import annotations

from collections.abc import Mapping

from probe.model.local_tool import Call, FileCall, Inquiry, ToolCall, ToolOutput
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.reading.mta.postfix_values import Table, TableEntries, tables_of, values_in, words_of


def look_up(
    where: tuple[str, ...], keys_by_table: Mapping[Table, tuple[str, ...]]
) -> Inquiry[tuple[TableEntries, MtaWhy | None]]:
    """(the entries of the tables, why one of them could not be read). Keys go to the standard input of
    postmap(1)."""
    if not keys_by_table:
        return {}, None
    calls: list[Call] = []
    for table, keys in keys_by_table.items():
        lines = "".join(f"{key}\n" for key in keys if "\n" not in key)
        calls.append(ToolCall("postmap", (*where, "-q", "-", table.askable), lines))
    outputs = yield tuple(calls)
    entries = {table.name: values_in(it.text) for table, it in zip(keys_by_table, outputs, strict=True)}
    failures = (_failure(table, it) for table, it in zip(keys_by_table, outputs, strict=True))
    return entries, next((failure for failure in failures if failure is not None), None)


def _failure(table: Table, output: ToolOutput) -> MtaWhy | None:
    """postmap(1) also exits with 1 if no key was found, but then without a message."""
    if output.is_usable or (output.exit_code == 1 and not output.errors.strip()):
        return None
    return MtaWhy(MtaReason.TABLE_UNREADABLE, table.name, failure=output.why)


def first_pair(
    where: tuple[str, ...], tables: str, keys: tuple[str, ...]
) -> Inquiry[tuple[tuple[str, str] | None, MtaWhy | None]]:
    """((the key that was found, its value), why a table could not be read) in the tables of a list: keys
    before tables, and in pattern tables only the first key, as in Postfix' mail_addr_find."""
    each = tables_of(tables)
    entries, why = yield from look_up(where, {it: keys if it.takes_parts else keys[:1] for it in each})
    for place, key in enumerate(keys):
        for table in each:
            value = entries.get(table.name, {}).get(key)
            if value is not None and (table.takes_parts or not place):
                return (key, value), why
    return None, why


def with_files(
    values: Mapping[str, str], names: tuple[str, ...]
) -> Inquiry[tuple[dict[str, str], MtaWhy | None]]:
    """(the parameters, the files that stand in these lists replaced by what they hold, why one of them could
    not be read). A line that begins with `#` is none of the list, and a `!` before the file stands for one
    before each of its items (match_list.c)."""
    lists = {name: words_of(values.get(name, "")) for name in names}
    every = (item.lstrip("!") for items in lists.values() for item in items)
    paths = tuple(dict.fromkeys(path for path in every if path.startswith("/")))
    if not paths:
        return dict(values), None
    outputs = yield tuple(map(FileCall, paths))
    content = dict(zip(paths, outputs, strict=True))
    whole = {
        name: " ".join(each for item in items for each in _items(item, content))
        for name, items in lists.items()
    }
    failures = [
        MtaWhy(MtaReason.TABLE_UNREADABLE, path, failure=output.why)
        for path, output in content.items()
        if not output.is_usable
    ]
    further = (item for text in whole.values() for item in words_of(text) if item.lstrip("!").startswith("/"))
    failures += [MtaWhy(MtaReason.LIST_UNREAD, item) for item in further]  # a file that a file names
    return {**values, **whole}, failures[0] if failures else None


def _items(item: str, content: Mapping[str, ToolOutput]) -> tuple[str, ...]:
    path = item.lstrip("!")
    if path not in content:
        return (item,)
    lines = (line for line in content[path].text.splitlines() if not line.startswith("#"))
    negation = item[: len(item) - len(path)]
    return tuple(negation + each for line in lines for each in words_of(line))

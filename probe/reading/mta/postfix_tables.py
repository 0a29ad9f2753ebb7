"""Look-ups in the tables of Postfix, by postmap(1)."""

from __future__ import annotations

from collections.abc import Mapping

from probe.model.local_tool import Call, Inquiry, ToolCall, ToolOutput
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.reading.mta.postfix_values import Table, TableEntries, tables_of, values_in


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

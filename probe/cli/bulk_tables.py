"""The tables of the state of `bulk`, and the statements that make rows of output of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from probe.bulk.domain import LIVE
from probe.settings import BULK_BATCH

APPLICATION = 0x53504231  # "SPB1"
VERSION = 3
TABLES = """
create table meta (name text primary key, value text not null) without rowid;
create table rows (
  line integer primary key, input text not null, address text, domain text, note text not null);
create table duplicates (line integer primary key, first integer not null);
create table domains (
  id integer primary key, name text not null, rows integer not null, first integer not null, done integer,
  state text, provider text, operator text, failure text, typo text not null default '', route integer,
  at integer, catch_all integer, verdict integer);
create table routes (
  id integer primary key, signs text not null unique, lane integer, verdict integer, at integer);
create table verdicts (id integer primary key, cells text not null unique);
create table answers (
  line integer primary key, domain integer not null, verdict integer not null, accepted integer not null,
  at integer not null);
create table traffic (sign text not null, kind text not null, at real not null);
create table pauses (
  sign text primary key, until real not null, in_vain integer not null, why text not null);
"""
PREPARE = (
    # the same address, or domain, but for the case of letters: the first row counts
    """insert into duplicates select line, first from (
         select line, first_value(line) over (partition by who order by line) as first from (
           select line, lower(
             case address when '' then input else coalesce(address, '@' || domain) end) as who
           from rows where domain is not null))
       where line <> first order by line""",
    """insert into domains (name, rows, first)
       select domain, count(*), min(line) as first from rows where domain is not null
       group by domain order by first""",
    "create unique index domains_by_name on domains (name)",
)
BY_DOMAIN = (
    "create index rows_by_domain on rows (domain)",
    "create index domains_by_done on domains (done)",
)
BY_LANE = (
    "create index domains_by_route on domains (route)",
    "create index routes_by_lane on routes (lane)",
    "create index answers_by_domain on answers (domain)",
    "create index traffic_by_at on traffic (at)",
)
INDICES = (
    *("domains_by_name", "domains_by_done", "rows_by_domain", "domains_by_route", "routes_by_lane"),
    *("answers_by_domain", "traffic_by_at"),
)
FILLED = ("rows", "duplicates", "domains", "routes", "verdicts", "answers", "traffic", "pauses")

_ROW = """select r.line, r.input, r.address, r.domain, r.note, u.first, d.typo,
  d.done, {answer}, d.catch_all, d.verdict, d.state, d.provider, d.operator, d.failure
  from {tables} left join duplicates u on u.line = r.line {answers} where {which} limit ?"""
LIVE_STATES = ", ".join(f"'{it.value}'" for it in sorted(LIVE))


def in_turn(base: sqlite3.Connection, statement: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a statement that ends with `id > ? order by id limit ?`, and has the id first. Only
    BULK_BATCH of them are in memory, and between them its tables may be written."""
    last = 0
    while rows := base.execute(statement, (last, BULK_BATCH)).fetchall():
        yield from rows
        last = rows[-1][0]


def _row(*, tables: str, which: str) -> dict[bool, str]:
    """The statement by whether there may be answers about mailboxes."""
    join = "left join answers a on a.line = coalesce(u.first, r.line)"
    return {
        has_answers: _ROW.format(
            tables=tables,
            which=which,
            answer="a.verdict" if has_answers else "null",
            answers=join if has_answers else "",
        )
        for has_answers in (False, True)
    }


_IN_ORDER = "rows r left join domains d on d.name = r.domain"
IN_ORDER = _row(tables=_IN_ORDER, which="r.line > ? order by r.line")
MALFORMED = _row(tables=_IN_ORDER, which="r.domain is null and r.line > ? order by r.line")
AS_DONE = _row(
    tables="domains d cross join rows r on r.domain = d.name",
    which="d.done >= ? and (d.done > ? or r.line > ?) order by d.done, r.line",
)
FORGET_VERDICT = (  # in this order; an invented mailbox that got neither yes nor no is asked about again
    """update domains set done = null, verdict = null,
         catch_all = case catch_all when 2 then null else catch_all end
       where id in (select domain from answers where verdict = ?)""",
    "delete from answers where verdict = ?",
    """update domains set done = null, verdict = null,
         catch_all = case catch_all when 2 then null else catch_all end where verdict = ?""",
    "update routes set verdict = null where verdict = ?",
)
KEEP_DOMAIN = """update domains set done = ?, state = ?, provider = ?, operator = ?, failure = ?, route = ?,
  at = ? where id = ?"""

"""The tables of the state of `bulk`, and the statements that make rows of output of them."""

from __future__ import annotations

APPLICATION = 0x53504231  # "SPB1"
VERSION = 2
TABLES = """
create table meta (name text primary key, value text not null) without rowid;
create table rows (
  line integer primary key, input text not null, address text, domain text, note text not null);
create table duplicates (line integer primary key, first integer not null);
create table domains (
  id integer primary key, name text not null, rows integer not null, first integer not null, done integer,
  state text, provider text, operator text, failure text, typo text not null default '', route integer,
  at integer);
create table routes (id integer primary key, signs text not null unique, lane integer);
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
INDICES = ("domains_by_name", "domains_by_done", "rows_by_domain")

_ROW = """select r.line, r.input, r.address, r.domain, r.note, u.first, d.typo,
  d.done, d.state, d.provider, d.operator, d.failure
  from {tables} left join duplicates u on u.line = r.line where {which} limit ?"""
IN_ORDER = _ROW.format(
    tables="rows r left join domains d on d.name = r.domain", which="r.line > ? order by r.line"
)
MALFORMED = _ROW.format(
    tables="rows r left join domains d on d.name = r.domain",
    which="r.domain is null and r.line > ? order by r.line",
)
AS_DONE = _ROW.format(
    tables="domains d cross join rows r on r.domain = d.name",
    which="d.done >= ? and (d.done > ? or r.line > ?) order by d.done, r.line",
)
KEEP_DOMAIN = """update domains set done = ?, state = ?, provider = ?, operator = ?, failure = ?, route = ?,
  at = ? where id = ?"""

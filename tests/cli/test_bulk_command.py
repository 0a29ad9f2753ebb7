"""`smtp-probe bulk` with a name server: verdicts, output, summary, gate, exit codes."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from probe.report.schema import bulk_schema
from tests.cli.command import Outcome, smtp_probe
from tests.support.dns_server import DnsServer, Fault

ZONE = {
    "MX good.example": ["10 mx.good.example.", "20 gone.good.example."],
    "A mx.good.example": ["8.8.4.4"],
    "MX second.example": ["10 gone.good.example.", "20 mx.good.example."],
    "MX six.example": ["10 mx.six.example."],
    "AAAA mx.six.example": ["2001:4860::25"],
    "A implicit.example": ["8.8.4.4"],
    "MX null.example": ["0 ."],
    "MX mixed.example": ["0 .", "10 mx.good.example."],
    "TXT bare.example": ['"no mail"'],
    "MX dangling.example": ["10 gone.good.example."],
    "MX literal.example": ["10 192.0.2.1."],
    "MX loop.example": ["10 loop.good.example."],
    "A loop.good.example": ["127.0.0.1"],
    "MX private.example": ["10 private.good.example."],
    "A private.good.example": ["10.0.0.1"],
    "MX half.example": ["10 failing.good.example."],
    "MX gmial.com": ["10 mx.good.example."],
    "MX work.example": ["10 work-example.mail.protection.outlook.com."],
    "A work-example.mail.protection.outlook.com": ["8.8.4.4"],
}
FAULTS = {"failing.example": Fault.SERVFAIL, "failing.good.example": Fault.SERVFAIL}
DOMAINS = (
    *(key.split(" ")[1] for key in ZONE if key.startswith("MX ")),
    *("implicit.example", "bare.example", "absent.example", "failing.example"),
)


async def bulk(
    server: DnsServer, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> Outcome:
    where = f"127.0.0.1:{server.endpoint.port}"
    command = ("bulk", *arguments, "--nameserver", where)
    return await asyncio.to_thread(smtp_probe, *command, stdin=stdin, env=env)


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


async def test_each_row_has_the_verdict_of_domain() -> None:
    async with DnsServer(ZONE, FAULTS) as server:
        result = await bulk(server, "-", "--format", "jsonl", stdin="\n".join(DOMAINS).encode())
        where = f"127.0.0.1:{server.endpoint.port}"
        for row in objects(result.stdout):
            run = await asyncio.to_thread(
                smtp_probe, "domain", row["domain"], "--no-smtp", "--nameserver", where, "--format", "json"
            )
            verdict = json.loads(run.stdout)["verdict"]
            keys = ("asked", "outcome", "cause", "band", "fix_by", "retry")
            assert {key: row[key] for key in keys} == {key: verdict[key] for key in keys}, row["domain"]
    assert [row["input"] for row in objects(result.stdout)] == list(DOMAINS)
    assert result.code == 0


async def test_a_domain_and_a_host_are_asked_once_and_a_missing_one_twice(tmp_path: Path) -> None:
    names = [f"d{number}.example" for number in range(40)]
    zone = ZONE | {f"MX {name}": ["10 mx.good.example."] for name in names}
    rows = [f"user{number}@{name}" for number in range(3) for name in (*names, "absent.example")]
    path = tmp_path / "list"
    path.write_text("\n".join(rows), encoding="utf-8")
    async with DnsServer(zone) as server:
        result = await bulk(server, str(path), "--format", "jsonl")
        queries = [(it.rtype, it.name) for it in server.queries]
    assert len(objects(result.stdout)) == len(rows)
    assert len(queries) == len(set(queries)) + 1
    assert queries.count(("MX", "absent.example")) == 2
    assert queries.count(("A", "mx.good.example")) == 1
    assert {row["outcome"] for row in objects(result.stdout)} == {"accepted", "refused"}


async def test_the_provider_and_the_operator_of_each_row_are_named() -> None:
    async with DnsServer(ZONE) as server:
        result = await bulk(server, "-", "--format", "jsonl", stdin=b"a@work.example\nb@good.example")
    work, good = objects(result.stdout)
    assert (work["provider"], work["operator"]) == ("m365", "m365")
    assert (good["provider"], good["operator"]) == (None, "good.example")


async def test_summary_schema_and_gate(tmp_path: Path) -> None:
    summary, output = tmp_path / "summary.json", tmp_path / "rows.csv"
    rows = "a@good.example\nb@null.example\nB@NULL.example\nfoo\nc@gmial.com\nd@failing.example\n"
    async with DnsServer(ZONE, FAULTS) as server:
        result = await bulk(
            *(server, "-", "-o", str(output), "--summary", str(summary)),
            *("--fail-over", "refused=10%,unknown=50%,malformed=1"),
            stdin=rows.encode(),
        )
    report = json.loads(summary.read_text(encoding="utf-8"))
    Draft202012Validator(bulk_schema()).validate(report)
    assert result.code == report["exit_code"] == 1
    assert "STOP" in result.stdout and "refused 33.3 %, at most 10 % allowed" in result.stdout
    assert {gate["name"]: gate["passed"] for gate in report["gates"]} == {
        "refused": False,
        "unknown": True,
        "malformed": True,
    }
    totals = report["totals"]
    assert (totals["rows"], totals["ok"], totals["duplicates"], totals["malformed"]) == (6, 4, 1, 1)
    assert report["typos"] == [{"domain": "gmial.com", "correction": "gmail.com", "rows": 1}]
    written = list(csv.DictReader(output.read_text(encoding="utf-8").splitlines()))
    assert [row["status"] for row in written] == ["ok", "ok", "duplicate", "malformed", "ok", "ok"]
    assert [row["outcome"] for row in written[:4]] == ["accepted", "refused", "refused", ""]


async def test_nothing_observed_is_exit_code_4_and_this_machines_fault() -> None:
    async with DnsServer({}, {"*": Fault.REFUSED}) as server:
        result = await bulk(server, "-", stdin=b"a@good.example\nb@null.example\n")
    assert result.code == 4
    assert "look at this machine's resolver first" in " ".join(result.stdout.split())


@pytest.mark.parametrize("form", ["text", "markdown", "json", "csv", "jsonl"])
async def test_a_strangers_text_is_never_live(form: str) -> None:
    rows = b"\x1b[31mred@good.example\n=cmd()@good.example\n"
    rows += b"\xe2\x80\xaeevil@good.example\n##vso[x]@good.example\n"
    async with DnsServer(ZONE) as server:
        result = await bulk(server, "-", "--format", form, "-v", stdin=rows)
    text = result.stdout + result.stderr
    assert "\x1b" not in text and "\u202e" not in text and "##vso[" not in text
    if form == "csv":
        cells = [cell for row in csv.reader(result.stdout.splitlines()) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []


async def test_unordered_rows_are_the_same_rows(tmp_path: Path) -> None:
    rows = "\n".join(f"user{number}@{DOMAINS[number % len(DOMAINS)]}" for number in range(100)) + "\nfoo\n"
    async with DnsServer(ZONE, FAULTS) as server:
        ordered = await bulk(server, "-", "--format", "jsonl", stdin=rows.encode())
        unordered = await bulk(server, "-", "--format", "jsonl", "--unordered", stdin=rows.encode())
    assert sorted(unordered.stdout.splitlines()) == sorted(ordered.stdout.splitlines())
    assert len(objects(ordered.stdout)) == 101


WRONG = {
    "no such file": (("absent.csv",), "FILE: cannot read absent.csv"),
    "empty": (("/dev/null",), "holds no row"),
    "column": (("LIST", "--column", "nope"), "there is no column 'nope'"),
    "gate": (("LIST", "--fail-over", "refused=x"), "write NAME=NUMBER%"),
    "gate name": (("LIST", "--fail-over", "bad=3%"), "'bad' is not one of"),
    "age": (("LIST", "--max-age", "soon"), "'soon' is no age"),
    "form": (("LIST", "--input-format", "xlsx"), "'xlsx' is not one of"),
    "format": (("LIST", "--format", "xml"), "'xml' is not one of"),
    "the list itself": (("LIST", "-o", "LIST"), "is the list itself"),
    "spreadsheet": (("SHEET",), "is a spreadsheet (.xlsx, .ods)"),
    "no folder": (("LIST", "-o", "absent/rows.csv"), "there is no directory"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_is_one_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,email\nBob,bob@good.example\n", encoding="utf-8")
    sheet = tmp_path / "list.xlsx"
    sheet.write_bytes(b"PK\x03\x04" + bytes(100))
    arguments, words = WRONG[name]
    files = {"LIST": str(path), "SHEET": str(sheet)}
    run = smtp_probe("bulk", *(files.get(it, it) for it in arguments), "--offline")
    assert (run.code, run.stdout, run.stderr.count("\n")) == (2, "", 1)
    assert words in run.stderr
    assert path.read_text(encoding="utf-8").startswith("name,email")


async def test_a_plan_asks_for_mx_records_alone_and_tells_what_a_run_takes(tmp_path: Path) -> None:
    rows = "\n".join(
        [*(f"u{n}@good.example" for n in range(600)), "a@work.example", "b@absent.example", "foo"]
    )
    summary = tmp_path / "plan.json"
    async with DnsServer(ZONE) as server:
        result = await bulk(server, "-", "--plan", "--summary", str(summary), stdin=rows.encode())
        queries = sorted((it.rtype, it.name) for it in server.queries)
    assert queries == [("MX", "absent.example"), ("MX", "good.example"), ("MX", "work.example")]
    report = json.loads(summary.read_text(encoding="utf-8"))
    Draft202012Validator(bulk_schema()).validate(report)
    assert [(it["kind"], it["count"]) for it in report["plan"]["questions"]] == [("MX", 4), ("A", 2)]
    assert report["plan"]["mailbox_seconds"] == 600 / 200 * 3600
    text = " ".join(result.stdout.split())
    assert result.code == 0 and "PLAN" in text and "100 % of the rows are with 2 operators of 2" in text
    assert report["outcomes"] == [] and report["totals"]["malformed"] == 1


async def test_a_plan_offline_asks_nothing() -> None:
    async with DnsServer(ZONE) as server:
        result = await bulk(server, "-", "--plan", "--offline", stdin=b"a@good.example\n")
        assert server.queries == []
    assert result.code == 0 and "Who runs the mail servers is not known" in " ".join(result.stdout.split())


def test_a_plan_writes_no_rows(tmp_path: Path) -> None:
    run = smtp_probe("bulk", "-", "--plan", "--format", "csv", stdin=b"a@good.example\n")
    assert run.code == 2 and "writes no rows" in run.stderr


async def test_vanity_names_of_one_hoster_are_one_operator_in_the_summary(tmp_path: Path) -> None:
    summary = tmp_path / "summary.json"
    zone = {
        **{f"MX shop{n}.example": [f"10 mx.shop{n}.example."] for n in range(3)},
        **{f"A mx.shop{n}.example": [f"8.8.4.{n + 1}"] for n in range(3)},
        "MX far.example": ["10 mx.far.example."],
        "A mx.far.example": ["9.9.9.9"],
    }
    rows = b"a@shop0.example\na@shop1.example\nb@shop1.example\na@shop2.example\na@far.example\n"
    async with DnsServer(zone) as server:
        await bulk(server, "-", "--summary", str(summary), stdin=rows)
    report = json.loads(summary.read_text(encoding="utf-8"))
    assert [(it["operator"], it["rows"], it["domains"]) for it in report["operators"]] == [
        ("shop1.example", 4, 3),
        ("far.example", 1, 1),
    ]
    assert report["operator_count"] == 2


def test_a_slip_is_told_without_asking() -> None:
    rows = b"a@gmial.com\nb@good.example\n"
    run = smtp_probe("bulk", "-", "--offline", "--format", "jsonl", stdin=rows)
    slip, good = objects(run.stdout)
    assert (slip["note"], good["note"]) == ("looks like a slip for gmail.com", None)
    gate = smtp_probe("bulk", "-", "--offline", "--fail-over", "typo=0", stdin=rows)
    assert gate.code == 1 and "is gmail.com meant?" in " ".join(gate.stdout.split())


@pytest.mark.parametrize("alone", ["--offline", "--plan"])
@pytest.mark.parametrize("name", ["refused", "deferred", "unknown"])
def test_a_gate_on_answers_never_passes_where_nobody_is_asked(alone: str, name: str) -> None:
    outcome = smtp_probe("bulk", "-", alone, "--fail-over", f"malformed=9,{name}=0", stdin=b"a@example.net\n")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert f"--fail-over: {name} is not known with {alone}" in outcome.stderr


def test_a_sender_is_named_to_servers_alone() -> None:
    sender = ("--sender", "me@example.com")
    outcome = smtp_probe("bulk", "-", "--offline", *sender, stdin=b"a@example.net\n")
    assert outcome.code == 2 and "--sender: is named to mail servers with --rcpt alone" in outcome.stderr


def test_a_name_without_an_ending_for_rows_is_told_to_get_the_summary(tmp_path: Path) -> None:
    output = tmp_path / "rows.txt"
    outcome = smtp_probe("bulk", "-", "--offline", "-o", str(output), stdin=b"a@example.net\n")
    assert outcome.code == 0 and output.read_text().startswith("stdin")
    assert f"{output} gets the summary alone; rows" in outcome.stderr


@pytest.mark.parametrize(
    ("operand", "hint"),
    [
        ("a@example.net", "smtp-probe check SENDER a@example.net"),
        ("example.net", "smtp-probe domain example.net"),
    ],
)
def test_one_address_or_domain_in_place_of_a_list_is_told_what_it_is_for(operand: str, hint: str) -> None:
    outcome = smtp_probe("bulk", operand)
    assert outcome.code == 2 and outcome.stderr.endswith(f"no such file or directory; for one: {hint}\n")

"""The JSON report and its published schema."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from probe.report.json_report import to_json
from probe.report.json_text import json_text
from probe.report.schema import DIALECT, report_schema
from tests.support import reports

# The contract, as ordered lists: names that scripts rely on.
TOP = [
    "schema", "tool", "target", "started_at", "elapsed_ms", "verdict", "causes", "next_test", "checklist",
    "findings", "sessions", "dns",
]  # fmt: skip
VERDICT = [
    "outcome", "stage", "reply", "cause", "confidence", "band", "fix_by", "retry", "retry_after_s",
    "retry_reason", "after_data_risks", "summary", "exit_code",
]  # fmt: skip
CAUSE = ["id", "title", "family", "probability", "for", "against", "action"]
EVIDENCE = ["text", "weight_db", "ref"]
STEP = ["step", "title", "status", "findings", "do"]
FINDING = ["id", "severity", "step", "message", "evidence", "remedy", "references"]
SESSION = ["mx_host", "ip", "port", "experiment", "tls", "exchanges", "ended"]
EXCHANGE = ["stage", "sent", "reply_code", "enhanced_status", "reply_lines", "elapsed_ms"]
DNS = ["mx", "spf", "dkim", "dmarc", "ptr", "helo", "mta_sts", "dane", "dnsbl"]


def in_order(wanted: list[str], result: dict[str, Any]) -> bool:
    return [key for key in result if key in wanted] == wanted


def test_contract_keys_are_all_there_in_order() -> None:
    report = json.loads(to_json(reports.refused()))
    assert in_order(TOP, report)
    assert in_order(VERDICT, report["verdict"])
    assert in_order(CAUSE, report["causes"][0])
    assert in_order(EVIDENCE, report["causes"][0]["for"][0])
    assert in_order(STEP, report["checklist"][0])
    assert in_order(FINDING, report["findings"][0])
    assert in_order(SESSION, report["sessions"][0])
    assert in_order(EXCHANGE, report["sessions"][0]["exchanges"][0])
    assert in_order(DNS, report["dns"])
    assert in_order(["preference", "host", "addresses"], report["dns"]["mx"][0])
    assert in_order(["record", "result", "matched", "lookups", "void_lookups"], report["dns"]["spf"])
    assert in_order(["selector", "status", "key_type", "key_bits"], report["dns"]["dkim"][0])
    assert in_order(["record", "policy", "domain"], report["dns"]["dmarc"])
    assert in_order(["zone", "query", "status", "codes", "text"], report["dns"]["dnsbl"][0])
    assert report["schema"] == "smtp-probe.report/1"


def test_schema_is_itself_a_correct_schema() -> None:
    schema = report_schema()
    assert schema["$schema"] == DIALECT
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", sorted(reports.SAMPLES))
def test_every_report_satisfies_the_schema(name: str) -> None:
    validator = jsonschema.Draft202012Validator(report_schema())
    assert list(validator.iter_errors(json.loads(to_json(reports.SAMPLES[name]())))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("verdict", "outcome"), "valid"),
        (("verdict", "exit_code"), 2),
        (("schema",), "other/1"),
        (("checklist", 0, "step"), 10),
        (("sessions", 0, "tls"), 1),
    ],
)
def test_schema_refuses_what_the_contract_does_not_name(path: tuple[str | int, ...], value: object) -> None:
    document = json.loads(to_json(reports.refused()))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert not jsonschema.Draft202012Validator(report_schema()).is_valid(document)


def test_schema_requires_every_key() -> None:
    document = json.loads(to_json(reports.refused()))
    del document["verdict"]["summary"]
    assert not jsonschema.Draft202012Validator(report_schema()).is_valid(document)


def test_strangers_characters_survive_parsing_but_do_not_act() -> None:
    hostile = "\x1b[31m\x9b2J \u202e \u200b \u2028 \x7f \U000e0001 用户"
    text = json_text({"a": hostile})
    assert not set("\x1b\x9b\u202e\u200b\u2028\x7f\U000e0001") & set(text)
    assert "用户" in text
    assert json.loads(text) == {"a": hostile}


def test_lone_surrogates_become_visible_text() -> None:
    report = replace(reports.refused(), contact_note="a\udcffb")
    data = to_json(report).encode("utf-8")
    assert json.loads(data)["contact_note"] == "a\\udcffb"

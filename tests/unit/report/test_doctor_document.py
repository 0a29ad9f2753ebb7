"""What `doctor` tells in each format: the faults first, what is not known never as fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from xml.etree import ElementTree

import jsonschema
import pytest

from probe.doctor.report import DoctorReport
from probe.knowledge.machine import machine_tests
from probe.model.fitness import Fitness
from probe.report.formats import Kind, formats_of
from probe.report.schema import doctor_schema
from probe.report.style import NORMAL, QUIET, VERBOSE, Style
from tests.support.doctor_reports import HOSTILE, sample
from tests.support.prometheus_text import read_metrics

FORMATS = formats_of(Kind.DOCTOR)


def written(name: str, report: DoctorReport, verbosity: int = NORMAL) -> str:
    return FORMATS[name].write(Kind.DOCTOR, report, Style(verbosity=verbosity))


def test_doctor_has_every_format_of_a_run_but_lists() -> None:
    assert set(formats_of(Kind.RUN)) <= set(FORMATS)


def test_the_faults_stand_before_what_is_right_and_what_is_not_known() -> None:
    text = written("text", sample())
    places = [
        text.index(it) for it in ("UNFIT  for", "What to mend", "TCP: ", "DNSSEC: ", "CA store", "Not known")
    ]
    assert places == sorted(places)
    assert "→ Let TCP to port 53 of the resolver through" in text


def test_quiet_is_the_verdict_and_the_faults() -> None:
    text = written("text", sample(), QUIET)
    assert "What to mend" in text
    assert "Not known" not in text and "CA store" not in text


def test_verbose_has_every_test_and_the_greetings() -> None:
    text = written("text", sample(), VERBOSE)
    assert [it for it in sample().tests if f"({it.id})" not in text] == []
    assert "220 mx.example.net ESMTP" in text


def test_json_is_as_its_schema_says() -> None:
    document = json.loads(written("json", sample()))
    jsonschema.validate(document, doctor_schema())
    assert document["schema"] == "smtp-probe.doctor/1"
    assert document["exit_code"] == 1
    levels = {it["id"]: it["fitness"] for it in document["tests"]}
    assert levels["tcp"] == "unfit" and levels["many"] == "not_assessed"


def test_a_monitoring_system_is_told_that_it_is_critical() -> None:
    form, report = FORMATS["nagios"], sample()
    first = written("nagios", report).splitlines()[0]
    assert first.startswith("SMTP CRITICAL - unfit for check, domain, bulk, sending") and len(first) < 120
    assert form.exit_code(Kind.DOCTOR, report) == 2


def test_what_is_not_known_has_no_sample() -> None:
    rows = list(read_metrics(written("prometheus", sample())))
    of_tests = {dict(it.labels)["test"]: it.value for it in rows if it.name == "smtp_probe_doctor_test_fit"}
    assert of_tests["tcp"] == 0 and of_tests["ca-store"] == 1
    open_tests = {it.id for it in sample().tests if it.fitness is Fitness.NOT_ASSESSED}
    assert "many" in open_tests and not open_tests & of_tests.keys()


def test_cases_fail_pass_or_are_skipped() -> None:
    root = ElementTree.fromstring(written("junit", sample()))
    cases = {it.get("name"): [child.tag for child in it] for it in root.iter("testcase")}
    assert cases["tcp"] == ["failure"]
    assert cases["many"] == ["skipped"]
    assert cases["ca-store"] == []


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_strangers_greeting_is_escaped(name: str) -> None:
    text = written(name, sample(HOSTILE), VERBOSE)
    assert "\x1b" not in text
    if name in ("junit", "html"):
        assert "<b>" not in text


# -- the table of tests -----------------------------------------------------------------------------------


def outcomes() -> Iterator[tuple[str, Fitness, str]]:
    for test in machine_tests().values():
        for tag, outcome in test.outcomes.items():
            yield f"{test.id}/{tag}", outcome.fitness, outcome.fix


def test_a_fault_has_one_thing_to_do_and_what_is_right_has_none() -> None:
    wrong = [name for name, level, fix in outcomes() if bool(fix) is (level is Fitness.FIT)]
    assert wrong == []


def test_what_is_unfit_says_for_what() -> None:
    for test in machine_tests().values():
        for tag, outcome in test.outcomes.items():
            assert bool(outcome.unfit_for) is (outcome.fitness is Fitness.UNFIT), f"{test.id}/{tag}"

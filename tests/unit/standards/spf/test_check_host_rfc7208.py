"""Every case of the RFC 7208 test suite, as pyspf's source distribution carries it.

The suite is fetched from the package index when the test runs; it is not part of this project.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn

import pytest

from probe.standards.dns import names
from probe.standards.dns.message import Answer, Mx, Question, Record, RecordType, Status, Txt, run
from probe.standards.spf.check_host import check_host
from probe.standards.spf.results import SpfResult
from probe.wording.spoken import spoken

CASES = 203


def _unavailable(reason: str) -> NoReturn:
    if os.environ.get("PROBE_LAB") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def sections(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    try:
        yaml: Any = importlib.import_module("yaml")
    except ImportError:
        _unavailable("PyYAML is needed to read the RFC 7208 suite: pip install pyyaml")
    folder = tmp_path_factory.mktemp("pyspf")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    try:
        fetched = subprocess.run(
            [*command, "--dest", str(folder), "pyspf"],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    except subprocess.TimeoutExpired:
        _unavailable("the RFC 7208 suite could not be fetched: pip download pyspf took over 300 s")
    archive = next(folder.glob("pyspf-*.tar.gz"), None)
    if archive is None:
        last = (fetched.stderr.strip().splitlines() or ["no message"])[-1]
        _unavailable(f"the RFC 7208 suite could not be fetched with pip download pyspf: {last}")
    return [section for section in yaml.safe_load_all(_suite_text(archive)) if section]


def _suite_text(archive: Path) -> bytes:
    with tarfile.open(archive) as tar:
        member = next(name for name in tar.getnames() if name.endswith("/rfc7208-tests.yml"))
        stream = tar.extractfile(member)
        assert stream is not None
        return stream.read()


class SuiteZone:
    """The zonedata of one section. An entry of type SPF stands for TXT unless the name has TXT
    entries of its own; TIMEOUT is the answer for the types that the name does not list."""

    def __init__(self, zonedata: dict[str, list[Any]]) -> None:
        self._entries = {names.to_labels(str(name)): entries for name, entries in zonedata.items()}

    def answer(self, question: Question, depth: int = 0) -> Answer:
        entries = self._entries.get(names.to_labels(question.name))
        if entries is None:
            return Answer(question, Status.NXDOMAIN)
        if depth > 8:
            return Answer(question, Status.CNAME_LOOP)
        listed = [next(iter(entry.items())) for entry in entries if isinstance(entry, dict)]
        alias = next((value for rtype, value in listed if rtype == "CNAME"), None)
        if alias is not None:
            there = self.answer(Question(names.normal(alias), question.rtype), depth + 1)
            return Answer(question, there.status, there.records, (names.normal(alias), *there.aliases))
        wanted = question.rtype.value
        if wanted == "TXT" and not any(rtype == "TXT" for rtype, _ in listed):
            wanted = "SPF"
        records = tuple(
            _record(question.rtype, value) for rtype, value in listed if rtype == wanted and value != "NONE"
        )
        if records:
            return Answer(question, Status.ANSWER, records)
        return Answer(question, Status.TIMEOUT if "TIMEOUT" in entries else Status.NODATA)


def _record(rtype: RecordType, value: Any) -> Record:
    if rtype is RecordType.TXT:
        return Txt(tuple(s.encode("latin-1") for s in ([value] if isinstance(value, str) else value)))
    if rtype is RecordType.MX:
        return Mx(int(value[0]), names.normal(value[1]))
    if rtype in (RecordType.A, RecordType.AAAA):
        return ip_address(value)
    return names.normal(value)


def _evaluate(zone: SuiteZone, case: dict[str, Any]) -> SpfResult:
    helo = str(case["helo"])
    local, _, domain = (case["mailfrom"] or f"postmaster@{helo}").rpartition("@")
    return run(check_host(ip_address(case["host"]), domain, local, domain, helo), zone.answer)


def _judged(sections: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any], SpfResult]]:
    for section in sections:
        zone = SuiteZone(section["zonedata"])
        for name, case in section["tests"].items():
            yield name, case, _evaluate(zone, case)


def test_every_case_gives_an_acceptable_result(sections: list[dict[str, Any]]) -> None:
    judged = list(_judged(sections))
    wrong = []
    for name, case, result in judged:
        accepted = [case["result"]] if isinstance(case["result"], str) else case["result"]
        if result.verdict.value not in accepted:
            wrong.append(f"{name}: {result.verdict} ({spoken(result.why)}), suite says {accepted}")
    assert wrong == []
    assert len(judged) >= CASES


def test_every_explanation_is_expanded_as_the_suite_says(sections: list[dict[str, Any]]) -> None:
    with_text = [(name, case, result) for name, case, result in _judged(sections) if "explanation" in case]
    wrong = []
    for name, case, result in with_text:
        expected = "" if case["explanation"] == "DEFAULT" else case["explanation"]
        if result.explanation != expected:
            wrong.append(f"{name}: {result.explanation!r}, suite says {expected!r}")
    assert wrong == []
    assert with_text

"""What a release is held to notices what is wrong with it."""

from __future__ import annotations

import json

import pytest
from packaging.requirements import Requirement

from tests.release import faults_of_sbom, faults_of_text

GOOD = """Metadata-Version: 2.4
Name: smtp-probe
Version: 0.1.0
Summary: A probe
License-Expression: Apache-2.0
Requires-Python: >=3.11
Description-Content-Type: text/markdown

A description.
"""


def test_good_metadata_has_no_fault() -> None:
    assert faults_of_text(GOOD.encode()) == []


@pytest.mark.parametrize(
    ("line", "instead", "fault"),
    [
        ("Version: 0.1.0", "Version: next", "version"),
        ("Name: smtp-probe", "Name: other", "the name is other"),
        ("License-Expression: Apache-2.0", "License-Expression: Whatever", "license"),
        ("License-Expression: Apache-2.0\n", "", "no License-Expression"),
        ("text/markdown", "text/plain", "no Markdown"),
        ("Requires-Python: >=3.11\n", "", "no Requires-Python"),
    ],
)
def test_bad_metadata_is_noticed(line: str, instead: str, fault: str) -> None:
    assert any(fault in it for it in faults_of_text(GOOD.replace(line, instead).encode()))


def sbom(**changes: object) -> str:
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "smtp-probe", "version": "0.1.0"}},
        "components": [{"type": "library", "name": "idna", "version": "3.7", "purl": "pkg:pypi/idna@3.7"}],
    }
    return json.dumps(document | changes)


NEEDS = (Requirement("idna>=3.7"),)


def test_a_bill_of_materials_is_held_to_its_schema_and_to_what_the_wheel_needs() -> None:
    pytest.importorskip("cyclonedx.validation.json", reason="the extra release is not installed")
    assert faults_of_sbom(sbom(), NEEDS) == []
    assert "not valid" in faults_of_sbom(sbom(bomFormat="other"), NEEDS)[0]
    assert faults_of_sbom(sbom(), (Requirement("h11"),)) == ["h11 is missing"]
    assert faults_of_sbom(sbom(components=[]), NEEDS) == ["idna is missing"]
    assert "names a path" in " ".join(faults_of_sbom(sbom(serialNumber="urn:uuid:file:///x"), ()))

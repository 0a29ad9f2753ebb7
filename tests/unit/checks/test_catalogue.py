"""Every check is registered, explained, and tested both speaking and content."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe import checks
from probe.checks import catalogue
from probe.checks.catalogue import Check, Side, all_checks, by_id, findings_of, side_of, title
from probe.facts.model import Facts
from probe.model.finding import Severity
from tests.support import facts as make
from tests.support.check_cases import Case
from tests.unit.checks.dialogue import test_bounce_reply, test_dialogue, test_log_reply
from tests.unit.checks.message import test_message
from tests.unit.checks.recipient import (
    test_log_volume,
    test_recipient,
    test_recipient_history,
    test_requiretls_offered,
)
from tests.unit.checks.sender import test_sender, test_sender_silent
from tests.unit.checks.vantage import test_clock, test_resolver_answers, test_sender_mta, test_vantage_address

# What stands in the folder without being a check.
CASES: tuple[Case, ...] = (
    *test_bounce_reply.CASES,
    *test_dialogue.CASES,
    *test_log_reply.CASES,
    *test_log_volume.CASES,
    *test_recipient_history.CASES,
    *test_message.CASES,
    *test_recipient.CASES,
    *test_requiretls_offered.CASES,
    *test_resolver_answers.CASES,
    *test_sender.CASES,
    *test_sender_silent.CASES,
    *test_sender_mta.CASES,
    *test_vantage_address.CASES,
    *test_clock.CASES,
)
PROBLEMS = {Severity.FATAL, Severity.ERROR, Severity.WARNING, Severity.NOTICE}
# These have nothing to find fault with: one says what was not given, one what was not made, one what failed.
WITHOUT_PROBLEM = {"message-missing", "not-reached", "internal"}
# These never have reason to be content: a desk is either known or not, a bounce never good news,
# history and advice judge nothing, REQUIRETLS is told where it is offered, a resolver that passes on what DNS
# says needs no word, that nothing failed is no news.
WITHOUT_OK = {
    "local-part-length",
    "reputation-desk",
    "bounce-reply",
    "log-reply",
    "log-volume",
    "recipient-history",
    "provider-notes",
    "regional-advice",
    "requiretls-offered",
    "resolver-answers",
    "internal",
}

ids = pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.ID)


def test_every_file_of_the_folder_is_registered_under_its_own_name() -> None:
    folders = {Side.SENDER: ("sender", "message"), Side.PROBE: ("vantage",)}
    for side in Side:
        paths = (Path(checks.__path__[0]) / folder for folder in folders.get(side, (side.value,)))
        files = {file.stem for path in paths for file in path.glob("*.py")} - {"__init__"}
        assert {it.ID.replace("-", "_") for it in all_checks() if side_of(it.ID) is side} == files


def test_ids_are_unique() -> None:
    named = [check.ID for check in all_checks()]
    assert len(named) == len(set(named))


def test_checks_come_in_the_order_of_the_steps() -> None:
    steps = [check.STEP for check in all_checks()]
    assert steps == sorted(steps)
    assert set(steps) == set(range(1, 10))


@ids
def test_a_check_explains_itself(check: Check) -> None:
    text = check.__doc__ or ""
    assert title(check).endswith("?")
    assert len(title(check)) <= 80
    assert "\nWhat to do: " in text
    assert "\nSource: " in text


@ids
def test_a_check_is_found_by_its_id_and_belongs_to_a_side(check: Check) -> None:
    assert by_id(check.ID) is check
    assert side_of(check.ID) in Side


def test_every_case_of_a_check_has_a_name_of_its_own() -> None:
    named = [(case.check, case.name) for case in CASES]
    assert [it for it in named if named.count(it) > 1] == []


def test_an_unknown_id_is_no_check() -> None:
    assert by_id("no-such-check") is None


@ids
def test_a_check_is_tested_speaking_and_content(check: Check) -> None:
    cases = [case for case in CASES if case.check == check.ID]
    records = {Severity(expected.split()[0]) for case in cases for expected in case.expected}
    assert check.ID in WITHOUT_PROBLEM or records & PROBLEMS
    assert check.ID in WITHOUT_OK or Severity.OK in records


@ids
def test_a_check_is_tested_not_knowing_or_not_applying(check: Check) -> None:
    cases = [case for case in CASES if case.check == check.ID]
    knows_always = {"recipient-typo"}
    assert check.ID in knows_always or any(
        not case.expected or any(expected.startswith("not_assessed ") for expected in case.expected)
        for case in cases
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check}: {case.name}")
def test_every_check_can_judge_the_facts_of_every_case(case: Case) -> None:
    for finding in findings_of(case.facts):
        assert finding.step == _check(finding.id).STEP or finding.id == "internal"  # in the place of another
        assert "\n" not in finding.message
        assert "None" not in finding.message.split(), finding.message
        if finding.severity in (Severity.FATAL, Severity.ERROR, Severity.WARNING):
            assert finding.message[-1] not in ".:", finding.message


def _check(identity: str) -> Check:
    result = by_id(identity)
    assert result is not None
    return result


@pytest.mark.parametrize("facts", [make.facts_unknown()], ids=["unknown"])
def test_unknown_is_not_no(facts: Facts) -> None:
    blamed = [f for f in findings_of(facts) if f.severity in PROBLEMS]
    # Where the probe stands is known even when nothing answers.
    assert {f.id for f in blamed} <= {"vantage-address"}


def test_a_healthy_pair_has_no_fault() -> None:
    faults = {Severity.FATAL, Severity.ERROR, Severity.WARNING}
    assert [f for f in findings_of(make.facts()) if f.severity in faults] == []


def test_a_domain_run_is_not_told_about_senders_and_mailboxes() -> None:
    findings = {finding.id for finding in findings_of(make.facts_of_domain())}
    assert not findings & {
        "spf",
        "recipient-address",
        "source-blocklist",
        "vantage-address",
        "message-missing",
    }
    assert findings >= {"recipient-mx", "starttls-offered", "certificate", "mta-sts"}


def test_equal_facts_give_equal_findings() -> None:
    assert findings_of(make.facts()) == findings_of(make.facts())


def test_the_catalogue_names_each_side_once() -> None:
    assert {side_of(check.ID) for check in catalogue.all_checks()} == set(Side)

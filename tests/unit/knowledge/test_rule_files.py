"""The tables beside the rules: causes, the registry of enhanced statuses, the cache of parsed files."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.knowledge import toml_import
from probe.knowledge.causes import causes
from probe.knowledge.enhanced_status import look_up, status_table
from probe.knowledge.rule_files import expression, sources
from probe.knowledge.rules import compute_digest, rules_digest
from probe.knowledge.scoring import scoring
from probe.model.reply import EnhancedStatus

CAUSES = (
    "user_unknown address_syntax mailbox_disabled mailbox_full recipient_refused bad_domain dns_failure "
    "relay_denied routing_loop connection_failed tls_problem server_error greylisted rate_limited "
    "ip_blocklisted poor_reputation sender_blocked sender_invalid rdns_helo auth_failed smtp_auth_required "
    "spam_content virus_attachment message_too_large message_malformed protocol_error policy_unspecified "
    "unknown expired"
)


def test_the_causes_are_those_of_the_vocabulary() -> None:
    assert set(causes()) == set(CAUSES.split())
    assert set(scoring()["prior"]) == set(causes())


@pytest.mark.parametrize("cause", causes().values(), ids=lambda cause: cause.id)
def test_a_cause_says_who_acts_and_when(cause) -> None:  # type: ignore[no-untyped-def]
    for conduct in (cause.transient, cause.permanent):
        assert conduct.fix_by in {
            "sender", "sender_network", "recipient", "recipient_admin", "either", "nobody"
        }  # fmt: skip
        assert conduct.retry in {"now", "later", "after_fix", "never"}
        assert conduct.retry != "later" or conduct.retry_after
    assert cause.steps[0] == 1 and set(cause.steps) <= set(range(1, 10))
    assert cause.action.endswith(".") and cause.title and cause.meaning and cause.source


def test_causes_that_pass_or_last_by_nature_say_so() -> None:
    assert {name for name, cause in causes().items() if cause.passes} >= {
        "rate_limited", "mailbox_full", "server_error", "greylisted"
    }  # fmt: skip
    assert {name for name, cause in causes().items() if cause.lasts} >= {
        "relay_denied", "sender_invalid", "bad_domain"
    }  # fmt: skip


def test_the_registry_is_complete() -> None:
    status = look_up(EnhancedStatus(5, 7, 25))
    assert status is not None and "RFC 7372" in status.reference and status.codes == (550,)
    assert look_up(EnhancedStatus(4, 0, 0)) is not None
    assert look_up(EnhancedStatus(5, 7, 509)) is None
    assert len(status_table()["status"]) == 81


def test_a_table_is_parsed_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("x = 1\n")
    items = 0

    def make() -> dict[str, object]:
        nonlocal items
        items += 1
        return toml_import.parse(file)

    def read() -> object:
        return toml_import.derive(tmp_path / "a.json", [file], make, keep=True)["x"]

    assert (read(), read(), items) == (1, 1, 1)
    file.write_text("x = 22\n")
    assert (read(), items) == (22, 2)
    (tmp_path / "__pycache__" / "a.json").write_text("not JSON")
    assert (read(), items) == (22, 3)


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("x = 1\n")
    (tmp_path / "__pycache__").write_text("a file where the cache would be")
    assert toml_import.load(file)["x"] == 1
    assert not list(tmp_path.glob("a.toml.json*"))


def test_a_table_that_cannot_be_finished_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "source.toml"
    source.write_text("a = 1")
    folder = tmp_path / "__pycache__" / "table.json"
    (folder / "in its place").mkdir(parents=True)
    assert toml_import.derive(tmp_path / "table.json", [source], lambda: {"a": 1}, keep=True) == {"a": 1}
    assert list(folder.parent.iterdir()) == [folder]


def test_the_digest_is_short_and_changes_with_any_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = compute_digest()["digest"]
    assert rules_digest() == before and len(before) == 12
    added = tmp_path / "more.toml"
    added.write_text("x = 1\n")
    files = [*sources(), added]
    monkeypatch.setattr("probe.knowledge.rules.sources", lambda: files)
    assert compute_digest()["digest"] != before


def test_the_alternatives_of_a_pattern_may_stand_in_a_list_and_each_in_parts() -> None:
    assert expression("a|b") == "a|b"
    assert expression(["a", ["b", "(?:c|d)"], "e"]) == "a|b(?:c|d)|e"


def test_the_step_at_fault_is_one_that_explain_sends_the_reader_to() -> None:
    for cause in causes().values():
        assert cause.at_fault is None or cause.at_fault in cause.steps, cause.id

"""The tables beside the rules: causes, the registry of enhanced statuses, the cache of parsed files."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from probe.knowledge import store, toml_import, toml_quick
from probe.knowledge.causes import causes
from probe.knowledge.enhanced_status import registered
from probe.knowledge.rules import rules_digest
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
    assert set(store.compiled()["scoring"]["prior"]) == set(causes())


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
    status = registered(EnhancedStatus(5, 7, 25))
    assert status is not None and "RFC 7372" in status.reference and status.codes == (550,)
    assert registered(EnhancedStatus(4, 0, 0)) is not None
    assert registered(EnhancedStatus(5, 7, 509)) is None
    assert len(store.compiled()["enhanced_status"]["status"]) == 81


def test_a_table_is_parsed_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("x = 1\n")
    made = 0

    def make() -> dict[str, object]:
        nonlocal made
        made += 1
        return toml_import.parse(file)

    def read() -> object:
        return toml_import.derived(tmp_path / "a.json", [file], make, keep=True)["x"]

    assert (read(), read(), made) == (1, 1, 1)
    file.write_text("x = 22\n")
    assert (read(), made) == (22, 2)
    (tmp_path / "__pycache__" / "a.json").write_text("not JSON")
    assert (read(), made) == (22, 3)


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("x = 1\n")
    (tmp_path / "__pycache__").write_text("a file where the cache would be")
    assert toml_import.load(file)["x"] == 1
    assert not list(tmp_path.glob("a.toml.json*"))


def test_the_digest_is_short_and_changes_with_any_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = rules_digest.__wrapped__
    before = digest()
    assert digest() == before and len(before) == 12
    added = tmp_path / "more.toml"
    added.write_text("x = 1\n")
    files = [*store.sources(), added]
    monkeypatch.setattr(store, "sources", lambda: files)
    assert digest() != before


@pytest.mark.parametrize("path", sorted(store.HERE.rglob("*.toml")), ids=lambda path: path.name)
def test_the_quick_reader_reads_what_tomllib_reads_or_leaves_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    quick = toml_quick.parse(text)
    assert quick is None or quick == tomllib.loads(text)


def test_the_tables_of_replies_are_plain_enough_for_the_quick_reader() -> None:
    slow = [
        path.name for path in store.sources() if toml_quick.parse(path.read_text(encoding="utf-8")) is None
    ]
    assert slow == []


@pytest.mark.parametrize(
    "text",
    [
        "a = 'single quotes'",
        "a.b = 1",
        '[a."b c"]',
        "[a]\nx = 1\n[a]\ny = 2",
        "a = 1\na = 2",
        "a = 1979-05-27",
        "a = [\n  1, # one\n]",
        "a = [\n  1,",
        "a = 1 2",
        'a = { "b c" = 1 }',
        "a",
        "[[a]]\n[a]",
        "a = '''two\nlines'''",
    ],
)
def test_what_is_not_plain_is_left_to_tomllib(text: str) -> None:
    assert toml_quick.parse(text) is None


def test_a_plain_table_is_read() -> None:
    text = 'a = [\n  "x", "{ y = 1 }",\n]\n[[r]]\nc = { k = 1, q-r = -2.5 } # why\n[s.t]\n"5.1" = true\n'
    assert toml_quick.parse(text) == tomllib.loads(text)


def test_an_array_with_comments_literals_and_arrays_in_it_is_read() -> None:
    text = """a = [
  # why, and how
  '''\\b[ :,]#"{0,4}''',
  [
    "x, ]",
    '''y''',
  ],
  # done
]
b = 1
"""
    assert toml_quick.parse(text) == tomllib.loads(text)


def test_the_alternatives_of_a_pattern_may_stand_in_a_list_and_each_in_parts() -> None:
    assert store.expression("a|b") == "a|b"
    assert store.expression(["a", ["b", "(?:c|d)"], "e"]) == "a|b(?:c|d)|e"

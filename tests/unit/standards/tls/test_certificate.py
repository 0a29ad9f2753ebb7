"""Reading and judging certificates."""

from datetime import UTC, datetime, timedelta

import pytest

from probe.model.reason import Reason
from probe.model.trust import Trust
from probe.standards.tls.certificate import name_matches, problems, read_certificate
from probe.standards.tls.results import Certificate
from probe.wording.spoken import clauses
from tests.support.certificates import authority, issue
from tests.support.reasons import TRUSTED, spoken


def named(*names: str) -> Certificate:
    return Certificate("CN=x", "CN=y", names, "2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z", "EC 256", "00")


def test_a_certificate_is_read_from_der() -> None:
    leaf = issue("MX.Test", "*.mx.test", by=authority("The Root"))
    read = read_certificate(leaf.der)
    assert read.names == ("mx.test", "*.mx.test")
    assert (read.subject, read.issuer, read.key) == ("CN=MX.Test", "CN=The Root", "EC 256")
    assert len(read.sha256) == 64
    assert read.not_before < read.not_after and read.not_after.endswith("Z")


def test_the_common_name_stands_in_when_there_are_no_names() -> None:
    assert read_certificate(issue(common_name="old.test").der).names == ("old.test",)


def test_what_is_no_certificate_is_an_error() -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_certificate(b"not DER")


@pytest.mark.parametrize(
    ("name", "host", "covers"),
    [
        ("mx.example.com", "mx.example.com", True),
        ("MX.Example.COM", "mx.example.com.", True),
        ("*.example.com", "mx.example.com", True),
        ("*.example.com", "a.mx.example.com", False),
        ("*.example.com", "example.com", False),
        ("m*.example.com", "mx.example.com", False),
        ("mx.*.com", "mx.example.com", False),
        ("*.com", "example.com", False),
        ("*", "localhost", False),
        ("*.example.com", ".example.com", False),
        ("mx.example.com", "mx.example.org", False),
    ],
)
def test_names_and_wildcards(name: str, host: str, covers: bool) -> None:
    assert name_matches(named(name), host) is covers


AT = datetime(2026, 6, 1, tzinfo=UTC)


def test_a_good_certificate_has_no_problem() -> None:
    assert problems(named("mx.test"), "mx.test", AT, TRUSTED) == ()


@pytest.mark.parametrize(
    ("at", "trust", "expected"),
    [
        (AT + timedelta(days=900), TRUSTED, ("expired 2026-12-31",)),
        (AT - timedelta(days=900), TRUSTED, ("not valid before 2026-01-01",)),
        (AT + timedelta(days=900), Reason(Trust.REFUSED, text="too old"), ("expired 2026-12-31",)),
        (AT, Reason(Trust.SELF_SIGNED), ("not trusted: self-signed",)),
        (AT, Reason(Trust.NO_STORE), ()),
        (None, TRUSTED, ()),
    ],
)
def test_each_problem_is_said_once(
    at: datetime | None, trust: Reason[Trust], expected: tuple[str, ...]
) -> None:
    assert clauses(problems(named("mx.test"), "mx.test", at, trust)) == expected


def test_a_wrong_name_says_which_names_there_are() -> None:
    (problem,) = problems(named("a.test", "b.test"), "mx.test", AT, TRUSTED)
    assert spoken(problem) == "issued for a.test, b.test, not for mx.test"

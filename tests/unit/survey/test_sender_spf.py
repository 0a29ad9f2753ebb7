"""SPF of a sender where DNS is silent: what receivers find past an unanswered question is not known."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from probe.standards.dns.message import Status
from probe.standards.spf.results import SpfVerdict
from probe.survey.sender import spf_of_helo
from probe.wording.spoken import spoken
from tests.support.dns_zone import Table, Zone

IP = ip_address("192.0.2.10")
PTR = "PTR 10.2.0.192.in-addr.arpa"


def verdict(record: str, zone: Zone) -> tuple[SpfVerdict, str | None, str]:
    result = Table({"TXT example.org": [record], **zone}).drive(spf_of_helo(IP, "example.org"))
    assert result is not None
    return result.verdict, result.matched, spoken(result.problem) if result.problem else ""


@pytest.mark.parametrize("status", [Status.TIMEOUT, Status.SERVFAIL, Status.REFUSED])
@pytest.mark.parametrize("end", ["-all", "~all", "?all", ""])
def test_what_follows_an_unanswered_ptr_is_not_known(end: str, status: Status) -> None:
    outcome, matched, problem = verdict(f"v=spf1 ptr {end}", {PTR: status})
    assert (outcome, matched) == (SpfVerdict.TEMPERROR, None)
    assert problem.startswith(f"{PTR}: ")


def test_an_answer_or_another_term_settles_it() -> None:
    assert verdict("v=spf1 ptr -all", {})[0] is SpfVerdict.FAIL
    assert verdict("v=spf1 ptr ip4:192.0.2.10 -all", {PTR: Status.TIMEOUT})[0] is SpfVerdict.PASS
    assert verdict("v=spf1 -ip4:192.0.2.10 ptr -all", {PTR: Status.TIMEOUT})[0] is SpfVerdict.FAIL

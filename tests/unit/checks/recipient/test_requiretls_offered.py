"""REQUIRETLS in the answer to EHLO: told where it is offered, and nowhere blamed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from probe.checks.catalogue import findings_of
from probe.facts.model import Facts
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, parametrize

ID = "requiretls-offered"
OFFERS = make.extensions(("SIZE", "1000000"), ("REQUIRETLS", ""))
LACKS = make.extensions(("SIZE", "1000000"))
IN_CLEAR = make.tls(established=False, certificate=None)


def sessions(*items: dict[str, Any]) -> Facts:
    return make.facts(
        sessions=tuple(
            make.session(number, mx_host=f"mx{number}.example", **changes)
            for number, changes in enumerate(items, 1)
        )
    )


BOTH = sessions({"extensions": OFFERS}, {"extensions": LACKS})
CASES = (
    Case(ID, "offered", sessions({"extensions": OFFERS}), ("notice requiretls-offered",),
         ("mx1.example", "verified TLS")),
    Case(ID, "offered by every host", sessions({"extensions": OFFERS}, {"extensions": OFFERS}),
         ("notice requiretls-offered",), ("mx1.example and mx2.example",)),
    Case(ID, "by one of two", BOTH, ("notice requiretls-not-everywhere",),
         ("but not by mx2.example", "every mail host")),
    Case(ID, "not offered: ordinary mail lacks nothing", sessions({"extensions": LACKS}), ()),
    Case(ID, "before TLS only", sessions({"plain_extensions": OFFERS, "extensions": LACKS}), ()),
    Case(ID, "without TLS", sessions({"plain_extensions": OFFERS, "extensions": OFFERS, "tls": IN_CLEAR}),
         ("notice requiretls-in-clear",), ("without TLS",)),
    Case(ID, "no EHLO response", make.facts(sessions=()), ("not_assessed requiretls-not-seen",)),
)  # fmt: skip


@parametrize(CASES)
def test_requiretls(case: Case) -> None:
    assert_case(case)


def test_a_domain_run_reports_it() -> None:
    facts = replace(make.facts_of_domain(), sessions=sessions({"extensions": OFFERS}).sessions)
    assert [f.tag for f in findings_of(facts) if f.id == ID] == ["requiretls-offered"]

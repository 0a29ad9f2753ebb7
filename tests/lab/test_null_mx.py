"""The root as mail host, in forms that RFC 7505 does not allow: Postfix takes no mail there, nor do we where
no mail server of another kind is on this host (the sender cases have those)."""

from __future__ import annotations

import pytest

from tests.lab.test_dane import by_postfix
from tests.lab.world import World

pytestmark = pytest.mark.lab


@pytest.mark.parametrize("domain", ["nullbeside.test", "rootbeside.test", "root.test"])
def test_no_mail_goes_there(world: World, domain: str) -> None:
    result = by_postfix(world, domain)
    assert f"Domain {domain} does not accept mail (nullMX)" in result, result
    run = world.probe("domain", domain, "--allow-private")
    assert (run.exit_code, run.verdict["cause"]) == (1, "bad_domain"), run.verdict
    (finding,) = [it for it in run.report["findings"] if it["id"] == "recipient-mx"]
    assert finding["severity"] == "fatal" and "RFC 7505" in finding["remedy"], finding

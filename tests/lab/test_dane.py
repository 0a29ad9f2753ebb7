"""DANE over signed zones as Postfix has it: posttls-finger, its own client, and the probe come to one end."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.lab.world import World

pytestmark = pytest.mark.lab

# The domain (tests/lab/config/zones/test.zone), what the probe is to say of it, and where the TLSA stands.
DOMAINS = [
    ("secure.test", "matched", "mx.secure.test"),
    ("danefail.test", "mismatched", "mx.danefail.test"),
    ("alias.test", "matched", "mx.secure.test"),
    ("aliasstale.test", "mismatched", "mx.danefail.test"),
    ("aliasown.test", "matched", "mail.aliasown.test"),
    ("aliasout.test", "matched", "mail.aliasout.test"),
    ("aliasoutstale.test", "mismatched", "mail.aliasoutstale.test"),
    ("digest.test", "mismatched", "mx.digest.test"),
    ("nexthop.test", "matched", "mx.nexthop.test"),
    ("unnamed.test", "mismatched", "mx.unnamed.test"),
    ("unusable.test", "unusable", "mx.unusable.test"),
]

_NOT_VERIFIED = re.compile(r"(?:Unt|T)rusted TLS connection established")


def by_postfix(world: World, domain: str) -> str:
    """What Postfix's client says at the security level dane."""
    program = shutil.which("posttls-finger", path="/usr/sbin:/usr/bin")
    assert program is not None, "posttls-finger is part of the package postfix"
    config = {"MAIL_CONFIG": str(world.space.directory / "postfix")}
    run = world.space.run([program, "-c", "-l", "dane", "-L", "summary,untrusted", domain], more=config)
    return run.stdout + run.stderr


@pytest.mark.parametrize(("domain", "status", "base"), DOMAINS, ids=lambda it: it)
def test_postfix_comes_to_the_same(world: World, domain: str, status: str, base: str) -> None:
    result = by_postfix(world, domain)
    run = world.probe("domain", domain, "--allow-private")
    (dane,) = run.report["dns"]["dane"]
    assert dane["status"] == status, dane
    # for a raw public key (RFC 7250) Postfix from 3.9 on takes any record, one of a weaker digest, too
    is_verified = status == "matched" or (domain == "digest.test" and "raw public key" in result)
    assert ("Verified TLS connection established" in result) is is_verified, result
    assert bool(_NOT_VERIFIED.search(result)) is not is_verified, result
    (finding,) = [it for it in run.report["findings"] if it["id"] == "dane"]
    assert f"dns:TLSA:_25._tcp.{base}" in finding["evidence"], finding
    assert base in finding["message"], finding

"""Checks of the sender's side where DNS is silent about one of two things that carry each other."""

from __future__ import annotations

from typing import Any

from probe.facts.model import Facts
from probe.model.dkim_key import KeyReason, KeyWhy
from probe.model.signing import KeyOrigin
from probe.standards.dkim.results import KeyStatus
from probe.standards.dmarc.results import Alignment
from probe.standards.spf.results import SpfVerdict
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, parametrize

UNUSABLE = make.key(status=KeyStatus.MALFORMED, problems=(KeyWhy(KeyReason.NO_BASE64),))
SILENT = make.spf(SpfVerdict.TEMPERROR, record=None, matched=None)


def keys(*result: Any, **changes: Any) -> Facts:
    return make.facts(sender=make.sender_facts(dkim=result, **changes))


# fmt: off
CASES = (
    Case("dkim-keys", "DNS silent about a guess",
         keys(make.key(status=KeyStatus.UNKNOWN, origin=KeyOrigin.COMMON)),
         ("not_assessed dkim-keys-unanswered",), ("Give --selector",)),
    Case("dkim-keys", "missing, and DNS silent about SPF", keys(make.key(status=KeyStatus.MISSING),
         spf=SILENT), ("warning dkim-key-missing-spf-not-known",), ("signatures with s=s1 fail",)),
    Case("dkim-keys", "missing, and SPF was not asked about", keys(make.key(status=KeyStatus.MISSING),
         spf=None), ("error dkim-key-missing",)),
    Case("dkim-keys", "revoked, and whether SPF aligns is not known",
         keys(make.key(status=KeyStatus.REVOKED), alignment=Alignment(None, None)),
         ("warning dkim-key-revoked-spf-not-known",), ("revoked",)),
    Case("dkim-keys", "unusable, and DNS silent about SPF", keys(UNUSABLE, spf=SILENT),
         ("warning dkim-key-unusable-spf-not-known",), ("p= is not valid base64",)),
    Case("dkim-weak-key", "512 where DNS is silent about SPF", keys(make.key(status=KeyStatus.UNUSABLE,
         key_type="rsa", key_bits=512), spf=SILENT), ("warning dkim-key-too-short-spf-not-known",), ("512",)),
    Case("spf", "permerror, and DNS silent about the key",
         keys(make.key(status=KeyStatus.UNKNOWN), spf=make.spf(SpfVerdict.PERMERROR),
              alignment=Alignment(True, None)),
         ("warning spf-permerror-dkim-not-known",)),
    Case("dmarc-alignment", "DNS silent about the given key", keys(make.key(status=KeyStatus.UNKNOWN),
         spf=make.spf(SpfVerdict.FAIL), alignment=Alignment(True, None)),
         ("not_assessed dmarc-alignment-not-known",),
         ("DKIM is not known, for DNS gave no usable answer about its key",)),
)
# fmt: on


@parametrize(CASES)
def test_check(case: Case) -> None:
    assert_case(case)

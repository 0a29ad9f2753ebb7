"""Whether DMARC can pass over SPF or DKIM: yes, no, or unknown, and never one for another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.checks.judging.dmarc_paths import dkim_path, enforces, signature_aligns, spf_path
from probe.facts.model import Facts
from probe.model.dmarc_record import DmarcReason, DmarcWhy
from probe.model.sighting import AddressBasis
from probe.model.signing import KeyOrigin, SignatureVerdict
from probe.reading.message.results import SignatureResult
from probe.standards.dkim.results import KeyResult, KeyStatus
from probe.standards.dmarc.results import Alignment, DmarcResult
from probe.standards.spf.results import SpfVerdict
from tests.support import facts as make

OWN, FOREIGN = make.SENDER.domain, "elsewhere.example"
BROKEN = (KeyStatus.MISSING, KeyStatus.REVOKED, KeyStatus.MALFORMED, KeyStatus.UNUSABLE)


@pytest.mark.parametrize(
    ("policy", "acts"), [("reject", True), ("quarantine", True), ("none", False), (None, False)]
)
def test_two_policies_ask_receivers_to_act(policy: str | None, acts: bool) -> None:
    assert enforces(make.dmarc(policy)) is acts


def test_what_applies_counts_and_not_what_the_record_says() -> None:
    assert enforces(make.dmarc("reject", applied_policy="none")) is False
    assert enforces(make.dmarc("none", applied_policy="reject")) is True


def test_without_discovery_nothing_is_asked() -> None:
    assert enforces(None) is False


def over_spf(verdict: SpfVerdict | None, aligned: bool | None) -> bool | None:
    spf = make.spf(verdict) if verdict is not None else None
    sender = make.sender_facts(spf=spf, alignment=Alignment(spf=aligned, dkim=None))
    return spf_path(make.facts(sender=sender))


@pytest.mark.parametrize("verdict", [None, *SpfVerdict])
def test_what_does_not_align_cannot_pass_whatever_spf_says(verdict: SpfVerdict | None) -> None:
    assert over_spf(verdict, False) is False


@pytest.mark.parametrize("aligned", [True, None])
@pytest.mark.parametrize("verdict", [None, *SpfVerdict])
def test_spf_carries_dmarc_only_where_it_passes(verdict: SpfVerdict | None, aligned: bool | None) -> None:
    passes, unknown = SpfVerdict.PASS, (None, SpfVerdict.TEMPERROR)
    expected = aligned if verdict is passes else None if verdict in unknown else False
    assert over_spf(verdict, aligned) is expected


@pytest.mark.parametrize("basis", AddressBasis)
@pytest.mark.parametrize("verdict", SpfVerdict)
def test_what_spf_says_of_an_address_that_one_server_alone_names_is_not_known(
    verdict: SpfVerdict, basis: AddressBasis
) -> None:
    sender = make.sender_facts(spf=make.spf(verdict), alignment=Alignment(spf=True, dkim=None))
    facts = make.facts(sender=sender, vantage=make.vantage(basis=basis))
    depends_on_address = verdict in (SpfVerdict.FAIL, SpfVerdict.SOFTFAIL, SpfVerdict.NEUTRAL)
    expected = (
        None if basis is AddressBasis.SAID and depends_on_address else spf_path(make.facts(sender=sender))
    )
    assert spf_path(facts) is expected


def over_keys(*keys: KeyResult, aligned: bool | None = True) -> bool | None:
    sender = make.sender_facts(dkim=keys, alignment=Alignment(spf=None, dkim=aligned))
    return dkim_path(make.facts(sender=sender, message=None))


def guessed(status: KeyStatus, selector: str = "guess") -> KeyResult:
    return make.key(selector, status, origin=KeyOrigin.COMMON)


@pytest.mark.parametrize("status", BROKEN)
@pytest.mark.parametrize("origin", [KeyOrigin.GIVEN, KeyOrigin.MESSAGE])
def test_a_named_key_that_is_broken_cannot_carry(status: KeyStatus, origin: KeyOrigin) -> None:
    assert over_keys(make.key(status=status, origin=origin)) is False


@pytest.mark.parametrize("status", BROKEN)
def test_one_named_key_that_is_not_broken_keeps_the_path_open(status: KeyStatus) -> None:
    assert over_keys(make.key("a", status), make.key("b")) is True
    assert over_keys(make.key("a", status), make.key("b", KeyStatus.UNKNOWN)) is True


def test_a_broken_guess_beside_a_named_key_does_not_matter() -> None:
    assert over_keys(make.key("a"), guessed(KeyStatus.MISSING)) is True
    assert over_keys(make.key("a", KeyStatus.UNKNOWN), guessed(KeyStatus.MISSING)) is True
    assert over_keys(make.key("a", KeyStatus.MISSING), guessed(KeyStatus.VALID)) is False


@pytest.mark.parametrize("status", [*BROKEN, KeyStatus.UNKNOWN])
def test_guesses_that_find_no_key_prove_nothing(status: KeyStatus) -> None:
    assert over_keys(guessed(status)) is None
    assert over_keys(guessed(status), guessed(status, "other"), aligned=False) is None
    assert over_keys() is None


@pytest.mark.parametrize("aligned", [True, False, None])
def test_one_guess_that_finds_a_key_leaves_it_to_alignment(aligned: bool | None) -> None:
    assert over_keys(guessed(KeyStatus.MISSING), guessed(KeyStatus.VALID, "b"), aligned=aligned) is aligned
    assert over_keys(make.key(), aligned=aligned) is aligned


def signed(*signatures: tuple[str, str], dmarc: DmarcResult | None = None) -> Facts:
    message = make.message(
        signatures=tuple(SignatureResult(domain, "s1", SignatureVerdict(text)) for domain, text in signatures)
    )
    sender = make.sender_facts(dmarc=dmarc or make.dmarc(), dkim=(), alignment=Alignment(None, True))
    return make.facts(message=message, sender=sender)


@pytest.mark.parametrize(
    ("signatures", "path"),
    [
        ([(OWN, "pass")], True),
        ([(OWN, "fail"), (OWN, "pass")], True),
        ([(OWN, "unknown"), (OWN, "pass")], True),
        ([(OWN, "unknown")], None),
        ([(OWN, "fail"), (OWN, "unknown")], None),
        ([(OWN, "fail")], False),
        ([(FOREIGN, "pass")], False),
        ([(FOREIGN, "unknown"), (OWN, "fail")], False),
        ([], False),
    ],
)
def test_with_the_message_its_own_signatures_decide(
    signatures: list[tuple[str, str]], path: bool | None
) -> None:
    assert dkim_path(signed(*signatures)) is path


def test_with_the_message_keys_that_sign_nothing_do_not_count() -> None:
    facts = signed((OWN, "fail"))
    assert dkim_path(replace(facts, sender=replace(facts.sender, dkim=(make.key(),)))) is False


def aligns(domain: str, mode: str | None, organization: str = "sender.example") -> bool:
    record = make.dmarc_record(adkim=mode) if mode else None
    author = f"mail.{organization}"
    result = make.dmarc(record=record, author_domain=author, organizational_domain=organization)
    return signature_aligns(result, SignatureResult(domain, "s1", SignatureVerdict.PASS))


@pytest.mark.parametrize(
    ("domain", "relaxed", "strict"),
    [
        ("mail.sender.example", True, True),
        ("sender.example", True, False),
        ("other.sender.example", True, False),
        ("a.mail.sender.example", True, False),
        ("notsender.example", False, False),
        ("example", False, False),
        (FOREIGN, False, False),
    ],
)
def test_a_signature_aligns_by_the_mode_of_the_record(domain: str, relaxed: bool, strict: bool) -> None:
    assert aligns(domain, "r") is relaxed
    assert aligns(domain, None) is relaxed, "without a record the default is relaxed"
    assert aligns(domain, "s") is strict


def test_without_discovery_no_signature_aligns() -> None:
    assert signature_aligns(None, SignatureResult(OWN, "s1", SignatureVerdict.PASS)) is False


@pytest.mark.parametrize(
    ("silent", "mode", "domain", "path"),
    [
        ("_dmarc.sender.example", None, "sender.example", None),
        ("_dmarc.sender.example", "r", "other.sender.example", None),
        ("_dmarc.sender.example", "s", "sender.example", False),
        ("_dmarc.sender.example", None, FOREIGN, False),
        ("_dmarc.news.sender.example", None, "sender.example", False),
    ],
)
def test_a_signature_may_align_where_dns_did_not_answer_for_a_name_above_both(
    silent: str, mode: str | None, domain: str, path: bool | None
) -> None:
    dmarc = make.dmarc(
        record=make.dmarc_record(adkim=mode) if mode else None,
        author_domain="news.sender.example",
        organizational_domain="news.sender.example",
        unknown=mode is None,
        unanswered=(DmarcWhy(DmarcReason.UNANSWERED, host=silent, rtype="TXT"),),
    )
    assert dkim_path(signed((domain, "pass"), dmarc=dmarc)) is path
    assert dkim_path(signed((domain, "fail"), dmarc=dmarc)) is False

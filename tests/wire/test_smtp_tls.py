"""STARTTLS on loopback: what is seen, what is refused, what is injected."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from probe.facts.session import Session, TlsFacts
from probe.model.reply import Stage
from probe.model.session import EndReason, Stop
from probe.model.target import TlsMode
from probe.net import tls
from probe.recording import events as ev
from probe.standards.smtp.results import Deviation
from tests.support.certificates import IssuedCertificate, authority, issue, server_context
from tests.support.reasons import spoken
from tests.support.sessions import HASTY, PATIENT, PLAN, Run
from tests.support.smtp_server import (
    Script,
    SmtpServer,
    Step,
    answer,
    drop,
    expect,
    gulp,
    reset,
    say,
    say_raw,
    silence,
    starttls,
)

OFFER = [say("220 hi"), answer("EHLO", "250-mx.test", "250 STARTTLS")]
AGREED = [*OFFER, answer("STARTTLS", "220 go")]
INSIDE = [
    answer("EHLO", "250-mx.test", "250 SIZE 7"),
    answer("MAIL", "250 ok"),
    answer("RCPT", "250 ok"),
    answer("QUIT", "221 bye"),
]


async def held(
    script: Script, *, hasty: bool = False, mode: TlsMode = TlsMode.AUTO, roots: Path | None = None
) -> tuple[Session, TlsFacts, SmtpServer, Run]:
    run = Run()
    async with SmtpServer(script) as server:
        budgets = HASTY if hasty else PATIENT
        roots_file = str(roots) if roots else None
        await run.session(server.port, replace(PLAN, tls=mode), budgets=budgets, tls_roots=roots_file)
        await server.finished()
    (session,) = run.sessions
    assert session.tls is not None
    return session, session.tls, server, run


def secured_by(folder: Path, leaf: IssuedCertificate, *chain: IssuedCertificate) -> Script:
    return [*AGREED, starttls(server_context(folder, leaf, *chain)), *INSIDE]


async def test_a_trusted_certificate_of_the_right_name(tmp_path: Path) -> None:
    root = authority()
    roots = tmp_path / "roots.pem"
    roots.write_bytes(root.pem)
    leaf = issue("mx.test", by=root)
    session, records, server, _ = await held(secured_by(tmp_path, leaf, root), roots=roots)
    assert records.established and records.offered
    assert records.version == "TLSv1.3" and records.cipher
    assert records.chain == (leaf.der, root.der)
    assert records.trusted is True and records.name_matches is True and records.problems == ()
    assert session.extensions is not None and session.extensions.size_limit == 7
    assert session.plain_extensions is not None and session.plain_extensions.size_limit is None
    assert server.verbs == ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "QUIT"]
    assert session.end is EndReason.QUIT


@pytest.mark.parametrize(
    ("leaf", "problem"),
    [
        (issue("mx.test"), "not trusted: self-signed"),
        (issue("mx.test", by=authority("Another Root")), "not trusted: no trusted authority issued it"),
        (issue("mx.test", by=authority(), days=(-9, -2)), "expired "),
        (issue("mx.test", by=authority(), days=(2, 9)), "not valid before "),
        (issue("other.test", by=authority()), "issued for other.test, not for mx.test"),
    ],
)
async def test_a_bad_certificate_is_reported_and_does_not_stop_the_dialogue(
    tmp_path: Path, leaf: IssuedCertificate, problem: str
) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(authority().pem)
    session, records, _, _ = await held(secured_by(tmp_path, leaf), roots=roots)
    assert [match for match in records.problems if spoken(match).startswith(problem)] == list(
        records.problems
    )
    assert len(records.problems) == 1
    rcpt = session.exchange(Stage.RCPT)
    assert rcpt is not None and rcpt.reply is not None and rcpt.reply.code == 250


@pytest.mark.parametrize(
    "leaf",
    [
        issue("mx.test"),
        issue("mx.test", by=authority(), days=(-9, -2)),
        issue("other.test", by=authority()),
    ],
)
async def test_a_bad_certificate_ends_the_dialogue_when_tls_is_required(
    tmp_path: Path, leaf: IssuedCertificate
) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(authority().pem)
    script = [*AGREED, starttls(server_context(tmp_path, leaf)), answer("QUIT", "221 bye")]
    session, records, server, _ = await held(script, mode=TlsMode.REQUIRE, roots=roots)
    assert server.verbs == ["EHLO", "STARTTLS", "QUIT"]
    assert records.established and records.problems
    assert (session.end, session.stop) == (EndReason.QUIT, Stop.TLS_NOT_VERIFIED)


async def test_a_good_certificate_is_enough_when_tls_is_required(tmp_path: Path) -> None:
    root = authority()
    roots = tmp_path / "roots.pem"
    roots.write_bytes(root.pem)
    leaf = issue("mx.test", by=root)
    session, _, _, _ = await held(secured_by(tmp_path, leaf, root), mode=TlsMode.REQUIRE, roots=roots)
    assert session.exchange(Stage.RCPT) is not None


async def test_refused_starttls(tmp_path: Path) -> None:
    session, records, _, _ = await held(
        [*OFFER, answer("STARTTLS", "454 4.7.0 not now"), answer("QUIT", "221 bye")]
    )
    assert (records.offered, records.established) == (True, False)
    assert spoken(records.fault) == "refused: 454 4.7.0 not now"
    assert session.stop is Stop.TLS_REFUSED


@pytest.mark.parametrize("step", [say_raw(b"this is not TLS\r\n" * 3), drop(), reset()])
async def test_a_broken_handshake_is_a_failure_with_a_word_on_it(step: Step) -> None:
    session, records, _, run = await held([*AGREED, gulp(), step])
    assert not records.established and records.fault
    assert session.exchange(Stage.MAIL) is None
    assert run.recording.last(ev.TlsFailed) is not None
    assert session.end is not None


async def test_a_silent_handshake_times_out() -> None:
    session, records, _, _ = await held([*AGREED, silence()], hasty=True)
    assert not records.established and spoken(records.fault).startswith("no handshake within")
    assert session.end is EndReason.TIMEOUT


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_tls_only_is_a_failed_handshake(tmp_path: Path) -> None:
    context = server_context(tmp_path, issue("mx.test"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    _, records, _, _ = await held([*AGREED, starttls(context)])
    assert not records.established and records.fault


async def test_plaintext_behind_the_220_is_named_and_not_believed(tmp_path: Path) -> None:
    script = [*OFFER, answer("STARTTLS", "220 go", "250-evil", "250 SIZE 1")]
    script += [starttls(server_context(tmp_path, issue("mx.test"))), *INSIDE]
    session, records, _, _ = await held(script)
    result = session.exchange(Stage.STARTTLS)
    assert result is not None and result.deviations == (Deviation.INJECTED_BEFORE_TLS,)
    assert records.established and not session.desynchronised
    assert session.extensions is not None and session.extensions.size_limit == 7


async def test_half_a_line_of_plaintext_behind_the_220_is_named_too(tmp_path: Path) -> None:
    script = [*OFFER, expect("STARTTLS"), say_raw(b"220 go\r\n250 ev")]
    script += [starttls(server_context(tmp_path, issue("mx.test"))), *INSIDE]
    session, _, _, _ = await held(script)
    result = session.exchange(Stage.STARTTLS)
    assert result is not None and result.deviations == (Deviation.INJECTED_BEFORE_TLS,)
    rcpt = session.exchange(Stage.RCPT)
    assert rcpt is not None and rcpt.usable


async def test_required_and_not_offered_stops_before_mail() -> None:
    script = [say("220 hi"), answer("EHLO", "250 mx.test"), answer("QUIT", "221 bye")]
    session, records, server, _ = await held(script, mode=TlsMode.REQUIRE)
    assert server.verbs == ["EHLO", "QUIT"]
    assert records.offered is False
    assert session.stop is Stop.TLS_NOT_OFFERED


async def test_never_says_nothing_of_tls() -> None:
    script = [*OFFER, *INSIDE[1:]]
    _, records, server, _ = await held(script, mode=TlsMode.NEVER)
    assert "STARTTLS" not in server.verbs
    assert (records.offered, records.established, records.fault) == (True, False, None)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("mx.example.com", "mx.example.com"),
        ("mx.example.com.", "mx.example.com"),
        ("192.0.2.1", None),
        ("[192.0.2.1]", None),
        ("2001:db8::1", None),
        ("a..b", None),
        ("a" * 64 + ".example", None),
        ("", None),
    ],
)
def test_the_name_for_sni_is_a_host_name_or_none(host: str, name: str | None) -> None:
    assert tls.server_name(host) == name


def test_without_a_trust_store_trust_is_not_judged(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_bytes(b"")
    result = tls.HandshakeResult("TLSv1.3", "x", (issue("mx.test").der,), chain_complete=True)
    assert not tls.trust_of(result, datetime.now(UTC), str(empty)).tag.is_judged


def test_a_leaf_without_its_chain_is_not_called_untrusted(tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(authority().pem)
    leaf = issue("mx.test", by=authority("Intermediate"))
    result = tls.HandshakeResult("TLSv1.3", "x", (leaf.der,), chain_complete=False)
    assert not tls.trust_of(result, datetime.now(UTC), str(roots)).tag.is_judged

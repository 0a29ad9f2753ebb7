"""What holds for the pairing of replies with commands, whatever came in which order."""

from hypothesis import given
from hypothesis import strategies as st

from probe.facts.sessions import sessions_of
from probe.model.observed import HandshakeFault
from probe.model.reason import Reason
from probe.model.session import EndReason, Experiment
from probe.model.trust import Trust
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.smtp.transcript import Transcript
from tests.support.reasons import WHY
from tests.support.sessions import LOOPBACK, Run

replies = st.sampled_from(
    [b"250 ok\r\n", b"550 no\r\n", b"220 hi\r\n", b"250-a\r\n250 STARTTLS\r\n", b"421 bye\r\n", b"55"]
)
commands = st.sampled_from(
    [b"EHLO x\r\n", b"STARTTLS\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<a@b>\r\n", b"QUIT\r\n", b"?"]
)
chunks = st.one_of(replies, st.binary(max_size=20))
trust = st.builds(Reason, st.sampled_from(Trust), text=st.text())
faults = st.builds(Reason, st.sampled_from(HandshakeFault), text=st.text())
session_events = st.one_of(
    st.builds(ev.Sent, st.just(1), st.just(1), commands),
    st.builds(ev.Received, st.just(1), st.just(1), chunks),
    st.just(ev.Connected(1, 1, LOOPBACK)),
    st.builds(ev.TlsEstablished, st.just(1), st.just(1), st.text(), st.text(), st.just((b"junk",)), trust),
    st.builds(ev.TlsFailed, st.just(1), st.just(1), faults),
    st.builds(ev.SessionClosed, st.just(1), st.just(1), st.sampled_from(EndReason)),
)


@given(st.lists(session_events, max_size=25))
def test_any_recording_can_be_read(happened: list[ev.SessionEvent]) -> None:
    opened = ev.SessionOpened(1, 1, "mx.test", LOOPBACK, 25, Experiment.TARGET, WHY)
    (session,) = sessions_of(Recording.of([Run().recording.started, opened, *happened]))
    refs = [exchange.ref for exchange in session.exchanges]
    assert len(refs) == len(set(refs))
    for exchange in session.exchanges:
        assert exchange.usable <= (exchange.reply is not None)
        assert exchange.elapsed_ms >= 0


@given(st.lists(replies, max_size=12), st.integers(0, 6))
def test_nothing_is_usable_once_replies_and_commands_disagree(octets: list[bytes], text: int) -> None:
    transcript = Transcript()
    transcript.connected(0)
    for data in octets:
        transcript.received(data, 0)
    was_out = transcript.out_of_step
    for _ in range(text):
        transcript.sent(b"RCPT TO:<a@b>\r\n", 0)
        transcript.received(b"250 ok\r\n", 0)
    if was_out:
        assert not any(entry.usable for entry in transcript.entries[1:])

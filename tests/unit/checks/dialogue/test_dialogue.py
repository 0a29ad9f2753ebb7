"""The checks that read what the server answered (steps 1, 3, 4, 6, 7, 8, 9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from probe.facts.model import Facts
from probe.model.address import Mailbox
from probe.model.exhaustion import Shortage
from probe.model.fault import Fault
from probe.model.observed import Gap, Part
from probe.model.program_part import ProgramPart
from probe.model.reason import Reason
from probe.model.reply import Reply, Stage
from probe.model.session import EndReason, Experiment
from probe.model.target import Options, PairTarget
from probe.recording.events import NotReached
from probe.standards.smtp.results import Deviation
from tests.support import facts as make
from tests.support.barred import BARRED
from tests.support.check_cases import Case, assert_case, parametrize


def rcpt(reply: Reply) -> Facts:
    return make.facts(sessions=(make.session(exchanges=make.exchanges(reply)),))


def with_session(**changes: Any) -> Facts:
    return make.facts(sessions=(make.session(**changes),))


def deviating(stage: Stage, *deviations: Deviation) -> Facts:
    text = (*make.exchanges(), make.exchange(Stage.QUIT, make.reply(221, "2.0.0 bye"), "QUIT"))
    spoiled = tuple(replace(e, deviations=deviations) if e.stage is stage else e for e in text)
    return with_session(exchanges=spoiled)


def control(reply: Reply, to: str, experiment: Experiment = Experiment.POSTMASTER) -> Facts:
    second = make.session(2, experiment=experiment, exchanges=make.exchanges(reply, session=2, to=to))
    return make.facts(sessions=(make.session(), second))


def greeting(reply: Reply) -> Facts:
    return with_session(
        exchanges=(make.exchange(Stage.GREETING, reply),), extensions=None, plain_extensions=None, tls=None
    )


USER_UNKNOWN = make.reply(550, "5.1.1 user unknown")
DEFERRED = make.reply(450, "4.2.0 Greylisted")
MAIL_REFUSED = (
    *make.exchanges()[:3],
    make.exchange(Stage.MAIL, make.reply(550, "5.7.1 no"), "MAIL FROM:<bob@sender.example>"),
)
SIZED = "MAIL FROM:<bob@sender.example> SIZE=99"
SIZE_REFUSED = (
    *make.exchanges()[:3],
    make.exchange(Stage.MAIL, make.reply(552, "5.3.4 too big"), SIZED),
)
UTF8 = make.facts(target=PairTarget(make.SENDER, Mailbox("阿丽", "recipient.example", "recipient.example")))
NO_UTF8 = make.extensions(("SIZE", ""), size_limit=None)
UNSEEN_DIALOGUE = make.facts(sessions=())

LAX = make.facts(recipient=make.recipient_facts(provider=make.provider(rcpt_value="low")))

CASES = (
    Case("reply-permanence", "accepted", make.facts(), ("ok reply-accepted",), ("250 2.1.5",)),
    Case("reply-permanence", "5.1.1 is hard and about the address", rcpt(USER_UNKNOWN),
         ("error reply-refused",),
         ("hard", "550 5.1.1", 'the address: "Bad destination mailbox address" (RFC 3463)')),
    Case("reply-permanence", "a status that nobody registered", rcpt(make.reply(550, "5.1.77 no")),
         ("error reply-refused",), ("5.1.77 names the address",)),
    Case("reply-permanence", "5.7.1 names policy", rcpt(make.reply(550, "5.7.1 no")),
         ("error reply-refused",), ("policy",)),
    Case("reply-permanence", "5.0.0 tells nothing, and is the server's own",
         rcpt(make.reply(554, "5.0.0 error")), ("error reply-refused", "notice reply-status-generic"),
         ("nothing beyond the class",)),
    Case("reply-permanence", "without a status a 5.0.0 would be filler", rcpt(make.reply(550, "no")),
         ("error reply-refused", "notice reply-without-status"), ("no enhanced status",)),
    Case("reply-permanence", "450 is soft", rcpt(DEFERRED), ("warning reply-deferred",),
         ("soft", "450 4.2.0")),
    Case("reply-permanence", "code and status contradict", rcpt(make.reply(550, "4.2.0 hm")),
         ("error reply-refused", "notice reply-status-of-other-class")),
    Case("reply-permanence", "refused in the greeting", greeting(make.reply(554, "no service")),
         ("error reply-refused", "notice reply-without-status"), ("greeting", "no enhanced status")),
    Case("reply-permanence", "no session", UNSEEN_DIALOGUE, ("not_assessed reply-not-seen",)),
    Case("reply-permanence", "desynchronised proves nothing", with_session(desynchronised=True),
         ("not_assessed reply-not-seen",), ("paired",)),
    Case("reply-permanence", "an unusable reply proves nothing",
         with_session(exchanges=tuple(replace(e, usable=False) for e in make.exchanges(USER_UNKNOWN))),
         ("not_assessed reply-not-seen",)),
    Case("reply-permanence", "EHLO refused and HELO taken settles nothing", with_session(exchanges=(
        make.exchange(Stage.GREETING, make.reply(220, "hi")),
        make.exchange(Stage.EHLO, make.reply(502, "5.5.1 no"), "EHLO a.example"),
        make.exchange(Stage.EHLO, make.reply(250, "hi"), "HELO a.example"))),
         ("not_assessed reply-not-seen",)),
    Case("reply-grammar", "clean", make.facts(), ("ok replies-well-formed",)),
    Case("reply-grammar", "mixed codes change the meaning", deviating(Stage.RCPT, Deviation.MIXED_CODES),
         ("warning replies-ambiguous",), ("different codes",)),
    Case("reply-grammar", "what comes at QUIT changes no reply", deviating(Stage.QUIT, Deviation.SURPLUS),
         ("notice replies-malformed-at-end",), ("after all was asked",)),
    Case("reply-grammar", "a bare LF only breaks the form", deviating(Stage.EHLO, Deviation.BARE_LF),
         ("notice replies-malformed",)),
    Case("reply-grammar", "desynchronised", with_session(desynchronised=True),
         ("warning replies-out-of-step",), ("paired",)),
    Case("reply-grammar", "no replies", UNSEEN_DIALOGUE, ("not_assessed replies-not-seen",)),
    Case("tls-injection", "clean", make.facts(), ("ok tls-not-injected",)),
    Case("tls-injection", "plaintext after 220", deviating(Stage.STARTTLS, Deviation.INJECTED_BEFORE_TLS),
         ("warning tls-injected",)),
    Case("tls-injection", "no STARTTLS", with_session(exchanges=make.exchanges()[:2]),
         ("not_assessed tls-injection-not-tried",)),
    Case("recipient-address", "accepted is no proof", make.facts(), ("ok recipient-accepted",),
         ("not yet proof",)),
    Case("recipient-address", "unknown user", rcpt(USER_UNKNOWN), ("error recipient-refused",),
         ("user unknown",)),
    Case("recipient-address", "deferred", rcpt(DEFERRED), ("warning recipient-deferred",)),
    Case("recipient-address", "a call back to the sender's server is not about the recipient",
         rcpt(make.reply(450, "4.1.7 <b@s.example>: Sender address rejected: unverified address: connect to "
                              "mx.s.example[192.0.2.1]:25: Connection refused")),
         ("ok recipient-answer-about-sender",), ("about the sender's address",)),
    Case("recipient-address", "policy says nothing of the mailbox", rcpt(make.reply(550, "5.7.1 no")),
         ("notice recipient-refused-by-policy",)),
    Case("recipient-address", "251 forwards", rcpt(make.reply(251, "will forward to <b@c.example>")),
         ("warning recipient-moved",)),
    Case("recipient-address", "refused at MAIL before", with_session(exchanges=MAIL_REFUSED),
         ("not_assessed recipient-refused-before",), ("MAIL FROM",)),
    Case("recipient-address", "never asked", UNSEEN_DIALOGUE, ("not_assessed recipient-not-asked",)),
    Case("recipient-typo", "plain domain", make.facts(), ("ok recipient-no-typo",)),
    Case("recipient-typo", "gmial.com",
         make.facts(recipient=make.recipient_facts(domain="gmial.com", typo_of="gmail.com")),
         ("warning recipient-typo",), ("gmail.com",)),
    Case("recipient-typo", "a label cut on its way",
         make.facts(recipient=make.recipient_facts(domain="xn--bcher-kv.example")),
         ("warning recipient-fake-a-label",), ("xn--bcher-kv ",)),
    Case("sender-typo", "plain domain", make.facts(), ("ok sender-no-typo",)),
    Case("sender-typo", "slip", make.facts(sender=make.sender_facts(typo_of="gmail.com")),
         ("warning sender-typo",)),
    Case("sender-typo", "null reverse-path", make.facts_null_sender(),
         ("not_assessed sender-typo-not-looked-at",)),
    Case("address-smtputf8", "not needed", make.facts(), ("ok smtputf8-not-needed",)),
    Case("address-smtputf8", "needed and offered", UTF8, ("ok smtputf8-offered",)),
    Case("address-smtputf8", "needed and lacking",
         replace(UTF8, sessions=(make.session(extensions=NO_UTF8),)), ("error smtputf8-missing",), ("阿丽",)),
    Case("address-smtputf8", "needed and unseen", replace(UTF8, sessions=()),
         ("not_assessed smtputf8-not-seen",)),
    Case("catch-all", "not tried", make.facts(), ("not_assessed catch-all-not-tried",),
         ("no invented mailbox was tried",)),
    Case("catch-all", "not tried at a provider whose acceptance says little", LAX,
         ("not_assessed catch-all-not-tried",), ("an answer of Example Mail at RCPT says little",)),
    Case("catch-all", "invented accepted", control(make.reply(250, "2.1.5 Ok"), "x7q@recipient.example"),
         ("notice catch-all-accepted",)),
    Case("catch-all", "invented refused", control(USER_UNKNOWN, "x7q@recipient.example", Experiment.RANDOM),
         ("ok catch-all-refused",)),
    Case("catch-all", "invented deferred", control(DEFERRED, "x7q@recipient.example"),
         ("not_assessed catch-all-deferred",)),
    Case("catch-all", "the null-sender control asks about the target",
         control(make.reply(250, "ok"), str(make.RECIPIENT), Experiment.NULL_SENDER),
         ("not_assessed catch-all-not-tried",)),
    Case("postmaster-answer", "not tried", make.facts(), ("not_assessed postmaster-not-tried",)),
    Case("postmaster-answer", "accepted", control(make.reply(250, "ok"), "Postmaster@recipient.example"),
         ("ok postmaster-accepted",)),
    Case("postmaster-answer", "refused", control(USER_UNKNOWN, "postmaster@recipient.example"),
         ("warning postmaster-refused",), ("postmaster@recipient.example",)),
    Case("postmaster-answer", "deferred", control(DEFERRED, "postmaster@recipient.example"),
         ("not_assessed postmaster-deferred",)),
    Case("size-limit", "size not given", make.facts(), ("not_assessed size-not-known",),
         ("35882577", "--size")),
    Case("size-limit", "fits", make.facts(options=Options(size=1000)), ("ok size-within-limit",)),
    Case("size-limit", "message over the limit", make.facts(message=make.message(size=40_000_000)),
         ("error size-beyond-limit",), ("40000000", "35882577")),
    Case("size-limit", "zero is no limit", make.facts(options=Options(size=10**9), sessions=(
        make.session(extensions=make.extensions(size_limit=0)),)), ("ok size-within-limit",), ("no fixed",)),
    Case("size-limit", "nothing announced", make.facts(options=Options(size=10**9), sessions=(
        make.session(extensions=NO_UTF8),)), ("not_assessed size-without-limit",)),
    Case("size-limit", "SIZE= refused", make.facts(options=Options(size=99), sessions=(
        make.session(exchanges=SIZE_REFUSED),)), ("error size-refused",), ("552",)),
    Case("size-limit", "no server", make.facts(options=Options(size=99), sessions=()),
         ("not_assessed size-not-compared",)),
    Case("mail-from-accepted", "accepted", make.facts(), ("ok sender-accepted",)),
    Case("mail-from-accepted", "refused", with_session(exchanges=MAIL_REFUSED), ("error sender-refused",),
         ("550",)),
    Case("mail-from-accepted", "not reached", greeting(make.reply(554, "no")),
         ("not_assessed sender-refused-before",), ("greeting",)),
    Case("mail-from-accepted", "deferred", with_session(exchanges=(
        *make.exchanges()[:3], make.exchange(Stage.MAIL, make.reply(451, "4.7.1 later")))),
         ("warning sender-deferred",)),
    Case("limits-signals", "none, and says what is not known", make.facts(), ("ok limits-not-seen",),
         ("is not known",)),
    *(Case("limits-signals", f"cut short: {end}", with_session(exchanges=make.exchanges()[:2], end=end),
           ("not_assessed limits-not-known",), ("not seen to its end", "is not known"))
      for end in (None, EndReason.INTERRUPTED, EndReason.DEADLINE)),
    Case("limits-signals", "cut short, and a sign before", with_session(exchanges=(
        make.exchange(Stage.GREETING, make.reply(220, "hi"), elapsed_ms=20_000),), end=None),
         ("notice limits-slow-answer",)),
    Case("limits-signals", "421", rcpt(make.reply(421, "4.7.0 too many")), ("warning limits-channel-closed",),
         ("421",)),
    Case("limits-signals", "closed by the server", with_session(end=EndReason.CLOSED_BY_PEER),
         ("warning limits-connection-closed",)),
    Case("limits-signals", "slow greeting", with_session(exchanges=(
        make.exchange(Stage.GREETING, make.reply(220, "hi"), elapsed_ms=20_000),)),
         ("notice limits-slow-answer",), ("20.0 s",)),
    Case("limits-signals", "announced limits", with_session(
        extensions=make.extensions(("LIMITS", "RCPTMAX=50"))), ("notice limits-announced",), ("RCPTMAX=50",)),
    Case("limits-signals", "a slow QUIT says nothing", with_session(exchanges=(
        *make.exchanges(), make.exchange(Stage.QUIT, make.reply(421, "bye"), elapsed_ms=20_000))),
         ("ok limits-not-seen",)),
    Case("limits-signals", "no session", UNSEEN_DIALOGUE, ("not_assessed limits-no-session",),
         ("is not known",)),
    Case("not-reached", "complete", make.facts(), ("ok every-part-reached",)),
    Case("not-reached", "no server could be connected to", make.facts(
        sessions=(make.failed_session(EndReason.REFUSED),)), ("not_assessed no-session-made",)),
    Case("not-reached", "deadline", make.facts(not_reached=(
        NotReached(9, Part.SESSIONS, Reason(Gap.DEADLINE)),)),
         ("not_assessed part-not-reached",), ("sessions", "deadline")),
    Case("not-reached", "cut off", make.facts(complete=False), ("not_assessed recording-cut-short",)),
    Case("internal", "nothing failed", make.facts(), ()),
    Case("internal", "one of several failed",
         make.facts(faults=(Fault(ProgramPart.SESSION, 1, "KeyError", "probe/x.py:1", of="2"),)),
         ("not_assessed internal-fault",), ("the reading of session 2",)),
    Case("internal", "a reader failed",
         make.facts(faults=(Fault(ProgramPart.PTR, 9, "KeyError", "probe/x.py:1"),)),
         ("not_assessed internal-fault",),
         ("PTR was left out", "KeyError, at probe/x.py:1", "which is a bug", "Please report it")),
    Case("internal", "memory gave out", make.facts(faults=(
        Fault(ProgramPart.SPF, 9, "no memory left", "", Shortage.MEMORY),)),
         ("not_assessed internal-machine-gave-out",), ("SPF was left out: no memory left",)),
    Case("port25", "connected", make.facts(), ("ok port-open",)),
    Case("port25", "all timed out", make.facts(sessions=(
        make.failed_session(EndReason.TIMEOUT), make.failed_session(EndReason.TIMEOUT, 2))),
         ("warning port-silent",), ("9.9.9.16", "this network")),
    Case("port25", "a refusal is an answer", make.facts(sessions=(make.failed_session(EndReason.REFUSED),)),
         ("ok port-refused",)),
    Case("port25", "unreachable is something else",
         make.facts(sessions=(make.failed_session(EndReason.UNREACHABLE),)),
         ("not_assessed port-not-judged",)),
    *(Case("port25", name, make.facts(sessions=sessions), (f"warning {tag}",), says)
      for name, sessions, tag, says in BARRED),
    Case("port25", "nothing dialled", make.facts(sessions=(make.failed_session(EndReason.NOT_DIALLED),)),
         ("not_assessed port-not-tried",)),

    Case("reply-permanence", "250 with the status of a refusal", rcpt(make.reply(250, "5.1.1 no")),
         ("ok reply-accepted", "warning reply-accepts-with-status-of-refusal"), ("250 5.1.1",)),
    Case("reply-permanence", "250 in the words of a refusal", rcpt(make.reply(250, "user unknown")),
         ("ok reply-accepted", "warning reply-refuses-in-words")),
    Case("mail-from-accepted", "no session", UNSEEN_DIALOGUE, ("not_assessed sender-not-asked",),
         ("no session was made",)),
    Case("limits-signals", "reset in the middle", with_session(end=EndReason.RESET),
         ("warning limits-connection-reset",), ("reset the connection",)),
    Case("size-limit", "exactly the limit", make.facts(options=Options(size=35_882_577)),
         ("ok size-within-limit",)),
    Case("size-limit", "one octet more", make.facts(options=Options(size=35_882_578)),
         ("error size-beyond-limit",)),
    Case("limits-signals", "just slow", with_session(exchanges=(
        make.exchange(Stage.GREETING, make.reply(220, "hi"), elapsed_ms=5_000),)),
         ("notice limits-slow-answer",), ("5.0 s",)),
    Case("limits-signals", "just not slow", with_session(exchanges=(
        make.exchange(Stage.GREETING, make.reply(220, "hi"), elapsed_ms=4_999),)), ("ok limits-not-seen",)),
)  # fmt: skip


@parametrize(CASES)
def test_check(case: Case) -> None:
    assert_case(case)

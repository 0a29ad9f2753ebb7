"""Reports as the program makes them, for the tests of renderers. Names and addresses are reserved ones."""

from __future__ import annotations

from dataclasses import replace

from probe.diagnosis.hypotheses import walk
from probe.model import report as m
from probe.model import report_dns as rd
from probe.model.evidence import Band
from probe.model.finding import Finding, Severity
from probe.model.listing import ListingStatus
from probe.model.reply import Stage
from probe.model.report_tool import ReportTool
from probe.model.session import EndReason, Experiment
from probe.model.spf import SpfStepOutcome
from probe.model.steps import StepStatus
from probe.model.target import Command
from probe.model.verdict import ExitCode, FixBy, Outcome, Retry
from tests.support.report_findings import FINDINGS

_TOOL = ReportTool("0.1.0", "sha256:3b1f")
_TARGET = m.ReportTarget(
    reverse_path="bob@example.com",
    forward_path="alice@shop.example",
    domain="shop.example",
    source_ip="198.51.100.10",
    helo="mail.example.com",
    header_from="bob@example.com",
    command=Command.CHECK,
    provider=None,
    scenario=None,
)
_TLS = m.ReportTls(
    offered=True,
    established=True,
    version="TLSv1.3",
    cipher="TLS_AES_256_GCM_SHA384",
    subject="CN=mx1.shop.example",
    names=("mx1.shop.example",),
    issuer="CN=Example CA",
    not_after="2027-01-02T00:00:00Z",
    key="EC 256",
    trusted=True,
    name_matches=True,
    problems=(),
    error=None,
)


def exchange(
    stage: str, sent: str, *reply_lines: str, code: int | None, enhanced: str | None = None
) -> m.ReportExchange:
    """One command and its reply."""
    return m.ReportExchange(Stage(stage), sent, code, enhanced, reply_lines, 12, ())


_OPENING = (
    exchange("greeting", "", "mx1.shop.example ESMTP ready", code=220),
    exchange(
        "ehlo", "EHLO mail.example.com", "mx1.shop.example", "SIZE 36700160", "STARTTLS", "8BITMIME", code=250
    ),
    exchange("starttls", "STARTTLS", "2.0.0 go ahead", code=220, enhanced="2.0.0"),
    exchange("ehlo", "EHLO mail.example.com", "mx1.shop.example", "SIZE 36700160", code=250),
    exchange("mail", "MAIL FROM:<bob@example.com>", "2.1.0 ok", code=250, enhanced="2.1.0"),
)


def session(
    *more: m.ReportExchange, experiment: Experiment = Experiment.TARGET, reason: str = "first MX host"
) -> m.ReportSession:
    """A session that got through MAIL FROM, and then `more`."""
    return m.ReportSession(
        mx_host="mx1.shop.example",
        ip="203.0.113.16",
        port=25,
        experiment=experiment,
        reason=reason,
        tls=_TLS,
        extensions=("SIZE 36700160", "8BITMIME"),
        size_limit=36700160,
        exchanges=(*_OPENING, *more),
        ended=EndReason.QUIT,
        ended_detail="",
    )


_DNS = rd.ReportDns(
    route="mx",
    mx=(rd.ReportMx(10, "mx1.shop.example", ("203.0.113.16",), ()),),
    spf=rd.ReportSpf(
        record="v=spf1 ip4:198.51.100.10 -all",
        result="pass",
        matched="ip4:198.51.100.10",
        lookups=0,
        void_lookups=0,
        domain="example.com",
        ip="198.51.100.10",
        problem="",
        explanation="",
        trace=(rd.ReportSpfStep("example.com", 0, "ip4:198.51.100.10", SpfStepOutcome.MATCH, ""),),
    ),
    dkim=(rd.ReportDkim("s1", "valid", "RSA", 2048, "common", False, ()),),
    dmarc=rd.ReportDmarc(
        record="v=DMARC1; p=quarantine",
        policy="quarantine",
        domain="example.com",
        author_domain="example.com",
        organizational_domain="example.com",
        rfc7489_organizational_domain=None,
        spf_can_align=True,
        dkim_can_align=True,
        unknown=False,
        problems=(),
    ),
    ptr=rd.ReportPtr("mail.example.com", True, "confirmed", ("mail.example.com",)),
    helo=rd.ReportHelo("mail.example.com", "PTR of the source address", True, True, True, True),
    mta_sts=rd.ReportMtaSts("absent", None, None, None, (), (), ()),
    tls_rpt=rd.ReportTlsRpt("absent", (), ()),
    dane=(rd.ReportDane("mx1.shop.example", "insecure", (), ()),),
    dnsbl=(
        rd.ReportListing(
            zone="bl.example",
            query="10.100.51.198.bl.example",
            status=ListingStatus.NOT_LISTED,
            codes=(),
            text="",
            title="Example list",
            subject="198.51.100.10",
            role="source",
            weight=0,
            meanings=(),
            delist_url="",
            reason="",
        ),
        rd.ReportListing(
            zone="zen.example",
            query="10.100.51.198.zen.example",
            status=ListingStatus.REFUSED,
            codes=("127.255.255.254",),
            text="",
            title="Example Zen",
            subject="198.51.100.10",
            role="source",
            weight=0,
            meanings=("asked through a public resolver",),
            delist_url="https://zen.example/lookup",
            reason="the list does not serve this resolver",
        ),
    ),
    answers=(
        "shop.example MX: NOERROR 10 mx1.shop.example (12 ms)",
        "example.com TXT: NOERROR v=spf1 ip4:198.51.100.10 -all (9 ms)",
    ),
)

_STEPS = (
    m.ChecklistStep(1, "read the reply", StepStatus.FAIL, ("reply-permanence",), "treat it as final"),
    m.ChecklistStep(2, "DNS settings", StepStatus.PASS, ("spf", "dmarc"), ""),
    m.ChecklistStep(
        3, "recipient address", StepStatus.FAIL, ("recipient-address",), "reach the person another way"
    ),
    m.ChecklistStep(
        4, "size", StepStatus.NOT_ASSESSED, ("size-limit",), "give --message or --size to test yours"
    ),
    m.ChecklistStep(5, "content", StepStatus.NOT_ASSESSED, (), "needs the message: --message FILE"),
    m.ChecklistStep(6, "sender address", StepStatus.PASS, ("blocklists",), ""),
    m.ChecklistStep(7, "sending limits", StepStatus.PASS, (), "your volume cannot be seen from here"),
    m.ChecklistStep(
        8, "contact the recipient", StepStatus.MANUAL, (), "send the note to the recipient's postmaster"
    ),
    m.ChecklistStep(9, "retry", StepStatus.FAIL, (), "no"),
)

_CAUSES = (
    m.ReportCause(
        "relay_denied",
        "the domain takes no mail from outside",
        "recipient",
        0.52,
        (
            m.ReportEvidence(
                "postmaster@shop.example got the same answer", 10, "session:2:rcpt", "postmaster-refused"
            ),
            m.ReportEvidence("a made-up mailbox got the same answer", 10, "session:2:rcpt", "random-refused"),
            m.ReportEvidence("5.0.0 carries no information", 0, "session:1:rcpt", "enhanced-generic"),
        ),
        (m.ReportEvidence("the text speaks of one user", -4, "session:1:rcpt", "text-user-unknown"),),
        "do not send to this address again; reach the person another way",
    ),
    m.ReportCause(
        "user_unknown", "this mailbox is unknown there", "recipient", 0.41, (), (), "check the spelling"
    ),
    m.ReportCause(
        "policy_unspecified", "a policy that is not named", "policy", 0.07, (), (), "ask the postmaster"
    ),
)


def refused() -> m.Report:
    """Every local part of the domain gets a bare 5.0.0 reply."""
    reply = exchange("rcpt", "RCPT TO:<alice@shop.example>", "5.0.0 user unknown", code=554, enhanced="5.0.0")
    control = exchange(
        "rcpt", "RCPT TO:<postmaster@shop.example>", "5.0.0 user unknown", code=554, enhanced="5.0.0"
    )
    return m.Report(
        schema=m.SCHEMA,
        tool=_TOOL,
        target=_TARGET,
        started_at="2026-11-21T08:00:00Z",
        elapsed_ms=2400,
        verdict=m.Verdict(
            outcome=Outcome.REFUSED,
            stage=Stage.RCPT,
            reply="554 5.0.0 user unknown",
            cause="relay_denied",
            confidence=0.52,
            band=Band.LIKELY,
            fix_by=FixBy.SENDER,
            retry=Retry.NEVER,
            retry_after_s=None,
            retry_reason="the server says that there is no such mailbox",
            after_data_risks=(),
            summary="The server refuses every address of shop.example that was tried.",
            exit_code=ExitCode.REFUSED,
        ),
        causes=_CAUSES,
        next_test=m.NextTest(
            "check from a second network (splits the first two)",
            "smtp-probe check bob@example.com alice@shop.example --bind ADDRESS",
        ),
        checklist=_STEPS,
        findings=FINDINGS,
        sessions=(session(reply), session(control, experiment=Experiment.POSTMASTER, reason="a control")),
        dns=_DNS,
        not_reached=(),
        contact_note=(
            "To: postmaster@shop.example\n\n"
            "your server refused alice@shop.example:\n\n    554 5.0.0 user unknown\n"
        ),
        complete=True,
        hypotheses=walk(_CAUSES, FINDINGS),  # 5.0.0 names no cause
    )


def accepted() -> m.Report:
    """Accepted at RCPT, with nothing against it."""
    reply = exchange("rcpt", "RCPT TO:<alice@shop.example>", "2.1.5 ok", code=250, enhanced="2.1.5")
    report = replace(refused(), hypotheses=())
    steps = tuple(
        replace(s, status=StepStatus.PASS, findings=(), do="") if s.status is StepStatus.FAIL else s
        for s in report.checklist
    )
    return replace(
        report,
        verdict=replace(
            report.verdict,
            outcome=Outcome.ACCEPTED,
            reply="250 2.1.5 ok",
            cause=None,
            confidence=0.9,
            band=Band.STATED,
            fix_by=FixBy.NOBODY,
            retry=Retry.NOW,
            retry_reason=None,
            summary="The server takes mail for alice@shop.example at RCPT.",
            exit_code=ExitCode.ACCEPTED,
        ),
        causes=(),
        next_test=None,
        checklist=steps,
        findings=report.findings[2:],
        sessions=(session(reply),),
        contact_note="",
    )


def accepted_at_risk() -> m.Report:
    """Accepted at RCPT, and the sender's SPF record says that the mail is forged."""
    report = accepted()
    reason = "SPF fail and p=reject: nothing can align"
    risk = m.AfterDataRisk("auth_failed", reason, "risk.spf", "finding:spf")
    return replace(
        report,
        verdict=replace(
            report.verdict,
            after_data_risks=(risk,),
            fix_by=FixBy.SENDER,
            retry=Retry.AFTER_FIX,
            exit_code=ExitCode.AT_RISK,
        ),
        findings=(
            Finding(
                "spf",
                Severity.ERROR,
                2,
                "SPF fail",
                ("dns:TXT:example.com",),
                "add the address",
                tag="spf-fail",
            ),
        ),
    )


def _steps_with(*changed: m.ChecklistStep) -> tuple[m.ChecklistStep, ...]:
    """The steps, some of them as given."""
    by_number = {step.step: step for step in changed}
    return tuple(by_number.get(step.step, step) for step in _STEPS)


def deferred() -> m.Report:
    """Greylisted."""
    reply = exchange(
        "rcpt",
        "RCPT TO:<alice@shop.example>",
        "4.2.0 greylisted, see https://x.example",
        code=450,
        enhanced="4.2.0",
    )
    report = replace(refused(), hypotheses=())
    cause = m.ReportCause(
        "greylisted", "greylisting", "policy", 0.97, (), (), "wait, then retry from the same address"
    )
    return replace(
        report,
        verdict=replace(
            report.verdict,
            outcome=Outcome.DEFERRED,
            reply="450 4.2.0 greylisted, see https://x.example",
            cause="greylisted",
            confidence=0.97,
            band=Band.STATED,
            fix_by=FixBy.NOBODY,
            retry=Retry.LATER,
            retry_after_s=300,
            retry_reason=None,
            summary="The server asks to try again later.",
            exit_code=ExitCode.DEFERRED,
        ),
        checklist=_steps_with(
            m.ChecklistStep(1, "read the reply", StepStatus.WARN, (), "temporary: leave it in the queue"),
            m.ChecklistStep(3, "recipient address", StepStatus.WARN, (), "wait for the next try"),
            m.ChecklistStep(8, "contact the recipient", StepStatus.PASS, (), "not needed"),
            m.ChecklistStep(9, "retry", StepStatus.WARN, (), "in 5 min"),
        ),
        findings=report.findings[2:],  # without those on a refusal
        causes=(cause, m.ReportCause("unknown", "no cause is stated", "other", 0.03, (), (), "")),
        next_test=None,
        sessions=(session(reply),),
    )


def inconclusive() -> m.Report:
    """No server could be reached."""
    dead = replace(session(), tls=None, exchanges=(), extensions=(), size_limit=None, ended=EndReason.TIMEOUT)
    report = replace(refused(), hypotheses=())
    return replace(
        report,
        verdict=replace(
            report.verdict,
            outcome=Outcome.INCONCLUSIVE,
            stage=Stage.CONNECT,
            reply=None,
            cause=None,
            confidence=0.0,
            band=Band.UNDECIDED,
            fix_by=FixBy.SENDER_NETWORK,
            retry=Retry.LATER,
            retry_reason=None,
            summary="No mail server could be reached from here.",
            exit_code=ExitCode.INCONCLUSIVE,
        ),
        causes=(),
        next_test=m.NextTest("check from another network", None),
        checklist=_steps_with(
            m.ChecklistStep(1, "read the reply", StepStatus.NOT_ASSESSED, (), "there is none"),
            m.ChecklistStep(3, "recipient address", StepStatus.NOT_ASSESSED, (), "it was not asked about"),
            m.ChecklistStep(
                8, "contact the recipient", StepStatus.NOT_ASSESSED, (), "first settle whose it is"
            ),
            m.ChecklistStep(9, "retry", StepStatus.WARN, (), "later"),
        ),
        findings=(),
        sessions=(replace(dead, ended_detail="10 s"),),
        not_reached=(m.ReportNotReached("RCPT", "no connection"),),
        complete=False,
    )


def domain() -> m.Report:
    """The `domain` command."""
    report = accepted()
    looked = replace(session(), experiment=Experiment.DOMAIN, exchanges=_OPENING[:4])
    return replace(
        report,
        target=replace(
            report.target,
            reverse_path=None,
            forward_path=None,
            command=Command.DOMAIN,
            provider="Example Mail",
        ),
        verdict=replace(
            report.verdict,
            stage=Stage.EHLO,
            reply="250 mx1.shop.example",
            summary="Its mail server answers EHLO.",
        ),
        sessions=(looked,),
        findings=(
            Finding(
                "mta-sts",
                Severity.NOTICE,
                2,
                "no MTA-STS policy",
                ("dns:TXT:_mta-sts.shop.example",),
                tag="mta-sts-absent",
            ),
        ),
    )


def demo() -> m.Report:
    """A report of the embedded lab."""
    report = replace(refused(), hypotheses=())
    return replace(report, target=replace(report.target, scenario="tmall"))


SAMPLES = {
    "refused": refused,
    "accepted": accepted,
    "accepted_at_risk": accepted_at_risk,
    "deferred": deferred,
    "inconclusive": inconclusive,
    "domain": domain,
    "demo": demo,
}

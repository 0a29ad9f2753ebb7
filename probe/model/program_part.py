"""The parts of this program that may raise an exception by themselves: what a `Fault` is of."""

from __future__ import annotations

from probe._enum import StrEnum


class ProgramPart(StrEnum):
    """A part of this program, as `Fault.part` names it. Its words are in the table `program_part` of
    probe/knowledge/findings/reasons.toml; a part that there are several of has its id or number in
    `Fault.of`."""

    # readers of facts
    SPF = "spf"
    SPF_HELO = "spf_helo"
    DKIM = "dkim"
    MESSAGE_KEYS = "message_keys"
    MESSAGE_SELECTORS = "message_selectors"
    DMARC = "dmarc"
    ALIGNMENT = "alignment"
    PTR = "ptr"
    HELO = "helo"
    MAIL = "mail"
    ROUTE = "route"
    MTA_STS = "mta_sts"
    TLS_RPT = "tls_rpt"
    DANE = "dane"
    DNS64 = "dns64"
    PROVIDER = "provider"
    TYPO = "typo"
    LISTINGS = "listings"
    MESSAGE = "message"
    BOUNCE = "bounce"
    LOG = "log"
    REPLY = "reply"
    SESSION = "session"  # by its number
    CERTIFICATE = "certificate"
    CLOCK = "clock"
    RESOLVER = "resolver"
    SENDER_MTA = "sender_mta"
    RUN = "run"  # by the word of `probe.model.observed.Part`
    # what judges
    CHECK = "check"  # by its id
    NEED = "need"  # by the word of `Need`
    FACT_RULE = "fact_rule"  # by its id
    STEP = "step"  # by its number
    WEIGHING = "weighing"
    RANKING = "ranking"
    CONCLUSION = "conclusion"
    SUMMARY = "summary"
    ACTION = "action"
    REMOVAL = "removal"
    NEXT_TEST = "next_test"
    HYPOTHESES = "hypotheses"
    EXPERIMENTS = "experiments"
    CONTACT_NOTE = "contact_note"

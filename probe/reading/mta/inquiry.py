"""Chooses the local mail server to read."""

from __future__ import annotations

from probe.model.address import Mailbox, ReversePath
from probe.model.local_tool import Inquiry
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import MtaChoice, NoSenderMta, SenderMta
from probe.reading.mta.exim import ask_exim
from probe.reading.mta.opensmtpd import ask_opensmtpd
from probe.reading.mta.postfix import ask_postfix
from probe.reading.mta.sendmail import ask_sendmail

READERS = {
    MtaChoice.POSTFIX: ask_postfix,
    MtaChoice.EXIM: ask_exim,
    MtaChoice.SENDMAIL: ask_sendmail,
    MtaChoice.OPENSMTPD: ask_opensmtpd,
}


def ask_sender_mta(
    choice: MtaChoice, sender: ReversePath, recipient: Mailbox, config: str
) -> Inquiry[SenderMta | NoSenderMta]:
    """How the local mail server would send from `sender` to `recipient`. `config` is the directory of another
    instance (an absolute path); with `auto`, of whichever server can read it."""
    if choice is MtaChoice.NONE:
        return NoSenderMta(MtaWhy(MtaReason.NOT_ASKED))
    if choice in READERS:
        return (yield from READERS[choice](sender, recipient, config))
    # the first that tells how it sends; else one that is there, and did not
    failures: list[NoSenderMta] = []
    for ask in READERS.values():
        outcome = yield from ask(sender, recipient, config)
        if isinstance(outcome, SenderMta):
            return outcome
        failures.append(outcome)
    return next((it for it in failures if it.software is not None), failures[0])

"""Step 8: the note to the recipient's postmaster, ready to send, all fields filled in from the run."""

from __future__ import annotations

from probe.diagnosis.run_result import Ground, RunResult
from probe.diagnosis.why import why
from probe.facts.logged import is_handed_over
from probe.facts.model import Facts
from probe.model.listing import ListingRole, ListingStatus
from probe.model.target import PairTarget
from probe.model.verdict import Outcome
from probe.reading.log.taken import taken_as
from probe.standards.dkim.results import KeyStatus
from probe.standards.dns.results import PtrStatus
from probe.wording.spoken import spoken


def contact_note(facts: Facts, result: RunResult) -> str:
    """Plain text with line breaks; empty when the recipient was accepted, when there is no pair, and when the
    run made nothing that a postmaster could find in a log, or a relay of this host decided: it is no server
    of the recipient. If the own log says that the other side has the message, the note asks about that
    message."""
    if is_handed_over(facts) and result.outcome in (Outcome.ACCEPTED, Outcome.INCONCLUSIVE):
        return _note_on_acceptance(facts)
    if not isinstance(facts.target, PairTarget) or result.outcome is Outcome.ACCEPTED:
        return ""
    if facts.relay or result.ground in (Ground.NOT_REACHED, Ground.INTERRUPTED, Ground.LOGIN, Ground.OWN):
        return ""
    sender, recipient = facts.target.reverse_path, facts.target.forward_path
    ours = facts.sender.author_domain or str(sender)
    lines = [
        f"To: postmaster@{recipient.domain}",
        f"Subject: Mail from {ours} to {recipient.domain} is not accepted",
        "",
        "Dear postmaster,",
        "",
        _what_happened(facts, result),
        "",
        f"  From (envelope)   {sender}",
        f"  To                {recipient}",
        *_posture(facts),
        "",
        *_request(result),
        "",
        "Name, phone:",
    ]
    return "\n".join(lines)


def _note_on_acceptance(facts: Facts) -> str:
    delivery = facts.log.delivery if facts.log is not None else None
    if delivery is None or not isinstance(facts.target, PairTarget):
        return ""
    sender, recipient = facts.target.reverse_path, facts.target.forward_path
    place = f"[{delivery.relay_ip}]" if delivery.relay_ip else ""
    server = " ".join(it for it in (delivery.relay_host, place) if it)
    reply = (
        "\n".join(f"    {line}" for line in delivery.words.splitlines())
        or "    (the words are not in our log)"
    )
    number = taken_as(delivery.words)
    rows = (
        ("Your queue id", number),
        ("Our queue id", delivery.queue_id),
        ("From (envelope)", str(sender)),
        ("To", str(recipient)),
        ("Sent from", str(delivery.source_ip or facts.vantage.source_ip or "")),
    )
    return "\n".join(
        (
            f"To: postmaster@{recipient.domain}",
            f"Subject: A message to {recipient} that your server took has not been seen",
            "",
            "Dear postmaster,",
            "",
            f"At {delivery.at or 'a time that our log does not tell'} your server "
            f"{server or 'for this domain'} took this message from us with the words:",
            "",
            reply,
            "",
            *(f"  {label:<17} {value}" for label, value in rows if value),
            "",
            "The recipient does not see it. Please look in your log what became of it after that: a filter,",
            "a quarantine, a forwarding, or a mailbox other than the one that is looked into.",
            "",
            "Name, phone:",
        )
    )


def _request(result: RunResult) -> tuple[str, ...]:
    if result.reply is None:
        return ("Please look at what stands in the way there, or tell us where mail is to go instead.",)
    return (
        "Please look for this in your log and tell us which rule decided it, or allow this sender if the",
        "answer is not meant. We will mend what is ours.",
    )


def _what_happened(facts: Facts, result: RunResult) -> str:
    at = facts.started_at
    if result.ground is Ground.DNS_UNKNOWN:
        return f"At {at} DNS gave no usable answer for {facts.recipient.domain} ({why(result)})."
    if result.session is None:
        return f"At {at} DNS gave no host that takes mail for {facts.recipient.domain}."
    server = f"{result.session.mx_host} [{result.session.ip}]"
    if result.ground is Ground.SMTPUTF8:
        return f"At {at} your server {server} did not offer SMTPUTF8, which the address needs."
    if result.reply is None or result.reply.is_positive:
        return f"At {at} your server {server} could not be used: {why(result)}."
    lines = "\n".join(f"    {result.reply.code} {line}" for line in result.reply.lines)
    return f"At {at} your server {server} answered to {_command(result)}:\n\n{lines}"


def _command(result: RunResult) -> str:
    if result.exchange is None or not result.exchange.sent:
        return "the connection"
    return result.exchange.sent


def _posture(facts: Facts) -> list[str]:
    vantage, sender = facts.vantage, facts.sender
    lines = [f"  Sending address   {vantage.source_ip or 'not known'}, EHLO {vantage.helo or 'none'}"]
    if vantage.is_sending_address is False:
        lines.append(f"  Probed from       {vantage.probe_ip}")
    if sender.ptr is not None:
        names = ", ".join(sender.ptr.names)
        if sender.ptr.status is PtrStatus.MISMATCH and not names:
            names = sender.ptr.first_name
        status = "not known" if sender.ptr.status is PtrStatus.UNKNOWN else sender.ptr.status.value
        lines.append(f"  PTR               {f'{names} ({status})' if names else status}")
    if sender.spf is not None:
        word = sender.spf.matched or spoken(sender.spf.why) or "-"
        lines.append(f"  SPF               {sender.spf.verdict} ({word})")
    lines.append(f"  DKIM              {_keys(facts)}")
    if sender.dmarc is not None:
        record = sender.dmarc.record
        policy = f"p={record.policy} at {record.domain}" if record is not None else "no record"
        lines.append(f"  DMARC             {'not known' if sender.dmarc.unknown else policy}")
    lines.append(f"  Blocklists        {_blocklists(facts)}")
    return lines


def _keys(facts: Facts) -> str:
    selectors = [key.selector for key in facts.sender.dkim if key.status is KeyStatus.VALID]
    return (
        "keys published at " + ", ".join(selectors)
        if selectors
        else "not assessed: the selector is not known"
    )


def _blocklists(facts: Facts) -> str:
    own = [
        listing
        for listing in facts.listings
        if not listing.is_allow_list and listing.role is not ListingRole.LINK
    ]
    if not own:
        return "not checked"
    listed = sorted({listing.zone for listing in own if listing.status is ListingStatus.LISTED})
    clear = {listing.zone for listing in own if listing.status is ListingStatus.NOT_LISTED}
    silent = {listing.zone for listing in own} - clear - set(listed)
    if not listed and not clear:
        return "not known: no list gave a usable answer"
    words = "on " + ", ".join(listed) if listed else "listed on none"
    return f"{words}; {len(clear)} answered not listed; {len(silent)} gave no usable answer"

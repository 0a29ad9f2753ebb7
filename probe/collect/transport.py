"""TLS policy of the recipient's domain: MTA-STS record and policy, TLS-RPT, TLSA."""

from __future__ import annotations

import asyncio

from probe.collect.context import Context
from probe.model.dialable import why_no_host, why_not_dialable
from probe.model.observed import FetchFault
from probe.model.reason import Reason
from probe.recording import events as ev
from probe.standards.dns.helo import parse_literal
from probe.standards.dns.results import MxResult
from probe.standards.mta_sts.policy import policy_url
from probe.standards.mta_sts.record import read_record
from probe.survey import recipient


async def ask_transport_security(context: Context, domain: str, mx: MxResult) -> None:
    """Ask for the records, and fetch the policy when the record says that there is one."""
    if parse_literal(domain) is not None:
        return
    records, _ = await asyncio.gather(
        context.ask(recipient.transport_records(domain)),
        context.ask(recipient.tlsa_answers(mx, context.options.smtp_port)),
    )
    if read_record(records.mta_sts).policy_id is not None:
        await _fetch_policy(context, domain)


async def _fetch_policy(context: Context, domain: str) -> None:
    """RFC 8461 section 3.3. The host is a stranger's choice: its addresses are judged like those of
    an MX before anything is dialled."""
    answers = await context.ask(recipient.policy_host_answers(domain))
    addresses = tuple(address for answer in answers for address in answer.addresses())
    why_not = why_no_host if context.options.allow_private else why_not_dialable
    allowed = tuple(ip for ip in addresses if why_not(ip) is None)
    url = policy_url(domain)
    at_ms = context.clock.at_ms
    if not addresses:
        failed = any(answer.is_unknown for answer in answers)
        fault = Reason(FetchFault.NO_ANSWER if failed else FetchFault.NO_ADDRESS)
        context.record(ev.HttpsFetched(at_ms(), url, None, "", b"", fault))
        return
    if not allowed:
        fault = Reason(FetchFault.NOT_PUBLIC, ip=addresses[0], address=why_not(addresses[0]))
        context.record(ev.HttpsFetched(at_ms(), url, None, "", b"", fault))
        return
    fetched = await context.world.fetch(url, allowed, deadline=context.deadline)
    context.record(
        ev.HttpsFetched(at_ms(), url, fetched.status, fetched.content_type, fetched.body, fetched.fault)
    )

"""Fetches the MTA-STS policy from the host that the recipient's domain names."""

from __future__ import annotations

from probe.collect.context import Context
from probe.model.dialable import why_no_host, why_not_dialable
from probe.model.observed import FetchFault
from probe.model.reason import Reason
from probe.recording import events as ev
from probe.standards.dns.message import Answer
from probe.standards.mta_sts.policy import policy_url


async def fetch_policy(context: Context, domain: str, answers: tuple[Answer, ...]) -> None:
    """Fetch the policy of a domain (RFC 8461 section 3.3) from the addresses that DNS named. The host is
    chosen by the domain: its addresses are checked like those of an MX before connecting."""
    addresses = tuple(address for answer in answers for address in answer.addresses())
    why_not = why_no_host if context.options.allow_private else why_not_dialable
    ips = tuple(ip for ip in addresses if why_not(ip) is None)
    url = policy_url(domain)
    at_ms = context.clock.at_ms
    if not addresses:
        has_failure = any(answer.is_unknown for answer in answers)
        fault = Reason(FetchFault.NO_ANSWER if has_failure else FetchFault.NO_ADDRESS)
        context.record(ev.HttpsFetched(at_ms(), url, None, "", b"", fault))
        return
    if not ips:
        fault = Reason(FetchFault.NOT_PUBLIC, ip=addresses[0], address=why_not(addresses[0]))
        context.record(ev.HttpsFetched(at_ms(), url, None, "", b"", fault))
        return
    response = await context.world.fetch(url, ips, deadline=context.deadline)
    answer = (response.status, response.content_type, response.body, response.fault, response.date)
    context.record(ev.HttpsFetched(at_ms(), url, *answer))

"""Do the links of the message say where they lead?

Looks for URL shorteners, links through a redirect, links to a bare IP address, and links whose shown text
names another host than they lead to. Filters treat each of them as an attempt to hide the target.

What to do: link to your own pages directly, by name, over https, under the domain that sends.
Source: RFC 3986 section 7.6; Alibaba Mail, "How to Handle Email Delivery Failure", step 5.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.reading.message.results import LinkKind

ID = "message-links"
STEP = 5
say = Voice(ID, STEP, ("RFC 3986 section 7.6",))

_TAGS = {
    LinkKind.SHORTENER: "message-link-shortened",
    LinkKind.REDIRECT: "message-link-redirected",
    LinkKind.IP: "message-link-to-address",
    LinkKind.MISMATCH: "message-link-disguised",
}


def check(facts: Facts) -> Iterator[Finding]:
    """One warning for each kind of suspicious link."""
    message = facts.message
    if message is None:
        return
    if not message.links:
        yield say("message-without-links", ("message",))
        return
    links = {
        tag: list(dict.fromkeys(link.host for link in message.links if link.kind is kind))
        for kind, tag in _TAGS.items()
    }
    findings = [say(tag, ("message",), hosts=hosts) for tag, hosts in links.items() if hosts]
    yield from findings or [say("message-links-honest", ("message",), count=len(message.links))]

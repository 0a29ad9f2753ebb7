"""Do the links of the message say where they lead?

Looks for URL shorteners, links through a redirect, links to a bare IP address, and links whose shown text
names another host than they lead to. Filters take each of them for a disguise.

What to do: link to your own pages directly, by name, over https, under the domain that sends.
Source: RFC 3986 section 7.6; Alibaba Mail, "How to Handle Email Delivery Failure", step 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.reading.message.results import Link

ID = "message-links"
STEP = 5
say = Voice(ID, STEP, ("RFC 3986 section 7.6",))

_WORDS = {
    "shortener": ("a URL shortener hides where a link leads", "Use the full address of the page."),
    "redirect": ("a link leads through a redirect", "Link to the page itself."),
    "ip": ("a link leads to a bare IP address", "Link by a host name."),
    "mismatch": ("a link shows another host than it leads to", "Show the host that the link leads to."),
}


def check(facts: Facts) -> Iterator[Finding]:
    """One warning for each kind of suspicious link."""
    message = facts.message
    if message is None:
        return
    if not message.links:
        yield say.ok("the message has no links", ("message",))
        return
    disguised = list(_disguised(message.links))
    yield from disguised or [say.ok(f"the {len(message.links)} links lead where they say", ("message",))]


def _disguised(links: Sequence[Link]) -> Iterator[Finding]:
    for kind, (words, remedy) in _WORDS.items():
        hosts = list(dict.fromkeys(link.host for link in links if link.kind == kind))
        if hosts:
            yield say.warning(f"{words}: {series(hosts)}", ("message",), remedy)

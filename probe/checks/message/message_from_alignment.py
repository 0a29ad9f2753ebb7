"""Does the From header of the message agree with the rest?

Compares the domain of the message's From header with the author domain that was judged (--header-from, else
SENDER) and with the reverse-path. When they differ, DMARC is judged for another domain than was checked here;
NetEase refuses mail whose reverse-path and From differ.

What to do: run the check with --header-from set to the From address of the message; send with a reverse-path
of the same domain.
Source: RFC 9989 section 4.4; RFC 5322 section 3.6.2; NetEase reply DT:SUM.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "message-from-alignment"
STEP = 5
say = Voice(ID, STEP, ("RFC 9989 section 4.4",))


def check(facts: Facts) -> Iterator[Finding]:
    """A warning when another author domain was judged or there are several, a notice when only the
    reverse-path differs."""
    message = facts.message
    if message is None:
        return
    domains, author, envelope = message.from_domains, facts.sender.author_domain, facts.sender.domain
    if not domains:
        tag = "from-domain-missing"
    elif len(domains) > 1:
        tag = "from-several-domains"  # RFC 7489 section 6.6.1: most receivers refuse
    elif author is not None and author not in domains:
        tag = "from-not-judged-author"
    elif envelope is not None and envelope not in domains:
        tag = "from-not-reverse-path"
    else:
        tag = "from-agrees"
    mailbox = next(iter(message.from_mailboxes), None)
    yield say(tag, ("message",), domains=domains, author=author, envelope=envelope, mailbox=mailbox)

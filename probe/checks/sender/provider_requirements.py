"""Does the sender meet what the recipient's provider asks for?

Holds the known sender requirements of the recipient's provider (Google, Yahoo, Microsoft, Apple, QQ, NetEase,
Alibaba and others) against the facts. Demands on every sender count as errors when broken; those on bulk
senders only when the message looks like a mailing, else they are worth knowing. What cannot be seen from here
(complaint rates, volumes) is said, not guessed.

What to do: mend the named record or setting before the next mail to this provider.
Source: the providers' sender guidelines, as recorded in knowledge/requirements.toml with date and place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from probe.checks.judging.needs import standing
from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.knowledge.requirements import Need, Requirement, for_provider
from probe.model.finding import Finding, Severity

ID = "provider-requirements"
STEP = 2
say = Voice(ID, STEP, ())

_REMEDIES = {
    Need.SPF_OR_DKIM: "Have SPF pass for the sending address, or sign with DKIM.",
    Need.SPF: "Permit the sending address in the SPF record of the reverse-path's domain.",
    Need.SPF_NOT_FAIL: "Permit the sending address in the SPF record, or send through a server it names.",
    Need.DKIM: "Sign with DKIM for the domain of the From header.",
    Need.DMARC: "Publish a DMARC record for the domain of the From header; p=none is enough to begin with.",
    Need.DMARC_PASS: "Sign with DKIM for the From domain, or have SPF pass for it.",
    Need.ALIGNED: "Sign with DKIM for the From domain, or have SPF pass for it.",
    Need.FCRDNS: "Set a PTR whose name has an address record of the sending address.",
    Need.ONE_CLICK: "Add List-Unsubscribe and List-Unsubscribe-Post (RFC 8058).",
    Need.HELO_FQDN: "Give the sending server a fully qualified EHLO name.",
    Need.NOT_LISTED: "Have the address delisted once the cause is mended.",
    Need.NOT_RESIDENTIAL: "Send through the mail server of your provider instead.",
    Need.SENDER_RESOLVES: "Publish an MX record for the sender domain.",
    Need.NON_NULL_SENDER: "Use a reverse-path that is not null.",
    Need.FROM_IS_REVERSE_PATH: "Use the same address in From and reverse-path.",
}


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each broken requirement; one for all that are met; one for all not known."""
    provider = facts.recipient.provider
    if provider is None:
        yield say.not_assessed("the recipient's provider is not one whose requirements are known")
        return
    applying = [it for it in for_provider(provider.id) if _applies(it, facts)]
    if not applying:
        yield say.not_assessed(f"no sender requirements of {provider.title} are known")
        return
    met = 0
    unseen: list[str] = []
    for requirement in applying:
        stands = {need: standing(need, facts) for need in requirement.needs}
        broken = [need for need, stand in stands.items() if stand.met is False]
        if broken:
            because = series(stands[need].because for need in broken)
            yield _broken(requirement, broken, because, facts)
        elif all(stand.met for stand in stands.values()):
            met += 1
        else:
            unseen.append(requirement.id)
    if met:
        yield say.ok(f"{met} of the {len(applying)} known requirements of {provider.title} are met",
                     ("mx-provider",))  # fmt: skip
    if unseen:
        yield say.not_assessed(f"not to be judged from here: {series(unseen)} ({provider.title})")


def _applies(requirement: Requirement, facts: Facts) -> bool:
    ip = facts.vantage.source_ip
    return requirement.applies_to != "ipv6" or (ip is not None and ip.version == 6)


def _broken(requirement: Requirement, broken: list[Need], because: str, facts: Facts) -> Finding:
    is_mailing = facts.message is not None and facts.message.bulk
    binding = requirement.applies_to != "bulk" or is_mailing
    code = f" (a breach is answered with {series(requirement.codes)})" if requirement.codes else ""
    finding = say.of(
        Severity.ERROR if binding else Severity.NOTICE,
        f"{requirement.says.rstrip('.')}; here {because}{code}",
        (f"requirement:{requirement.id}",),
        " ".join(dict.fromkeys(_REMEDIES[need] for need in broken)),
    )
    return replace(finding, references=(requirement.source,))

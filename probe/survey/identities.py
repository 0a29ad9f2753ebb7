"""Whom a mail is from: the domains of the sender that a receiver judges."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.model.address import Mailbox
from probe.model.target import DomainTarget, Options, PairTarget, Target
from probe.survey.sending import Sending


@dataclass(frozen=True, slots=True)
class Identities:
    """The domains that a receiver judges. None if there is none: the null reverse-path has no MAIL FROM
    domain, an address literal has no DNS. `exists` is False for the `domain` command, which has no sender at
    all."""

    exists: bool
    mail_from: Mailbox | None
    mail_from_domain: str | None
    author_domain: str | None


def identities(target: Target, options: Options, how: Sending | None = None) -> Identities:
    """The identities of a pair, as the mail leaves (`how`); none at all for the `domain` command."""
    if isinstance(target, DomainTarget):
        return Identities(False, None, None, None)
    return _pair_identities(how.leaving(target) if how is not None else target, options)


def _pair_identities(target: PairTarget, options: Options) -> Identities:
    reverse_path = target.reverse_path
    mail_from = reverse_path if isinstance(reverse_path, Mailbox) else None
    author = options.header_from or mail_from
    return Identities(True, mail_from, _name_of(mail_from), _name_of(author))


def _name_of(mailbox: Mailbox | None) -> str | None:
    return mailbox.domain if mailbox is not None and mailbox.literal is None else None

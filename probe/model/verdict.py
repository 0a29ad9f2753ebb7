"""The closed words of a verdict: what happened, who must act, when to try again, and the exit code."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from probe._dataclass import dataclass
from probe._enum import StrEnum


class Outcome(StrEnum):
    """The result for the pair. Only `accepted` and `refused` say something about the recipient's side."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    INCONCLUSIVE = "inconclusive"


class Extent(StrEnum):
    """What was asked about: an outcome says nothing beyond that."""

    MAILBOX = "mailbox"  # RCPT TO was sent for it
    SERVER = "server"  # a mail server was asked
    DNS = "dns"


class OutcomeReason(StrEnum):
    """The reason of an outcome, if it is not a reply. `hosts` are the domain's MX hosts."""

    # DNS says that the domain takes no mail
    NO_DOMAIN = "no_domain"
    NULL_MX = "null_mx"
    NO_MAIL_HOST = "no_mail_host"
    NO_USABLE_MX = "no_usable_mx"
    LOOPBACK_MX = "loopback_mx"
    # there was no host to connect to, for another reason
    QUESTION_FAILED = "question_failed"  # in DNS
    FIRST_HOSTS_UNUSABLE = "first_hosts_unusable"  # and the others were not tried
    FIRST_HOSTS_NOT_PUBLIC = "first_hosts_not_public"  # and the others were not tried
    HOSTS_OF_OTHER_FAMILY = "hosts_of_other_family"  # than -4, -6 or --bind leaves
    HOST_OF_OTHER_FAMILY = "host_of_other_family"
    GIVEN_HOST_OF_OTHER_FAMILY = "given_host_of_other_family"
    GIVEN_HOST_WITHOUT_ADDRESS = "given_host_without_address"  # with --mx
    RELAY_OF_OTHER_FAMILY = "relay_of_other_family"  # of this host's mail server
    RELAY_WITHOUT_ADDRESS = "relay_without_address"
    # the local mail server decides
    OWN_REFUSES = "own_refuses"
    OWN_NO_MAILBOX = "own_no_mailbox"
    OWN_FALLBACK = "own_fallback"  # it hands the mail on in the end, and that server was not asked
    OWN_FALLBACK_NOWHERE = "own_fallback_nowhere"  # or has no address, as DNS says
    OWN_FALLBACK_SILENT = "own_fallback_silent"  # or could not be connected to from here
    OWN_LOOP = "own_loop"  # the host to ask is this one
    OWN_WAITS = "own_waits"
    OWN_DISCARDS = "own_discards"
    OWN_DELIVERS = "own_delivers"
    OWN_PROGRAM = "own_program"
    OWN_SIZE = "own_size"
    OWN_TLS = "own_tls"  # a TLS setting that it cannot follow
    OWN_WRAPPED = "own_wrapped"  # TLS from the first octet, which a probe does not speak
    OWN_FAMILY = "own_family"  # the hosts have addresses of the other one alone
    NOT_DIALLED = "not_dialled"
    NOT_ASKED = "not_asked"
    # a session without an answer
    ENDED = "ended"
    INTERRUPTED = "interrupted"
    CUT_SHORT = "cut_short"  # the recording ends there
    DEADLINE = "deadline"
    NO_SMTP_REPLY = "no_smtp_reply"
    LOGIN_NEEDED = "login_needed"  # at the relay of this host's mail server
    STARTTLS_NOT_OFFERED = "starttls_not_offered"
    HANDSHAKE = "handshake"
    CERTIFICATE = "certificate"


class Side(StrEnum):
    """Whose server decided, or was silent."""

    RECIPIENT = "recipient"
    RELAY = "relay"  # the smart host or fallback relay of the local mail server
    OWN = "own"  # the local mail server itself


class FixBy(StrEnum):
    """Who must act. `either`: the sender or the recipient's postmaster; which of them is not settled."""

    SENDER = "sender"
    SENDER_NETWORK = "sender_network"
    RECIPIENT = "recipient"
    RECIPIENT_ADMIN = "recipient_admin"
    EITHER = "either"
    NOBODY = "nobody"


class Retry(StrEnum):
    """When another try makes sense. `never` makes users delete an address, so it needs words, a status or a
    record that prove it."""

    NOW = "now"
    LATER = "later"
    AFTER_FIX = "after_fix"
    NEVER = "never"

    @property
    def is_without_fix(self) -> bool:
        """Whether time alone, or nothing at all, is needed."""
        return self in (Retry.NOW, Retry.LATER)


@dataclass(frozen=True, slots=True)
class Conduct:
    """Who must act and when to try again; `retry_after` is the usual wait in seconds, None if waiting does
    not help."""

    fix_by: FixBy
    retry: Retry
    retry_after: int | None


class ExitCode(IntEnum):
    """The exit codes; 70 is a fault of this program, 128 + N the end by signal N (130: Ctrl-C)."""

    ACCEPTED = 0
    REFUSED = 1
    USAGE = 2  # or a line of input that cannot be read
    DEFERRED = 3
    INCONCLUSIVE = 4
    AT_RISK = 5  # accepted, and a refusal after DATA is likely

    @classmethod
    def of(cls, outcome: Outcome) -> ExitCode:
        """The code of an outcome."""
        return cls[outcome.name]

    @classmethod
    def worst(cls, codes: Iterable[ExitCode]) -> ExitCode:
        """The code for several results: unreadable input first, then 1 > 3 > 4 > 5 > 0; 0 for none."""
        return min(codes, key=_WORST_FIRST.index, default=cls.ACCEPTED)


_WORST_FIRST = (
    ExitCode.USAGE,
    ExitCode.REFUSED,
    ExitCode.DEFERRED,
    ExitCode.INCONCLUSIVE,
    ExitCode.AT_RISK,
    ExitCode.ACCEPTED,
)

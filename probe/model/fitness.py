"""Whether this machine is fit to probe and to send: the closed words of `smtp-probe doctor`."""

from __future__ import annotations

from probe._enum import StrEnum


class Use(StrEnum):
    """What a machine may be used for: three commands, and sending mail."""

    CHECK = "check"
    DOMAIN = "domain"
    BULK = "bulk"
    SENDING = "sending"


class Fitness(StrEnum):
    """The result of one test. `limited`: it works, and something stays unknown or slow; `not_assessed`: it
    could not be made, and counts neither as right nor as wrong."""

    FIT = "fit"
    LIMITED = "limited"
    UNFIT = "unfit"
    NOT_ASSESSED = "not_assessed"


class Readiness(StrEnum):
    """Whether the machine is fit for one use. `not_known`: a test that it needs could not be made."""

    FIT = "fit"
    UNFIT = "unfit"
    NOT_KNOWN = "not_known"


class MachineGap(StrEnum):
    """Why a test was not made."""

    OFFLINE = "offline"
    DEADLINE = "deadline"
    INTERRUPTED = "interrupted"
    RESOLVER = "resolver"  # none answers
    WALLED = "walled"  # it does not resolve public names
    UNANSWERED = "unanswered"
    NO_LIST = "no-list"
    NO_OPERATOR = "no-operator"
    NO_DATE = "no-date"
    NO_ADDRESS = "no-address"
    NO_NAME = "no-name"
    NOT_ASKED = "not-asked"
    NOT_MADE = "not-made"
    FAILED = "failed"  # this program


class Trial(StrEnum):
    """What a question to a name server is to show."""

    ROOT = "root"  # the name servers of the root, with EDNS
    PLAIN = "plain"  # the same without EDNS
    TCP = "tcp"  # the same over TCP
    SIGNED = "signed"  # a signed zone
    LARGE = "large"  # an answer of more than 512 octets
    MISSING = "missing"  # a name that does not exist
    LIST = "list"  # a blocklist
    ZONE = "zone"  # whether the zone of a blocklist is there
    PTR = "ptr"  # of an address of this machine
    MADE = "made"  # IPv6 addresses of names that have none
    EGRESS = "egress"  # who asks the zones' servers
    AGAIN = "again"  # the same question, later
    MANY = "many"  # at once
    ALONE = "alone"  # those of MANY without an answer, one by one

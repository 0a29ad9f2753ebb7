"""The closed vocabularies of a recording: why a session was opened and ended, the result of TLS, of a fetch
and of a second opinion, and which part of a run was not made.

Each has a table of the same name in probe/knowledge/findings/reasons.toml. `other_words` is used for
recordings of earlier versions: the reason's text is then a complete sentence.
"""

from __future__ import annotations

from probe._enum import StrEnum


class HeloReason(StrEnum):
    """Why this EHLO name was chosen."""

    GIVEN = "given"  # with --helo
    MTA = "mta"  # as this host's mail server
    PTR = "ptr"  # the forward-confirmed reverse name
    HOSTNAME = "hostname"
    LITERAL = "literal"  # RFC 5321 section 4.1.4
    NONE = "none"
    OTHER_WORDS = "other_words"


class SessionReason(StrEnum):
    """Why a session was opened. `not_connected` and `no_answer`: at the server before, which the reason
    names."""

    PLANNED = "planned"
    NOT_CONNECTED = "not_connected"
    NO_ANSWER = "no_answer"
    TLS_FAILED = "tls_failed"
    CONTROL = "control"  # what its experiment asks
    HANDED_ON = "handed_on"  # to this fallback relay of the local mail server
    OTHER_WORDS = "other_words"


class EndCause(StrEnum):
    """The cause of the end of a session, if there is more to say than `EndReason`."""

    STOP = "stop"  # the dialogue went no further
    NO_CONNECTION = "no_connection"  # in time
    NO_REPLY = "no_reply"  # in time
    DEADLINE = "deadline"
    OCTETS = "octets"  # more than the probe takes
    REPLIES = "replies"  # more than the probe takes
    SYSTEM = "system"  # the operating system's or the TLS library's words
    SHORTAGE = "shortage"
    NO_ROUTE = "no_route"  # of this machine to the address
    GATEWAY = "gateway"  # of this machine, which says that there is no way (ICMP)
    ICMP = "icmp"  # an ICMP message from another host on the way
    OTHER_FAMILY = "other_family"  # than the address of --bind
    NOT_PUBLIC = "not_public"
    OTHER_WORDS = "other_words"


class HandshakeFault(StrEnum):
    """Why TLS was not established. The last three before `other_words` are read from the dialogue."""

    DEADLINE = "deadline"
    LATE = "late"
    CLOSED = "closed"
    PLAINTEXT = "plaintext"  # the server went on in the clear
    LIBRARY = "library"
    NO_REPLY = "no_reply"
    ENDED = "ended"
    REFUSED = "refused"
    OTHER_WORDS = "other_words"


class CertificateFault(StrEnum):
    """What is wrong with a certificate (RFC 5280, RFC 9525)."""

    NO_CERTIFICATE = "no_certificate"
    UNREADABLE = "unreadable"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    OTHER_NAME = "other_name"
    NOT_TRUSTED = "not_trusted"
    WEAK_KEY = "weak_key"
    # for a client with requirements beyond a trusted authority
    NO_ROOTS = "no_roots"  # it trusts no authority
    OTHER_FINGERPRINT = "other_fingerprint"
    OTHER_TLSA = "other_tlsa"  # other than the DNSSEC-signed records
    NO_TLSA = "no_tlsa"  # that can be used
    UNANSWERED_TLSA = "unanswered_tlsa"  # DNS did not say whether there are any


class FetchFault(StrEnum):
    """Why an HTTPS request got no response, or not all of it."""

    NO_ANSWER = "no_answer"  # of DNS
    NO_ADDRESS = "no_address"
    NOT_PUBLIC = "not_public"
    NOWHERE = "nowhere"
    NO_CONNECTION = "no_connection"
    REFUSED = "refused"
    CLOSED = "closed"
    LATE = "late"
    CERTIFICATE = "certificate"
    CERTIFICATE_REFUSED = "certificate_refused"
    CLOCK_OFF = "clock_off"  # of this machine, while a certificate was refused
    TLS = "tls"
    NOT_HTTP = "not_http"
    CUT_SHORT = "cut_short"
    ENDLESS = "endless"
    TOO_LARGE = "too_large"
    SYSTEM = "system"
    SHORTAGE = "shortage"
    OTHER_WORDS = "other_words"

    @property
    def is_of_certificate(self) -> bool:
        """Whether the server's certificate was refused: then the policy is of no use to anybody
        (RFC 8461 section 3.3), not merely out of reach from here."""
        return self in (FetchFault.CERTIFICATE, FetchFault.CERTIFICATE_REFUSED)


class OpinionSubject(StrEnum):
    """The record that an opinion is about."""

    SPF = "spf"
    DMARC = "dmarc"
    MTA_STS = "mta_sts"
    SMTP_TLS_REPORTING = "smtp_tls_reporting"


class OpinionFault(StrEnum):
    """Why the library gave no opinion; not a fault of the record."""

    NOT_LOADED = "not_loaded"
    RESOLVER_FILE = "resolver_file"
    LATE = "late"
    NO_OPINION = "no_opinion"  # in its time
    ABANDONED = "abandoned"
    STOPPED = "stopped"
    NO_ANSWER = "no_answer"  # of DNS
    NOT_HANDED_ON = "not_handed_on"
    OTHER_TYPE = "other_type"
    TOO_MANY = "too_many"
    FAILED = "failed"
    SHORTAGE = "shortage"
    OTHER_WORDS = "other_words"


class Part(StrEnum):
    """A part of a run."""

    OPINIONS = "opinions"
    SENDER_POLICY = "sender_policy"
    TRANSPORT_SECURITY = "transport_security"
    SENDER_ADDRESS = "sender_address"
    BLOCKLISTS = "blocklists"
    SESSIONS = "sessions"
    SESSION = "session"  # with one address
    CONTROL = "control"  # an experiment
    MESSAGE = "message"
    BOUNCE = "bounce"
    RESOLVER = "resolver"  # a line of the system's file
    OTHER_WORDS = "other_words"


class Gap(StrEnum):
    """Why something is not known: a part of the run that was not made, or a fact of it."""

    DEADLINE = "deadline"
    INTERRUPTED = "interrupted"
    FAILED = "failed"  # this program
    SHORTAGE = "shortage"  # of this machine
    MOST_SESSIONS = "most_sessions"
    NO_TURN = "no_turn"  # other checks had the turn
    MOST_CONTROLS = "most_controls"
    MOST_CONTROLS_THERE = "most_controls_there"
    BARRED = "barred"
    UNCHANGED = "unchanged"  # no result could change the report
    NOT_CHOSEN = "not_chosen"
    REDACTED = "redacted"
    NO_FILE = "no_file"
    FILE_UNREADABLE = "file_unreadable"
    FILE_TOO_LARGE = "file_too_large"
    NO_KEYWORD = "no_keyword"
    NO_SERVER = "no_server"
    NO_IP = "no_ip"
    NO_INTERFACE = "no_interface"
    BEYOND_FIRST = "beyond_first"
    MORE_LINES = "more_lines"
    NOT_MADE = "not_made"  # the recording ends before it
    NO_SMTP = "no_smtp"  # the option left it out
    NO_DNSBL = "no_dnsbl"  # the option left it out
    UNREAD = "unread"  # this program failed to read it
    NO_SERVER_ASKED = "no_server_asked"  # the run ended before
    NOT_GIVEN = "not_given"
    KEPT_HERE = "kept_here"  # this host's mail server hands it to no server that could be asked
    MTA_SILENT = "mta_silent"  # this host's mail server, if it has one
    NONE_FOUND = "none_found"  # looked for, and there is none
    NO_SENDER = "no_sender"  # the command asks about a domain alone
    NULL_SENDER = "null_sender"
    ADDRESS_LITERAL = "address_literal"  # the sender's, which has no DNS
    NO_ADDRESS = "no_address"  # no route
    PRIVATE_ADDRESS = "private_address"  # this host's, and no source names the public one
    NO_HELO = "no_helo"
    HELO_WITHOUT_DNS = "helo_without_dns"  # an address literal, or a single label
    NO_KEY = "no_key"
    NO_ANSWER = "no_answer"  # DNS did not say enough
    NOT_CONNECTED = "not_connected"
    NO_EHLO = "no_ehlo"  # no 250 to it
    NO_REPLY = "no_reply"
    NOT_SECURED = "not_secured"  # no TLS
    NO_CERTIFICATE = "no_certificate"
    NOT_JUDGED = "not_judged"
    OTHER_WORDS = "other_words"

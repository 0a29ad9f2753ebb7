"""Why a DNS question has no answer, or an answer that is not believed.

The words are in the tables of the same names in probe/knowledge/findings/reasons.toml.
"""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.exhaustion import Shortage


class AnswerFault(StrEnum):
    """What came instead of an answer or a denial. The first nine are used if only the status (`Status`) is
    known."""

    SERVFAIL = "servfail"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    MALFORMED = "malformed"
    BAD_NAME = "bad_name"
    CNAME_LOOP = "cname_loop"
    NOT_ASKED = "not_asked"
    OWN_WORD = "own_word"
    # the transport failed
    NO_REPLY = "no_reply"  # in time
    SYSTEM = "system"  # the operating system's words
    CUT_SHORT = "cut_short"  # the connection ended within the answer
    SHORTAGE = "shortage"
    # the reply is unusable
    RESPONSE_CODE = "response_code"
    UNDEFINED_CODE = "undefined_code"  # a response code that is not registered
    NO_MESSAGE = "no_message"  # of DNS
    TRUNCATED = "truncated"
    OTHER_QUESTION = "other_question"
    OTHER_NAMES = "other_names"
    DENIES_AND_ANSWERS = "denies_and_answers"
    REFERRAL = "referral"  # the server does not recurse for us
    # the CNAME chain is unusable
    CNAME_BACK = "cname_back"  # they lead back
    CNAME_MOST = "cname_most"
    CNAME_OPEN = "cname_open"  # their end was not found
    # the question was not asked
    NO_SERVER = "no_server"
    NO_LIVE_SERVER = "no_live_server"  # none answered even the test question
    DEADLINE = "deadline"
    MOST_QUERIES = "most_queries"
    NOT_IN_RUN = "not_in_run"  # the recording does not hold it
    # not a valid DNS name (RFC 1035 section 2.3.4)
    OPEN_ESCAPE = "open_escape"
    NOT_ASCII = "not_ascii"
    EMPTY_LABEL = "empty_label"
    LONG_LABEL = "long_label"
    LONG_NAME = "long_name"
    # answers that are not believed
    OWN_NXDOMAIN = "own_nxdomain"
    OWN_NODATA = "own_nodata"
    OWN_RECORDS = "own_records"
    OWN_DATA = "own_data"  # of the machine that the server runs on
    OTHER_WORDS = "other_words"


class AskedOver(StrEnum):
    """The transport of a question, if not UDP alone. `tcp_after_udp`: the reply over UDP was truncated."""

    TCP = "tcp"
    TCP_AFTER_UDP = "tcp_after_udp"


class WireFault(StrEnum):
    """Why octets are not a DNS message (RFC 1035 section 4)."""

    HEADER = "header"  # shorter than one
    NAME_END = "name_end"
    NAME_LENGTH = "name_length"
    NAME_OF_RECORD = "name_of_record"  # longer than its record
    POINTER = "pointer"
    LABEL = "label"
    QUESTION_END = "question_end"
    RECORD_END = "record_end"
    RECORD_LENGTH = "record_length"
    ADDRESS_LENGTH = "address_length"
    TXT_EMPTY = "txt_empty"
    STRING_LENGTH = "string_length"


class OwnWord(StrEnum):
    """How it shows that the name server made an answer itself and did not get it from the zone."""

    EXTENDED_ERROR = "extended_error"
    STALE = "stale"
    POLICY_ZONE = "policy_zone"
    NO_SOA = "no_soa"
    OTHER_ZONE = "other_zone"
    MADE_SOA = "made_soa"
    LOCALLY_SERVED = "locally_served"
    OWN_ZONE = "own_zone"
    OTHER_ROOT = "other_root"
    CONTRADICTED = "contradicted"  # by the SOA record with it
    NULL_ADDRESS = "null_address"
    FOR_NO_NAME = "for_no_name"  # the same is given for names that do not exist
    FOR_EVERY_NAME = "for_every_name"  # names that exist are denied, too


@dataclass(frozen=True, slots=True)
class OwnWordWhy:
    """`error` is the extended error (RFC 8914) by its name and with the server's words, `policy` a policy
    zone, `zone` the zone of the SOA record, `soa` its three names, `source` the RFC that lets resolvers serve
    the zone themselves, `name` one that has the same answer: it does not exist, or exists in truth. Values
    that the sentence of the tag does not use are empty."""

    tag: OwnWord
    error: str = ""
    policy: str = ""
    zone: str = ""
    soa: str = ""
    source: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class AnswerWhy:
    """A fault with the values that its sentence uses; the others are empty.

    `server` is the name server's address, `words` what it says of the fault itself, `over` how it was asked
    (None: over UDP), `queries` how often, where more than once, `strange` how many datagrams came that were
    no reply to them, `seconds` how long was waited, `is_late` that the time of the run ended it. `code` is
    the response code and `extended` the extended errors, by their names in the registry of DNS parameters.
    `name` is a name that aliases lead to, `most` a limit, `octets` the length of a label. `text` is the
    operating system's words; with the tag `other_words` a sentence of an earlier version of this program.
    """

    tag: AnswerFault
    server: str = ""
    words: str = ""
    over: AskedOver | None = None
    queries: int = 0
    strange: int = 0
    seconds: float | None = None
    is_late: bool = False
    code: str = ""
    extended: tuple[str, ...] = ()
    name: str = ""
    most: int | None = None
    octets: int | None = None
    wire: WireFault | None = None
    shortage: Shortage | None = None
    own: OwnWordWhy | None = None
    text: str = ""

"""Why something of this host's own mail server is not known, or is as it is: words and values, no
sentences."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.exhaustion import Shortage
from probe.model.local_tool import ToolWhy


class MtaReason(StrEnum):
    """Why a server was not read, a value of its configuration is not known, or mail goes where it goes."""

    NOT_ASKED = "not_asked"  # nobody wanted it to be
    NO_PROGRAM = "no_program"
    NO_FILE = "no_file"  # the configuration of a server
    NO_CONFIGURATION = "no_configuration"  # of Exim, in the place that was named
    NOT_CONFIGURED = "not_configured"  # Postfix
    TOOL_FAILED = "tool_failed"
    NO_ANSWER = "no_answer"  # of a tool on the recipient
    OWN_WORDS = "own_words"  # the server's
    NO_REASON = "no_reason"  # the server gives none
    NOT_SET = "not_set"
    SYSTEM_CHOOSES = "system_chooses"  # for want of a setting
    SYSTEM_CHOOSES_AMONG = "system_chooses_among"  # several
    NOT_LOOKED_UP = "not_looked_up"  # the addresses of a name
    NO_ADDRESS = "no_address"  # what stands there is none
    NO_HOST = "no_host"  # what stands there is the name of none
    NO_HOST_NAME = "no_host_name"  # what it is expanded to is none
    NO_LIMIT = "no_limit"
    NO_PLAIN_LIMIT = "no_plain_limit"
    FROM_PROGRAM = "from_program"  # one that would have to be run
    FROM_VARIABLE = "from_variable"  # one that has a value at delivery alone
    NOT_EXPANDED = "not_expanded"
    NO_TRANSPORT = "no_transport"
    NO_RULE = "no_rule"  # takes the mail
    RULE_REJECTS = "rule_rejects"
    RULE_NOT_SURE = "rule_not_sure"
    NO_ROUTE = "no_route"  # a tool named none
    NAME_OF_INTERFACE = "name_of_interface"  # that the mail leaves by
    NAME_OF_TRANSPORT = "name_of_transport"  # which is not known
    TRANSPORT_NOT_TOLD = "transport_not_told"
    PROGRAM = "program"  # what the mail is handed to
    SENT_ON = "sent_on"  # to another address
    HOSTS_AT_DELIVERY = "hosts_at_delivery"
    NO_SMTP_TRANSPORT = "no_smtp_transport"
    HOSTS_DIFFER = "hosts_differ"
    CERTIFICATE_NOT_TOLD = "certificate_not_told"  # what it has to show
    NO_TRUST_AD = "no_trust_ad"
    VIRTUAL_ALIASES = "virtual_aliases"
    NO_MAILBOX = "no_mailbox"  # of its own, for the recipient
    TRANSPORT_PUT_OFF = "transport_put_off"
    STARTTLS_IGNORED = "starttls_ignored"
    NO_SERVICE = "no_service"  # of master.cf
    NO_SERVER = "no_server"  # a next hop that names none
    TABLE_UNREADABLE = "table_unreadable"
    LIST_UNREAD = "list_unread"  # no tool prints it
    NO_TLS_LEVEL = "no_tls_level"
    NO_DNSSEC = "no_dnssec"
    SHORTAGE = "shortage"  # of this machine
    FAILED = "failed"  # this program
    OTHER_WORDS = "other_words"


@dataclass(frozen=True, slots=True)
class MtaWhy:
    """A reason with the values that its sentence names; the others are empty.

    `name` is what the configuration names: a program, a file, a table, a service, a variable, a host, an
    address; `family` 4 or 6; `failure` what came of a tool; `shortage` what this machine has no more of.
    `text` is what the server or its tool says itself, or an exception; with the tag `other_words` a sentence
    of an earlier version of this program.
    """

    tag: MtaReason
    name: str = ""
    family: int | None = None
    failure: ToolWhy | None = None
    shortage: Shortage | None = None
    text: str = ""

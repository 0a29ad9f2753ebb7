"""All time budgets and limits of the program, each once and with its reason.

Times are seconds, sizes are octets.
"""

from __future__ import annotations

from probe._dataclass import dataclass


@dataclass(frozen=True, slots=True)
class SmtpBudgets:
    """Per-stage waits. RFC 5321 section 4.5.3.2 asks a delivering client for 2 to 5 minutes; a person
    at a terminal cannot wait that long, so a stage that runs out is reported as inconclusive."""

    connect: float = 10.0
    greeting: float = 35.0  # greet delays of 20 to 30 s are a common anti-spam measure
    ehlo: float = 15.0
    starttls: float = 10.0  # the reply to STARTTLS
    handshake: float = 10.0
    mail: float = 20.0
    rcpt: float = 30.0  # recipient callouts, tarpits and policy servers answer late
    closing: float = 3.0  # RSET and QUIT are best effort
    connect_again: float = 5.0  # after a connection has timed out: the next probably meets the same filter


SMTP = SmtpBudgets()

AFTER_PLAINTEXT = 2.0  # after plaintext in place of a handshake: TLS follows at once, or never

# A run
RUN_TIMEOUT = 60.0  # --timeout
PLUGIN_TIMEOUT = (
    50.0  # --timeout with --format nagios: Nagios ends a plugin after 60 s (service_check_timeout)
)
RECIPIENT_FIRST = 0.5  # at most so long the sender's side waits for the first dialling
REPORT_RESERVE = 1.5  # kept back from the deadline, so that closing and reporting fit into it
REPORT_SHARE = 2.5  # and at least so many times what the program took to begin, on a slow machine

# DNS
DNS_QUERY_TIMEOUT = 3.0  # one try at one server
DNS_LIFETIME = 8.0  # all tries of one question
DNS_PARALLEL = 64  # questions in flight at once
DNS_MAX_QUERIES = 2000  # per run, so that a hostile zone cannot make it endless
DNS_OVER_TCP = 64  # connections to name servers at once, if there are enough descriptors
CNAME_LIMIT = 16  # aliases followed for one name, as in BIND; RFC 1034 asks only for a bound
CNAME_QUERIES = 8  # for one name, if a server returns only a part of the chain
MX_LIMIT = 20  # MX records used; further ones are counted and reported
MX_ADDRESS_LIMIT = 10  # addresses used of one MX host

# Shared by the checks of one event loop, or of the process
DNS_RECENT_LIMIT = 128  # questions sent less than DNS_RECENT ago: a Linux buffer holds 222 small datagrams
DNS_RECENT = 1.0
DNS_OPEN_LIMIT = 512  # questions without an answer, however long they wait
DNS_A_TURN = 4  # questions sent, and datagrams read from a socket, in one turn of the event loop
DNS_SOCKET_AGE = 5.0  # then another source port is used, before an attacker can find this one (RFC 5452)
RUN_DESCRIPTORS = 3  # of one check: a mail server, a policy host, a name server over TCP
DESCRIPTORS_SPARE = 8  # reserved for short-lived files: modules, the trust store
DESCRIPTORS_FEW = 64  # with fewer, the files of the report are read before the first socket is opened
SHARED_ANSWERS_FOR = 300.0  # how long runs of one world share DNS answers; then a corrected record is seen
SHARED_ANSWERS = 100_000  # about 100 MB
OPINION_THREADS = 16  # of the process; they mostly wait for DNS

# DNS for thousands of questions
ENGINE_SOCKETS = 16  # to one name server: sixteen times the ports that an attacker has to guess (RFC 5452)
ENGINE_FIRST_WINDOW = 100  # open questions; a Linux buffer holds 222 small datagrams
ENGINE_WINDOW = 1000
ENGINE_LEAST_WINDOW = 16
ENGINE_BURST = 64  # datagrams sent or read in one turn
ENGINE_SURE_BURST = 8  # datagrams that show whether those that are sent together arrive
ENGINE_PAUSE = 0.0005  # between two bursts; asyncio makes a millisecond or more of it
ENGINE_AGAIN = 1.0  # without an answer, the next name server is asked
ENGINE_TRIES = 3  # then the resolver for single questions takes over, with DNS_LIFETIME
ENGINE_LATEST = 3.0  # a lone name server that is slow is asked again then at the latest
ENGINE_PATIENCE = 1.5  # times as long as its last answer took, such a server is waited for
ENGINE_ROUNDS = 2  # failures of a question at each server; then the failure is told
ENGINE_MORE_ROUNDS = 3  # where there may have been too much; BIND repeats a failure for a second
ENGINE_REFUSALS = 5  # refusals, where too many at once are refused: dnsmasq takes 150
ENGINE_CALM_WINDOW = 500  # BIND gives up the oldest of more than 900 questions, whoever asked
ENGINE_CROWDED_GROWTH = 0.2  # questions more at once for each answer of a server that refuses too many
ENGINE_VAIN = 20  # questions in a row without an answer, after which the other name servers are asked first
ENGINE_CAREFUL = 256  # its open questions
ENGINE_TICK = 0.1
ENGINE_WORK = 10_000  # works running at once; they mostly wait for the same few slow answers
ENGINE_ANSWERS_KEPT = 20_000  # about 20 MB
ENGINE_RESOLVER_USES = 1000  # a resolver keeps each answer in memory, so it is then replaced
ENGINE_RESOLVER_QUERIES = 100 * ENGINE_RESOLVER_USES  # aliases, other servers and repetitions, with a margin

# A list before a send
BULK_HOSTS_KEPT = 100_000  # MX hosts whose state is remembered; some 15 MB
BULK_COMMIT = 1.0  # seconds between two commits: what a crash costs is asked again
BULK_BATCH = 5000  # rows or domains in one turn
BULK_PLAN_RATE = 1000.0  # questions a second that a resolver in the same network answers, for a plan
BULK_SESSION_TIME = 3.0  # seconds of a session about mailboxes, at 300 ms a step, for a plan
BULK_VISIT_TIME = 300.0  # all sessions of one visit: a greeting, a MAIL and three RCPT that are slow, twice
BULK_PARALLEL = 20  # operators at once (--parallel): few descriptors, and a resolver that keeps up
BULK_SHUT_IN = (
    50  # domains, the first of a list, whose servers cannot be connected to: port 25 is closed here
)
BULK_SILENT = 3  # mailboxes of a domain without a reply, one after the other; then the rest is not asked


@dataclass(frozen=True, slots=True)
class ListCourtesy:
    """What one operator sees of a list at most, whatever is asked at once of others."""

    rcpt_a_session: int = 3  # as MAX_RCPT_PER_SESSION; servers count unknown recipients of a session
    session_pause: float = 2.0  # between the end of a session and the next: anvil and its like count a minute
    mailboxes_an_hour: int = 200  # more looks like harvesting, whatever the pace
    guest_pause: float = 1800.0  # after a 421, or words about the guest: the usual time of a counter to pass
    pauses_in_vain: int = 2  # in a row; then the operator has said twice that it does not want to be asked


BULK_COURTESY = ListCourtesy()
BULK_PROGRESS = 30.0  # seconds between two lines of progress where there is no terminal

# SPF (RFC 7208 section 4.6.4)
SPF_LOOKUP_LIMIT = 10
SPF_VOID_LIMIT = 2
SPF_MX_LIMIT = 10
SPF_PTR_LIMIT = 10

# SMTP: limits on data from a peer
REPLY_LINE_LIMIT = 4096  # RFC 5321 section 4.5.3.1.5 says 512; real servers send up to 2 000
REPLY_LINES_LIMIT = 512  # lines of one reply
REPLY_SIZE_LIMIT = 65536  # one reply
SESSION_SIZE_LIMIT = 262144  # everything received in one session
SURPLUS_LIMIT = 100  # replies of one session that no command had asked for

# Courtesy limits towards mail servers (RFC 5321 section 7.8)
MAX_RCPT_PER_SESSION = 3  # one of them may be invented, only in a control session
MAX_SESSIONS = 12  # connection attempts of one run that got a TCP connection
MAX_CONTROL_SESSIONS = 3  # sessions beyond those that asked about the target
MAX_CONTROLS_AT_ONE_ADDRESS = 2  # of these; three sessions with the first one
SESSIONS_WITH_ONE_ADDRESS = (
    20  # at once, of all runs of a process: default_destination_concurrency_limit of Postfix
)
SESSIONS_WITH_ONE_OPERATOR = 20  # the same, over all the hosts and addresses that it has
SESSION_SPACING = 1.0  # pause between two sessions with one MX operator


@dataclass(frozen=True, slots=True)
class Pace:
    """The time budgets of a run and the spacing of its sessions, as one value, so that a lab or a test may be
    faster than a run on the Internet."""

    smtp: SmtpBudgets = SMTP
    session_spacing: float = SESSION_SPACING
    dns_query: float = DNS_QUERY_TIMEOUT
    dns_lifetime: float = DNS_LIFETIME


PACE = Pace()

# HTTPS (MTA-STS policy, RFC 8461 section 3.3)
HTTPS_TIMEOUT = 10.0
HTTPS_SIZE_LIMIT = 65536

# checkdmarc
OPINION_TIMEOUT = 12.0  # it asks serially; its opinion is optional
OPINION_QUERIES = 60  # questions about one record: it follows SPF includes beyond the limit of ten

# A message given with --message
MESSAGE_SIZE_LIMIT = 32 * 1024 * 1024  # more than most servers take; a larger one is given as --size
MESSAGE_HEADER_LIMIT = 256 * 1024  # the header section
MESSAGE_TEXT_LIMIT = 1024 * 1024  # of one part, for its links
MESSAGE_PART_LIMIT = 1000
MESSAGE_LINK_LIMIT = 50  # link domains looked up on domain blocklists

# A recording
RECORDING_EVENT_LIMIT = 200_000  # every packet is one: a server that drips octets makes many
RECORDING_SESSION_LIMIT = 1000  # every address of every MX host, with a margin
RECORDING_RECEIVED_LIMIT = 2 * MAX_SESSIONS * SESSION_SIZE_LIMIT  # octets of servers, all sessions together
RECORDING_CHAIN_LIMIT = 128 * 1024  # octets of one chain; OpenSSL takes 100 KiB

OWN_ADDRESSES_LIMIT = 128  # addresses of this machine that are recorded; senders for many have dozens

# The last runs, kept for `replay --last`
HISTORY_RUNS = 20  # several days of one person's work; 0: none is kept
HISTORY_SIZE_LIMIT = 100 * 1024 * 1024  # of all of them; a run is about 100 KB, more with --message

# A bounce: limits on one message
SEVERITIES_SIZE_LIMIT = 262144  # many times a file that names every tag
BOUNCE_SIZE_LIMIT = 4 * 1024 * 1024  # of one message; the rest of the returned message is not needed
BOUNCE_HEADER_LIMIT = 256 * 1024  # one header section
BOUNCE_TEXT_LIMIT = 256 * 1024  # one part that is read as text
BOUNCE_PART_LIMIT = 200
BOUNCE_DEPTH_LIMIT = 8  # multiparts in multiparts
BOUNCE_RECIPIENT_LIMIT = 1000  # recipients reported for one message

# The tools of this host's own mail server (postconf, exim, sendmail, smtpd)
LOCAL_TOOLS_TIMEOUT = 2.0  # for all of them: they read local files, while the MX question is asked
LOCAL_TOOLS_SHARE = 0.2  # of the time of a short run, so that one that hangs leaves the rest to the servers
LOCAL_TOOLS_AT_ONCE = 2  # inquiries of a process: each starts up to five programs, of three descriptors each
MOST_ROOTS = 500  # files in a directory of certificate authorities; usually about 150
LOCAL_TOOLS_SIZE_LIMIT = 262144  # output of one tool, and one file; many times a main.cf

# `doctor`: is this machine fit?
DOCTOR_TIMEOUT = 30.0  # --timeout: the whole run
DOCTOR_LOOK = 6.0  # one question to a name server: two datagrams of DNS_QUERY_TIMEOUT
DOCTOR_LOOKS = 8  # at once, so that no limit of the resolver is met before it is asked for
DOCTOR_MANY_WAIT = 6.0  # for the answers of 40 questions at once
DOCTOR_MANY_LOST = 4  # of them without an answer: a domain or two may have slow servers of its own
DOCTOR_PAUSE = 1.0  # before those without an answer are asked one by one
DOCTOR_AGE = (0.0, 1.3, 2.6)  # when a question is asked again, to see the TTL count down
DOCTOR_ATTEMPT = 10.0  # connection, greeting and QUIT at one mail host
DOCTOR_OPERATORS = 2  # greeted over each address family
DOCTOR_TOOLS = 5.0  # of the local mail server

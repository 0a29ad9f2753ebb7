"""Refusals that say nothing but a bare status, and why three real servers really gave them.

Each server takes alice's mail when nothing is wrong (`WELCOME`); every other case changes one thing of that
one pair. What the server then goes by is its own: a user table, a blocklist that it asks, an SPF check,
a table of senders, a domain that it hosts and keeps shut, greylisting.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.lab.scenarios import BOB, ELSEWHERE, GOOD, LISTED, NO_PTR, UNCONFIRMED

SERVERS = ("postfix", "exim", "opensmtpd")
BARE = "550 5.0.0"
# What Postfix says by itself where an access rule gives no words: no reason either, and a recipient is named
VAGUE = "550 5.0.0 <@>: Recipient address rejected: Access denied"


@dataclass(frozen=True)
class BareCase:
    """One pair, the truth, and what the server answers to the control experiments.

    `source`: empty where the system is to choose. `cause`: with a bar between where the truth has no single
    name. `within`: the truth is to be among so many first causes; above 1 where no observation from outside
    can tell it from its neighbours. `controls` has one sign for postmaster, a made-up mailbox, the null
    reverse-path, another MX host and the other address family: `+` accepted, `-` refused alike, `.` (and
    where no sign is left) never asked; the probe may leave out what would tell it nothing. Empty: no control
    is called for. `prelude`: another client of the same address was there a moment before. `lost`: so many
    sessions end without QUIT, because the server hangs up.
    """

    server: str
    reason: str
    cause: str | None
    controls: str
    recipient: str
    sender: str = BOB
    source: str = GOOD
    stage: str = "rcpt"
    reply: str = BARE
    within: int = 1
    options: tuple[str, ...] = ()
    prelude: bool = False
    lost: int = 0

    @property
    def slug(self) -> str:
        return f"{self.server}-{self.reason}"

    @property
    def outcome(self) -> str:
        return "refused" if self.reply.startswith("5") else "deferred"


def _at(server: str, domain: str, local_part: str = "alice") -> str:
    return f"{local_part}@{domain}-{server}.example"


def _five_reasons(server: str) -> tuple[BareCase, ...]:
    mute = _at(server, "mute")
    return (
        BareCase(server, "unknown-user", "user_unknown", "+--", _at(server, "mute", "nobody")),
        BareCase(server, "listed-address", "ip_blocklisted", "---", mute, source=LISTED),
        BareCase(server, "spf-failure", "auth_failed", "--+", mute, source=ELSEWHERE),
        _blocked_sender(server),
        BareCase(server, "domain-shut", "bad_domain", "---", _at(server, "shut")),
    )


def _blocked_sender(server: str) -> BareCase:
    sender = "blocked@sender.example"
    case = BareCase(server, "blocked-sender", "sender_blocked", "--+", _at(server, "mute"), sender=sender)
    # OpenSMTPD looks at the sender when it is named; the others wait for RCPT
    return replace(case, stage="mail", controls="..+") if server == "opensmtpd" else case


def _more_reasons(server: str) -> tuple[BareCase, ...]:
    later = {"postfix": "450 4.0.0", "exim": "451 4.0.0", "opensmtpd": "451 4.0.0"}[server]
    gone = BareCase(
        server, "sender-domain-gone", "sender_invalid", "--+", _at(server, "mute"), sender="a@gone.example"
    )
    return (
        # Postfix thinks by default that the domain may be back later, and a 4yz calls for no control
        replace(gone, reply=later, controls="") if server == "postfix" else gone,
        BareCase(
            server, "helo-no-fqdn", "rdns_helo", "---", _at(server, "mute"), options=("--helo", "localhost")
        ),
        BareCase(server, "no-ptr", "rdns_helo", "---", _at(server, "mute"), source=NO_PTR),
        # the domain takes anybody but this one
        BareCase(
            server,
            "this-mailbox-closed",
            "mailbox_disabled|recipient_refused",
            "++-",
            _at(server, "all", "closed"),
        ),
        # MX points at a server that does not host the domain: to all appearances, a domain that is shut
        BareCase(server, "stale-mx", "relay_denied", "---", _at(server, "stray"), within=3),
        BareCase(
            server,
            "greylisted",
            "greylisted",
            "",
            _at(server, "grey"),
            sender=f"grey-{server}@sender.example",
            reply=later,
            within=3,
        ),
        _full_mailbox(server, "452 4.0.0" if server == "opensmtpd" else later),
    )


def _full_mailbox(server: str, reply: str) -> BareCase:
    recipient = _at(server, "mute", "full")
    return BareCase(server, "mailbox-full", "mailbox_full", "", recipient, reply=reply, within=3)


# What not every server has a word for in its configuration.
_SINGLE_REASONS = (
    *(
        BareCase(
            server,
            "sender-domain-listed",
            "sender_blocked",
            "--+",
            _at(server, "mute"),
            sender="a@badname.example",
            options=("--dnsbl", "names.example"),
        )
        for server in ("postfix", "exim")
    ),
    BareCase(
        "postfix",
        "rate",
        "rate_limited",
        "",
        _at("postfix", "rate"),
        reply="450 4.0.0",
        within=3,
        prelude=True,
    ),
    BareCase(
        "exim",
        "rate",
        "rate_limited",
        "",
        _at("exim", "rate"),
        reply="451 4.0.0",
        within=3,
        prelude=True,
    ),
    # the server wants TLS, offers it, and the client leaves it out
    BareCase("exim", "tls-left-out", "tls_problem", "---", _at("exim", "tls"), options=("--tls", "never")),
    # the second MX is a backup that takes any mailbox
    BareCase(
        "exim",
        "unknown-user-backup-mx",
        "user_unknown",
        "+--+",
        _at("exim", "backup", "nobody"),
        within=3,
    ),
    # postmaster is not there either, so the domain seems shut
    BareCase(
        "exim",
        "unknown-user-no-postmaster",
        "user_unknown|bad_domain",
        "---",
        _at("exim", "nopostmaster", "nobody"),
        within=3,
    ),
    # a host that looks at the door: before any address is named
    BareCase(
        "exim",
        "listed-address-greeting",
        "ip_blocklisted",
        "",
        _at("exim", "door"),
        source=LISTED,
        stage="greeting",
        lost=1,
    ),
    BareCase(
        "exim",
        "helo-no-fqdn-ehlo",
        "rdns_helo",
        "",
        _at("exim", "door"),
        stage="ehlo",
        options=("--helo", "localhost"),
    ),
    BareCase("exim", "no-ptr-mail", "rdns_helo", "..-", _at("exim", "door"), source=NO_PTR, stage="mail"),
    BareCase(
        "exim",
        "spf-failure-mail",
        "auth_failed",
        "..+",
        _at("exim", "door"),
        source=ELSEWHERE,
        stage="mail",
    ),
    # every client over IPv4; no cause of its own in the vocabulary
    BareCase(
        "exim",
        "one-family-refused",
        "ip_blocklisted|rdns_helo|policy_unspecified",
        "---.+",
        _at("exim", "family"),
        source="",
        within=3,
    ),
    # the first MX does not host the domain, the second does
    BareCase(
        "exim", "first-mx-stale", "relay_denied|server_error", "---+", _at("exim", "halfstray"), within=3
    ),
    BareCase("exim", "ptr-unconfirmed", "rdns_helo", "---", _at("exim", "mute"), source=UNCONFIRMED),
    # as in Exim's own default configuration: postmaster passes before the sender is looked at
    BareCase(
        "exim",
        "spf-failure-postmaster-exempt",
        "auth_failed",
        "+-+",
        _at("exim", "lenient"),
        source=ELSEWHERE,
        within=3,
    ),
    BareCase(
        "exim",
        "listed-address-postmaster-exempt",
        "ip_blocklisted",
        "+--",
        _at("exim", "lenient"),
        source=LISTED,
        within=3,
    ),
)


def _vague(case: BareCase) -> BareCase:
    """The same behind a gateway that leaves Postfix's words for an access rule. With those, a domain that is
    shut cannot be told from a rule that nobody names."""
    recipient = case.recipient.replace("@", "@vague").replace("@vaguemute", "@vague")
    return replace(
        case,
        reason=f"{case.reason}-vague",
        recipient=recipient,
        reply=VAGUE,
        within=3 if case.reason == "domain-shut" else 1,
    )


WELCOME = tuple(BareCase(server, "nothing-wrong", None, "", _at(server, "mute")) for server in SERVERS)
FIFTEEN = tuple(case for server in SERVERS for case in _five_reasons(server))
MORE = (
    *(case for server in SERVERS for case in _more_reasons(server)),
    *_SINGLE_REASONS,
    *(_vague(case) for case in _five_reasons("postfix")),
)

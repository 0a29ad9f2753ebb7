"""The facts of a message given with --message (steps 4 and 5 of the checklist)."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.message_problem import MessageWhy
from probe.model.signing import SignatureVerdict, SignatureWhy


@dataclass(frozen=True, slots=True)
class SignatureResult:
    """One DKIM-Signature. `problem` is why it does not verify, `signed` the names of the header fields that a
    passing signature covers (h=), in lower case."""

    domain: str
    selector: str
    verdict: SignatureVerdict
    problem: SignatureWhy | None = None
    signed: tuple[str, ...] = ()


class LinkKind(StrEnum):
    """The kind of a link's target."""

    PLAIN = "plain"
    SHORTENER = "shortener"
    REDIRECT = "redirect"  # by its parameters, to another site
    IP = "ip"  # an address instead of a name
    MISMATCH = "mismatch"  # the text shown names another host than the link


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the message."""

    url: str
    host: str
    kind: LinkKind


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """The message, read once. `size` is octets on the wire with CRLF line ends; header values are unescaped;
    `from_domains` the author domains (A-labels); `bulk` that it looks like a mailing (List-* or Precedence:
    bulk, or more than one hint); `problems` are about broken syntax; `is_threaded` that it has In-Reply-To or
    References; `has_dkim2` that it has a DKIM2-Signature, which is a draft and is not verified; `from_fields`
    counts the From fields; `has_sender` that there is a Sender field. `one_click` says what the header fields
    say; whether a signature covers them is in `signatures`."""

    size: int
    subject: str
    from_mailboxes: tuple[str, ...]
    from_domains: tuple[str, ...]
    has_date: bool
    has_message_id: bool
    has_text_part: bool
    has_html_part: bool
    attachments: tuple[str, ...]
    links: tuple[Link, ...]
    list_unsubscribe: bool
    one_click: bool
    bulk: bool
    longest_line: int
    has_bare_newlines: bool
    has_8bit_headers: bool
    signatures: tuple[SignatureResult, ...]
    problems: tuple[MessageWhy, ...] = ()
    is_threaded: bool = True
    has_dkim2: bool = False
    from_fields: int = 1
    has_sender: bool = False

"""What the reply reader and the EHLO parser conclude (RFC 5321 sections 4.1.1.1 and 4.2)."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum


class Deviation(StrEnum):
    """How a server broke the reply grammar of RFC 5321 section 4.2."""

    MIXED_CODES = "mixed_codes"  # the lines of one reply carry different codes
    MALFORMED_LINE = "malformed_line"  # a line that begins with no reply code
    SHORT_CODE = "short_code"
    BARE_LF = "bare_lf"
    BARE_CR = "bare_cr"
    NUL = "nul"
    CONTROL = "control"  # other controls, ESC among them
    NOT_UTF8 = "not_utf8"
    LINE_TOO_LONG = "line_too_long"
    TOO_MANY_LINES = "too_many_lines"
    REPLY_TOO_LONG = "reply_too_long"
    TRUNCATED = "truncated"  # the connection ended inside a reply
    UNSOLICITED = "unsolicited"  # a reply before the command that it could belong to
    SURPLUS = "surplus"  # more than one reply to one command
    CODE_OUT_OF_RANGE = "code_out_of_range"
    FOREIGN_CODE = "foreign_code"  # a positive code that RFC 5321 gives to another command
    UNKNOWN_CODE = "unknown_code"  # a positive code that RFC 5321 gives to none
    CONTRADICTED = "contradicted"  # a positive code with the enhanced status of a refusal
    INJECTED_BEFORE_TLS = "injected_before_tls"  # plaintext after the 220 to STARTTLS


# RFC 5321 section 4.2.3: the command is not known, not implemented, badly formed or out of place there
NOT_KNOWN = frozenset(range(500, 505))

# Never an answer to MAIL or RCPT: they answer HELP, the connection, STARTTLS, QUIT and AUTH
FOREIGN_YES = frozenset({211, 214, 220, 221, 235})


@dataclass(frozen=True, slots=True)
class Extensions:
    """The EHLO response (RFC 5321 section 4.1.1.1): keyword in upper case to its parameters.
    `size_limit` is RFC 1870's number: None not announced or not a number, 0 no fixed limit;
    `complete` is False when the response went beyond what is read, so that more may have stood there."""

    domain: str
    keywords: tuple[tuple[str, str], ...]
    size_limit: int | None
    complete: bool = True

    def offers(self, keyword: str) -> bool:
        """Whether the extension was announced."""
        return any(name == keyword.upper() for name, _ in self.keywords)

    def lacks(self, keyword: str) -> bool:
        """Whether the extension was seen not to be announced; what was not read is not lacking."""
        return self.complete and not self.offers(keyword)

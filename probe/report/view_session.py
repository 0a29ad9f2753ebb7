"""Texts on one session: TLS, certificate, replies, and its end."""

from __future__ import annotations

from probe.model.report import ReportExchange, ReportSession, ReportTls
from probe.model.session import EndReason

_ENDS = {reason.value: reason.words for reason in EndReason}


def tls_line(tls: ReportTls | None) -> str:
    """STARTTLS of a session in one line."""
    if tls is None or tls.offered is None:
        return "not seen"
    if not tls.offered:
        return "STARTTLS not offered"
    if not tls.established:
        return f"STARTTLS offered, {'handshake failed: ' + tls.error if tls.error else 'not used'}"
    return " ".join(part for part in (tls.version, tls.cipher) if part)


def certificate_line(tls: ReportTls) -> str:
    """The certificate in one line; empty when none was seen."""
    if tls.subject is None:
        return ""
    parts = [tls.subject]
    if tls.issuer:
        parts.append(f"issued by {tls.issuer}")
    if tls.not_after:
        parts.append(f"until {tls.not_after}")
    if tls.key:
        parts.append(tls.key)
    parts.append(_word(tls.trusted, "trusted", "not trusted", "trust not judged"))
    parts.append(_word(tls.name_matches, "name matches", "name does not match", "name not judged"))
    return " · ".join((*parts, *tls.problems))


def _word(answer: bool | None, yes: str, no: str, unknown: str) -> str:
    return unknown if answer is None else yes if answer else no


def reply_text(exchange: ReportExchange) -> str:
    """The reply in one line, as in a log."""
    if exchange.reply_code is None:
        return "no complete reply"
    code = str(exchange.reply_code) if exchange.reply_code else ""
    return " ".join(part for part in (code, *exchange.reply_lines) if part)


def reply_wire(exchange: ReportExchange) -> tuple[str, ...]:
    """The reply as on the wire: `250-` for each line but the last (RFC 5321 section 4.2.1)."""
    if exchange.reply_code is None:
        return ()
    if exchange.reply_code == 0:
        return exchange.reply_lines
    last = len(exchange.reply_lines) - 1
    return tuple(
        f"{exchange.reply_code}{'-' if index < last else ' '}{line}".rstrip()
        for index, line in enumerate(exchange.reply_lines or ("",))
    )


def session_title(session: ReportSession) -> str:
    """`mx.example [192.0.2.1]:25`."""
    return f"{session.mx_host} [{session.ip}]:{session.port}"


def session_path(session: ReportSession) -> str:
    """The session at a glance: `greeting 220 · EHLO 250 · MAIL 250 · RCPT 550`, and how it ended."""
    parts = [
        f"{_verb(exchange)} {'no reply' if exchange.reply_code is None else exchange.reply_code or 'no code'}"
        for exchange in session.exchanges
    ]
    if not parts or session.ended is not EndReason.QUIT:
        parts.append(end_text(session))
    return " · ".join(parts)


def end_text(session: ReportSession) -> str:
    """How the session ended, in words."""
    reason = _ENDS.get(session.ended, session.ended) or "end not recorded"
    detail = session.ended_detail
    return f"{reason} ({detail})" if detail and detail != reason else reason


def _verb(exchange: ReportExchange) -> str:
    return exchange.sent.split(" ", 1)[0].split(":", 1)[0] if exchange.sent else "greeting"

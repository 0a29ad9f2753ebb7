"""What checkdmarc says of one record. The only module that uses that library.

It is synchronous, asks serially, has process-wide state and distinguishes a DNS failure from a fault of the
record only by text. So every question goes to the run's own resolver, where it is counted, recorded and
limited like all others; and if any question was not answered there is no opinion. Its fetch of the MTA-STS
policy, which has neither size cap nor deadline, is not used.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import dns.exception
import dns.rdatatype
import dns.resolver

from probe.model.exhaustion import shortage, shortage_clause
from probe.model.observed import OpinionFault, OpinionSubject
from probe.model.reason import Reason
from probe.net.opinion import BY_ITS_OWN_FAULT, AskNow, Opinion
from probe.net.watched_dns import SharedNameserver, Stop, Watch
from probe.settings import OPINION_QUERIES, OPINION_TIMEOUT

# For every name it also asks for the SPF type, which RFC 7208 abolished and some servers never
# answer, and for a CNAME beside the record that it has just found. One question a name is enough.
_SKIPPED_TYPES = frozenset({dns.rdatatype.SPF, dns.rdatatype.CNAME})


def load() -> None:
    """Load the library and turn off its caches: they may contain answers of another run with other name
    servers, and the run's own resolver has a cache."""
    # all that inquiries use: threads that import modules of one cycle get some that are half made
    from checkdmarc import dmarc, mta_sts, smtp_tls_reporting, spf, utils  # noqa: F401

    utils.DNS_CACHE.max_age = 0
    # It logs unreachable nameservers; without a handler Python prints that on stderr.
    logger = logging.getLogger("checkdmarc")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


class RecordInquiry:
    """One record, about which `ask` is asked; `seconds_left` until it is late. `opinion` is called in one
    thread, `abandon` in any."""

    def __init__(self, blank: Opinion, ask: AskNow, seconds_left: Callable[[], float]) -> None:
        self._blank = blank
        self._watch = Watch(seconds_left, _SKIPPED_TYPES, OPINION_QUERIES)
        self._dns = {"nameservers": [SharedNameserver(ask, self._watch)], "timeout": OPINION_TIMEOUT}

    def abandon(self) -> None:
        """The caller no longer waits for it."""
        self._watch.give_up(Reason(OpinionFault.ABANDONED))

    def opinion(self) -> Opinion:
        """Ask and judge; never raises for what the library does with a hostile record."""
        subject, domain, library = self._blank.subject, self._blank.domain, self._blank.library
        errors: tuple[str, ...] = ()
        warnings: tuple[str, ...] = ()
        crash: Reason[OpinionFault] | None = None
        try:
            # It reads the system's resolver configuration even when it is given nameservers.
            dns.resolver.Resolver()
        except (dns.exception.DNSException, OSError, ValueError) as error:
            return Opinion(
                subject, domain, library, fault=_crash(error, OpinionFault.RESOLVER_FILE, str(error))
            )
        try:
            errors, warnings = _INQUIRIES[subject](domain, self._dns)
        except Stop:
            crash = Reason(OpinionFault.STOPPED)  # the watch has the reason
        except _CRASHES as error:
            crash = _crash(error, OpinionFault.FAILED, BY_ITS_OWN_FAULT)
        fault = self._watch.problem or crash
        if fault is not None:
            return Opinion(subject, domain, library, fault=fault)
        return Opinion(subject, domain, library, errors, warnings)


def _crash(error: Exception, tag: OpinionFault, text: str) -> Reason[OpinionFault]:
    resource = shortage(error)
    if resource is not None:
        return Reason(OpinionFault.SHORTAGE, shortage=resource)
    return Reason(tag, text=text)


# Exceptions that the library may raise on unexpected input.
_CRASHES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    dns.exception.DNSException,
)


_Messages = tuple[tuple[str, ...], tuple[str, ...]]  # errors, warnings


def _spf(domain: str, options: dict[str, Any]) -> _Messages:
    from checkdmarc import spf

    try:
        result = spf.query_spf_record(domain, **options)
    except spf.SPFRecordNotFound as absent:
        return (), (_text(absent), *absent.warnings)
    except spf.SPFError as error:
        return (_text(error),), tuple(error.warnings)
    try:
        record = spf.parse_spf_record(result["record"], domain, ignore_too_many_lookups=True, **options)
    except spf.SPFError as error:
        return (_text(error),), (*result["warnings"], *error.warnings)
    errors = (str(record["error"]),) if "error" in record else ()
    return errors, (*result["warnings"], *record["warnings"])


def _dmarc(domain: str, options: dict[str, Any]) -> _Messages:
    from checkdmarc import dmarc

    try:
        result = dmarc.query_dmarc_record(domain, **options)
    except dmarc.DMARCRecordNotFound as absent:
        return (), (_text(absent),)
    except dmarc.DMARCError as error:
        return (_text(error),), ()
    try:
        record = dmarc.parse_dmarc_record(result["record"], result["location"], **options)
    except dmarc.DMARCError as error:
        return (_text(error),), tuple(result["warnings"])
    return (), (*result["warnings"], *record["warnings"])


def _mta_sts(domain: str, options: dict[str, Any]) -> _Messages:
    from checkdmarc import mta_sts

    try:
        result = mta_sts.query_mta_sts_record(domain, **options)
        record = mta_sts.parse_mta_sts_record(result["record"])
    except mta_sts.MTASTSRecordNotFound as absent:
        return (), (_text(absent),)
    except mta_sts.MTASTSError as error:
        return (_text(error),), ()
    return (), (*result["warnings"], *record["warnings"])


def _smtp_tls_reporting(domain: str, options: dict[str, Any]) -> _Messages:
    from checkdmarc import smtp_tls_reporting as tls_rpt

    try:
        result = tls_rpt.query_smtp_tls_reporting_record(domain, **options)
        record = tls_rpt.parse_smtp_tls_reporting_record(result["record"])
    except tls_rpt.SMTPTLSReportingRecordNotFound as absent:
        return (), (_text(absent),)
    except tls_rpt.SMTPTLSReportingError as error:
        return (_text(error),), ()
    return (), (*result["warnings"], *record["warnings"])


_INQUIRIES: dict[OpinionSubject, Callable[[str, dict[str, Any]], _Messages]] = {
    OpinionSubject.SPF: _spf,
    OpinionSubject.DMARC: _dmarc,
    OpinionSubject.MTA_STS: _mta_sts,
    OpinionSubject.SMTP_TLS_REPORTING: _smtp_tls_reporting,
}


def _text(error: Exception) -> str:
    """The faults that it found in the record. Raises OSError if the cause was this machine instead."""
    if words := shortage_clause(error):
        raise OSError(words) from error
    return str(error.args[0]) if error.args else "it is not valid"

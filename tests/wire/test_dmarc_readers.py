"""Odd DMARC records as OpenDMARC, which keeps to RFC 7489, reads them, and what is said of that."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
from dataclasses import dataclass
from functools import cache

import pytest

from probe.standards.dmarc.record import InvalidRecord, parse_record
from probe.wording.spoken import clauses, spoken

DOMAIN = "d.test"
RUA = "rua=mailto:a@d.test"


@dataclass(frozen=True)
class Case:
    """`policy` is ours, None where no DMARC applies; `older` that of OpenDMARC; `says` a part of ours."""

    record: str
    policy: str | None
    older: str | None
    says: str = ""


CASES = [
    Case("v=DMARC1; p=reject", "reject", "reject"),
    Case("v=DMARC1; p=Reject", "reject", "reject"),
    Case(f"v=DMARC1; {RUA}; p=quarantine", "quarantine", "quarantine"),
    Case("v=DMARC1", None, None, "old (RFC 7489) and new"),
    Case("v=DMARC1; rua=a@d.test", None, None, "old (RFC 7489) and new"),
    Case(f"v=DMARC1; {RUA}", "none", None, "(OpenDMARC) ignore the record"),
    Case("v=DMARC1; p=none; p=reject", None, "reject", "take the last (OpenDMARC), which is reject"),
    Case("v=DMARC1; p=reject; p=none", None, "none", "take the last (OpenDMARC), which is none"),
    Case("v=DMARC1; p=bogus", None, None, "p= is not one of"),
]


@cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(ctypes.util.find_library("opendmarc") or "libopendmarc.so.2")
    except OSError:
        return None
    library.opendmarc_policy_connect_init.restype = ctypes.c_void_p
    library.opendmarc_policy_connect_init.argtypes = [ctypes.c_char_p, ctypes.c_int]
    library.opendmarc_policy_parse_dmarc.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
    library.opendmarc_policy_fetch_p.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    library.opendmarc_policy_connect_shutdown.argtypes = [ctypes.c_void_p]
    return library


def by_opendmarc(record: str) -> str | None:
    """The policy of a record; None where it takes it for none."""
    library = _library()
    if library is None:
        say = pytest.fail if os.environ.get("PROBE_LAB") == "required" else pytest.skip
        say("OpenDMARC's library is not installed")
    context = library.opendmarc_policy_connect_init(b"192.0.2.1", 0)
    status = library.opendmarc_policy_parse_dmarc(context, DOMAIN.encode(), record.encode())
    letter = ctypes.c_int()
    library.opendmarc_policy_fetch_p(context, ctypes.byref(letter))
    library.opendmarc_policy_connect_shutdown(context)
    return {"n": "none", "q": "quarantine", "r": "reject"}[chr(letter.value)] if status == 0 else None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.record)
def test_what_is_said_of_a_record(case: Case) -> None:
    read = parse_record(case.record.encode(), DOMAIN)
    result = spoken(read.problem) if isinstance(read, InvalidRecord) else "; ".join(clauses(read.problems))
    assert (None if isinstance(read, InvalidRecord) else read.policy) == case.policy, result
    assert (case.says in result) if case.says else not result


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.record)
def test_opendmarc_reads_it_so(case: Case) -> None:
    assert by_opendmarc(case.record) == case.older

"""Errors of a machine that has no more of something are told as that, and other errors are not."""

from __future__ import annotations

import errno

import pytest

from probe.model.exhaustion import shortage_clause
from probe.model.fault import fault_of
from probe.model.program_part import ProgramPart
from probe.model.session import EndReason
from probe.net.smtp import connect_error
from tests.support.reasons import spoken


def _raised_from(cause: BaseException) -> RuntimeError:
    try:
        try:
            raise cause
        except BaseException as error:
            raise RuntimeError("something else") from error
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "ulimit -n"),
        (OSError(errno.ENFILE, "Too many open files in system"), "file descriptor"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "memory"),
        (OSError(errno.ENOBUFS, "No buffer space available"), "buffer"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk"),
        (MemoryError(), "memory"),
        (RuntimeError("can't start new thread"), "threads"),
        (ImportError("x.so: failed to map segment from shared object"), "memory"),
        (ImportError("x.so: cannot open shared object file: Too many open files"), "open files"),
        (_raised_from(OSError(errno.EMFILE, "Too many open files")), "open files"),
    ],
)
def test_what_this_machine_has_no_more_of_is_named(error: Exception, word: str) -> None:
    assert word in shortage_clause(error)
    assert fault_of(ProgramPart.CHECK, error, step=1).is_machine
    assert "bug" not in fault_of(ProgramPart.CHECK, error, step=1).what


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ECONNREFUSED, "Connection refused"),
        OSError("no number"),
        RuntimeError("something else"),
        ImportError("No module named x"),
        _raised_from(ValueError("x")),
    ],
)
def test_other_errors_are_not_this_machines(error: Exception) -> None:
    assert shortage_clause(error) == ""
    assert not fault_of(ProgramPart.CHECK, error, step=1).is_machine


def test_a_connection_for_which_there_is_no_descriptor_is_this_machines_fault() -> None:
    result = connect_error(OSError(errno.EMFILE, "Too many open files"))
    assert result.reason is EndReason.LOCAL_ERROR
    assert "ulimit -n" in spoken(result.cause)


def test_a_chain_of_exceptions_without_an_end_ends() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert shortage_clause(one) == ""

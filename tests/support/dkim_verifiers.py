"""Verifiers of DKIM that others run: OpenDKIM's library, Mail::DKIM of Perl, dkimpy. Each is asked whether a
signature holds under a key record, and each is None where it is not installed."""

from __future__ import annotations

import ctypes
import ctypes.util
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

Verifier = Callable[[bytes, str, bytes, Path], bool]
"""The signed message, the name of the key, its record, and a directory to write to."""

# Mail::DKIM looks keys up through this function; the record is handed over in a file instead.
_PERL = r"""
use Mail::DKIM::Verifier;
my @texts; local $/;
for my $path (@ARGV) { open my $file, '<:raw', $path or die; push @texts, scalar <$file>; }
{ no warnings 'redefine'; *Mail::DKIM::DNS::query = sub { return bless { text => $texts[1] }, 'Key' }; }
my $verifier = Mail::DKIM::Verifier->new;
$verifier->PRINT($texts[0]); $verifier->CLOSE;
print $verifier->result;
package Key;
sub type { 'TXT' }
sub txtdata { $_[0]{text} }
sub char_str_list { ($_[0]{text}) }
"""
_SET, _METHOD, _WHERE, _FILE = 1, 6, 7, 1  # of libopendkim's dkim.h


def _dkimpy(message: bytes, _: str, record: bytes, __: Path) -> bool:
    import dkim

    return bool(dkim.verify(message, dnsfunc=lambda name, timeout=5: record))


@cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(ctypes.util.find_library("opendkim") or "libopendkim.so.11")
    except OSError:
        return None
    pointer, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
    library.dkim_init.restype = library.dkim_verify.restype = pointer
    library.dkim_init.argtypes = [pointer, pointer]
    library.dkim_options.argtypes = [pointer, ctypes.c_int, ctypes.c_int, pointer, size]
    library.dkim_verify.argtypes = [pointer, text, pointer, pointer]
    library.dkim_header.argtypes = library.dkim_body.argtypes = [pointer, text, size]
    library.dkim_eoh.argtypes = library.dkim_free.argtypes = library.dkim_close.argtypes = [pointer]
    library.dkim_eom.argtypes = [pointer, pointer]
    return library


def _opendkim(message: bytes, name: str, record: bytes, folder: Path) -> bool:
    library = _library()
    assert library is not None
    keys = folder / "keys"
    keys.write_bytes(name.encode() + b" " + record + b"\n")
    handle = library.dkim_init(None, None)
    method, status = ctypes.c_int(_FILE), ctypes.c_int()
    where = ctypes.create_string_buffer(str(keys).encode())
    library.dkim_options(handle, _SET, _METHOD, ctypes.byref(method), ctypes.sizeof(method))
    library.dkim_options(handle, _SET, _WHERE, where, len(str(keys)))
    verification = library.dkim_verify(handle, b"test", None, ctypes.byref(status))
    head, _, body = message.partition(b"\r\n\r\n")
    for field in re.split(rb"\r\n(?![ \t])", head):
        assert library.dkim_header(verification, field, len(field)) == 0
    holds = library.dkim_eoh(verification) == 0
    library.dkim_body(verification, body, len(body))
    holds = library.dkim_eom(verification, None) == 0 and holds
    library.dkim_free(verification)
    library.dkim_close(handle)
    return bool(holds)


@cache
def _has_perl_module() -> bool:
    perl = shutil.which("perl")
    return (
        perl is not None
        and not subprocess.run([perl, "-MMail::DKIM", "-e", "1"], capture_output=True, check=False).returncode
    )


def _mail_dkim(message: bytes, _: str, record: bytes, folder: Path) -> bool:
    paths = (folder / "message", folder / "record")
    for path, octets in zip(paths, (message, record), strict=True):
        path.write_bytes(octets)
    run = subprocess.run(["perl", "-e", _PERL, *paths], capture_output=True, text=True, check=True)
    return run.stdout == "pass"


def verifiers() -> Mapping[str, Verifier | None]:
    """By name."""
    return {
        "dkimpy": _dkimpy,
        "OpenDKIM": _opendkim if _library() is not None else None,
        "Mail::DKIM": _mail_dkim if _has_perl_module() else None,
    }

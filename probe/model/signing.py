"""What is known of a DKIM key and of a signature (RFC 6376)."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.dkim_key import KeyProblem


class KeyOrigin(StrEnum):
    """Why a selector was asked for."""

    GIVEN = "given"  # with --selector
    MESSAGE = "message"  # the s= of its signature
    PROVIDER = "provider"  # the sender's provider is known to use it
    COMMON = "common"

    @property
    def is_named(self) -> bool:
        """Whether the selector is known to be used; others are guesses, whose absence proves nothing."""
        return self in (KeyOrigin.GIVEN, KeyOrigin.MESSAGE)


class SignatureVerdict(StrEnum):
    """What the verification of one signature came to."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"  # the key could not be fetched


class SignatureReason(StrEnum):
    """Why a signature does not verify, or was not verified."""

    # of the header field
    HEADER_TOO_LONG = "header_too_long"
    NO_TAG_LIST = "no_tag_list"
    NO_NAME_OF_KEY = "no_name_of_key"  # s= or d= is missing or unusable
    FORM = "form"
    MISSING_TAG = "missing_tag"
    VERSION = "version"
    ALGORITHM = "algorithm"
    RSA_SHA1 = "rsa_sha1"
    CANONICALIZATION = "canonicalization"
    SIGNATURE_BASE64 = "signature_base64"  # b=
    HASH_BASE64 = "hash_base64"  # bh=
    IDENTITY = "identity"  # i=
    LENGTH = "length"  # l=
    QUERY = "query"  # q=
    TIME = "time"  # t=
    EXPIRY = "expiry"  # x=
    EXPIRY_BEFORE_TIME = "expiry_before_time"
    # of the key
    KEY_NOT_FETCHED = "key_not_fetched"
    NO_KEY = "no_key"
    KEY_REVOKED = "key_revoked"
    KEY_UNUSABLE = "key_unusable"
    # of the message
    HEAD_TOO_LONG = "head_too_long"
    NO_HEADER_FIELD = "no_header_field"
    BODY_CHANGED = "body_changed"
    HEADERS_CHANGED = "headers_changed"
    UNSIGNED_END = "unsigned_end"  # it verifies, and l= leaves the end of the body out


@dataclass(frozen=True, slots=True)
class SignatureWhy:
    """A reason with the values that its sentence uses; the others are empty. `most` is a limit in octets,
    `host` where the key is asked for, `status` how DNS answered, `problems` what is wrong with the key."""

    tag: SignatureReason
    most: int | None = None
    host: str = ""
    status: str = ""
    problems: tuple[KeyProblem, ...] = ()

"""What is wrong with a DKIM key record (RFC 6376 section 3.6.1): words and values, no sentences."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.answer_fault import AnswerWhy
from probe.model.tag_list import TagListWhy


class KeyReason(StrEnum):
    """Why all verifiers, or some of them, cannot use a key."""

    NO_ANSWER = "no_answer"
    # of the name
    SEVERAL_KEYS = "several_keys"
    KEY_AMONG_OTHERS = "key_among_others"
    # of the record
    QUOTED_RECORD = "quoted_record"
    BACKSLASH = "backslash"
    VERSION = "version"
    VERSION_NOT_FIRST = "version_not_first"
    REPEATED_TAG = "repeated_tag"
    STRAY_PART = "stray_part"  # no tag=value
    EMPTY_PART = "empty_part"  # nothing between two semicolons
    NON_ASCII_RECORD = "non_ascii_record"
    NO_PUBLIC_KEY = "no_public_key"  # no p=
    # of p=: its base64
    NO_BASE64 = "no_base64"
    OUTSIDE_BASE64 = "outside_base64"
    PADDING = "padding"
    PEM = "pem"
    NON_ASCII_KEY = "non_ascii_key"
    # of p=: the key inside
    NEITHER_FORM = "neither_form"
    OTHER_ALGORITHM = "other_algorithm"
    BIT_STRING = "bit_string"
    NO_MODULUS = "no_modulus"
    NO_SEQUENCE = "no_sequence"
    TRAILING_OCTETS = "trailing_octets"
    CUT_SHORT = "cut_short"
    DER_LENGTH = "der_length"
    BARE_KEY = "bare_key"
    SHORT_KEY = "short_key"  # verifiers must not accept it
    ADVISED_LENGTH = "advised_length"  # shorter than advised
    ED25519_LENGTH = "ed25519_length"
    # of k=, h=, s= and g=
    KEY_TYPE = "key_type"
    KEY_TYPE_CASE = "key_type_case"
    HASHES = "hashes"
    HASH_CASE = "hash_case"
    SERVICES = "services"
    SERVICES_CASE = "services_case"
    GRANULARITY = "granularity"  # g= of RFC 4871, which RFC 6376 dropped


@dataclass(frozen=True, slots=True)
class KeyWhy:
    """A reason with the values that its sentence uses; the others are empty. `failure` is what came instead
    of an answer, `count` of records, octets or bits, `least` how many of these there should be."""

    tag: KeyReason
    failure: AnswerWhy | None = None
    count: int | None = None
    least: int | None = None


KeyProblem = KeyWhy | TagListWhy

"""Groups of tags that the nine steps and the reports look for, independent of severity."""

from __future__ import annotations

from collections.abc import Mapping

# The server accepted, but its words or its enhanced status say the opposite.
DOUBTED_ACCEPTANCE = frozenset({"reply-accepts-with-status-of-refusal", "reply-refuses-in-words"})

# Who wrote an x.0.0, or how reliable the status otherwise is, by the reply and by the bounce.
ORIGINS_OF_STATUS = frozenset(
    {
        "reply-status-of-other-class",
        "reply-without-status",
        "reply-status-generic",
        "bounce-with-remote-reply",
        "bounce-without-remote-reply",
        "bounce-status-of-remote",
        "bounce-status-is-filler",
        "log-with-remote-reply",
        "log-without-remote-reply",
    }
)

# The probe may not stand where the mail leaves from.
NOT_THE_SENDING_PLACE = frozenset(
    {
        "probe-elsewhere",
        "probe-seen-at-another-address",
        "probe-place-not-known",
        "probe-seen-elsewhere",
        "probe-said-elsewhere",
        "probe-logged-elsewhere",
        "probe-private",
    }
)

# The bounce is about mail from another address than the probe's.
BOUNCE_OF_ANOTHER_PLACE = "bounce-names-another-address"

# Findings about the sending address. If only one server names that address, they are no faults.
OF_THE_ADDRESS = frozenset(
    {
        *("spf-fail", "spf-softfail", "spf-neutral"),
        *("spf-helo-fail", "spf-helo-fail-of-chosen-name", "spf-helo-softfail", "spf-helo-neutral"),
        *("ptr-missing", "ptr-missing-demanded", "ptr-mismatch", "ptr-mismatch-demanded"),
        *("source-listed-grave", "source-listed-middling", "source-listed-minor"),
        *("source-policy-listed", "source-policy-listed-elsewhere"),
        *("helo-of-other-address", "helo-not-ptr-name"),
    }
)

# The recipient's DANE, or MTA-STS in mode enforce, fails: a sender that enforces these policies does not
# deliver.
TLS_POLICY_FAILS = frozenset(
    {
        "dane-mismatched",
        "mta-sts-covers-no-host",
        "starttls-missing-demanded",
        "tls-failed-demanded",
        "certificate-not-verified-demanded",
    }
)

# The log says that the message was handed over, and in which words it was accepted.
TAKEN_BY_THE_OTHER_SIDE = frozenset({"log-delivered", "log-taken-for-nobody"})

POSTMASTER_REFUSED = "postmaster-refused"

# What is publicly known of the recipient's domain, and of its provider.
DOCUMENTED = frozenset({"domain-note", "provider-note"})

# Records that receivers judge a sender by, for which DNS gave no usable answer.
UNANSWERED: Mapping[str, str] = {
    "SPF": "spf-temperror",
    "DKIM": "dkim-keys-unanswered",
    "DMARC": "dmarc-unanswered",
    "PTR": "ptr-unanswered",
}

# Blocklists without a usable answer: shown only in the verbose report.
UNUSABLE_LISTS = "blocklists-partly-believed"

# Steps 4 and 5 have nothing to look at.
MESSAGE_NOT_GIVEN = frozenset({"size-not-known", "message-not-given"})

# By step: findings that mean that the step was not assessed.
STEP_NOT_LOOKED_AT: Mapping[int, frozenset[str]] = {
    2: frozenset(UNANSWERED.values()),
    3: frozenset({"recipient-not-asked", "recipient-refused-before"}),
    4: frozenset({"size-not-known", "size-not-compared", "size-without-limit"}),
    6: frozenset(
        {"source-lists-silent", "source-lists-left-out", "source-lists-no-address", "source-lists-not-asked"}
    ),
}

_SOURCE_LISTS = STEP_NOT_LOOKED_AT[6] | {
    "source-not-listed",
    "source-listed-minor",
    "source-policy-listed-elsewhere",
}

# By cause: blocklist findings that do not explain a block for it.
UNEXPLAINED_BLOCK: Mapping[str, frozenset[str]] = {
    "ip_blocklisted": _SOURCE_LISTS,
    "poor_reputation": _SOURCE_LISTS,
    "sender_blocked": frozenset(
        {
            "domain-not-listed",
            "domain-listed-minor",
            "domain-lists-silent",
            "domain-lists-left-out",
            "domain-lists-not-looked-at",
        }
    ),
}

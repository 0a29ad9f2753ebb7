"""The findings of the sample reports."""

from __future__ import annotations

from probe.model.finding import Finding, Severity

FINDINGS = (
    Finding(
        "recipient-address",
        Severity.FATAL,
        3,
        "refused at RCPT; the address is well formed and no typo is suspected",
        ("session:1:rcpt",),
        "do not send to this address again",
        tag="recipient-refused",
    ),
    Finding(
        "reply-permanence",
        Severity.ERROR,
        1,
        "permanent, without a specific status",
        ("session:1:rcpt",),
        "",
        tag="reply-refused",
    ),
    Finding(
        "spf",
        Severity.OK,
        2,
        "SPF pass (ip4:198.51.100.10)",
        ("dns:TXT:example.com",),
        tag="spf-pass",
        args={"domain": "example.com", "ip": "198.51.100.10", "term": "ip4:198.51.100.10"},
    ),
    Finding(
        "dmarc",
        Severity.OK,
        2,
        "DMARC p=quarantine, can align",
        ("dns:TXT:_dmarc.example.com",),
        tag="dmarc-can-pass",
    ),
    Finding(
        "blocklists",
        Severity.OK,
        6,
        "on none of the lists that could be believed",
        ("dnsbl:bl.example",),
        tag="source-not-listed",
        args={"count": 1, "zones": ("bl.example",)},
    ),
    Finding(
        "size-limit",
        Severity.NOT_ASSESSED,
        4,
        "the server takes 35 MB; no size is known",
        tag="size-not-known",
    ),
)

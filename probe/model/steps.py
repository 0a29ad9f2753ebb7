"""The nine steps of "How to Handle Email Delivery Failure" (Alibaba Mail), by number."""

STEP_TITLES = {
    1: "read the reply",
    2: "DNS settings",
    3: "recipient address",
    4: "size",
    5: "content",
    6: "sender address",
    7: "sending limits",
    8: "contact the recipient",
    9: "retry",
}

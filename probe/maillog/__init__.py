"""Read mail logs into causes: what happened to each message, why, who must act, since when. In constant
memory."""

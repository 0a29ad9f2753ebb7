"""Reading one SMTP reply: unwrap it, mask the variable parts, match it against the rules of knowledge/."""

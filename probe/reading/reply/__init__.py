"""Reading one SMTP reply: unwrap it, mask what is incidental, match it against the rules of knowledge/."""

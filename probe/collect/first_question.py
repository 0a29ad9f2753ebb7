"""The first question of a live run, sent before the rest of the program is loaded."""

from __future__ import annotations

from probe.model.target import Options, Target, recipient_domain
from probe.net.early_question import EarlyQuestion, ask_early
from probe.survey.sending import route


def ask_first(target: Target, options: Options) -> EarlyQuestion | None:
    """Send what a run with these options asks first: the MX question. None where it begins with none, or with
    several (--mx, an address literal), or it cannot be sent from here: the run itself finds out why. Never
    raises."""
    return ask_early(options.nameservers, next(route(recipient_domain(target), options), ()))

"""From a cause to who acts, what to do and when to try again; and what `never` needs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.diagnosis.conclusion import Conclusion, conclude, document
from probe.knowledge.causes import causes
from probe.model.evidence import Band, ConductOverride, Evidence, Facet, RankedCause
from probe.model.reply import Stage
from probe.model.verdict import FixBy, Retry

SURE, UNSURE = (Band.STATED, Band.LIKELY), (Band.POSSIBLE, Band.UNDECIDED)


def item(
    rule: str = "r",
    facet: Facet = Facet.TEXT,
    *,
    conduct: ConductOverride | None = None,
    final: str = "",
    says: str = "",
) -> Evidence:
    return Evidence(rule, facet, {}, says or f"{rule} says so", "reply", final, conduct)


def asks(retry: Retry | None, rule: str = "asks") -> Evidence:
    """Words about time alone."""
    return item(rule, Facet.CONDUCT, conduct=ConductOverride(retry=retry))


def concluded(
    cause: str,
    *findings: Evidence,
    band: Band = Band.STATED,
    permanent: bool | None = True,
    text: str = "",
    stage: Stage | None = None,
    named_by: tuple[Evidence, ...] = (),
) -> Conclusion:
    """What follows from `cause`, without the evidence for it: `named_by`, the strongest first."""
    top = RankedCause(cause, 0.9, tuple((it, 9.0) for it in named_by), ())
    other = item("other", conduct=ConductOverride(fix_by=FixBy.RECIPIENT, action="what another cause asks"))
    ranking = (top, RankedCause("greylisted", 0.1, ((other, 1.0),), ()))
    conclusion = conclude(ranking, band, (*named_by, *findings), permanent=permanent, text=text, stage=stage)
    assert (conclusion.ranking, conclusion.band) == (ranking, band)
    return replace(conclusion, ranking=ranking[1:])


def time(conclusion: Conclusion) -> tuple[Retry, int | None, str]:
    return conclusion.conduct.retry, conclusion.conduct.retry_after, conclusion.retry_reason


# -- the usual conduct -----------------------------------------------------------------------------


@pytest.mark.parametrize("cause", ["mailbox_full", "relay_denied", "rate_limited"])
@pytest.mark.parametrize("permanent", [True, False, None])
def test_the_cause_and_the_class_of_the_reply_give_the_usual_conduct(
    cause: str, permanent: bool | None
) -> None:
    conclusion = concluded(cause, permanent=permanent)
    result = causes()[cause]
    assert conclusion.advice is result
    assert conclusion.conduct == (result.transient if permanent is False else result.permanent)
    assert (conclusion.action, conclusion.retry_reason) == (result.action, "")


def test_on_a_guess_the_advice_is_that_of_an_unknown_cause() -> None:
    conclusion = concluded("user_unknown", band=Band.UNDECIDED)
    assert conclusion.advice is causes()["unknown"]
    assert conclusion.conduct == causes()["unknown"].permanent
    assert concluded("user_unknown", band=Band.POSSIBLE).advice is causes()["user_unknown"]


@pytest.mark.parametrize("stage", [Stage.GREETING, Stage.EHLO, Stage.MAIL, Stage.RCPT])
def test_the_action_is_that_of_the_stage_where_the_cause_has_one(stage: Stage) -> None:
    assert concluded("unknown", stage=stage).action == causes()["unknown"].actions[stage.value]
    assert concluded("mailbox_full", stage=stage).action == causes()["mailbox_full"].action


REMOVAL = causes()["ip_blocklisted"].action.partition(". ")[2]  # what stands behind where to look


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("554 blocked, see https://mx.example/why", "Look the IP up on the page that the reply names."),
        ("554 blocked using zen.spamhaus.org", "Look the IP up at https://check.spamhaus.org/"),
    ],
)
def test_the_action_for_a_listing_begins_with_the_page_that_the_reply_names(text: str, first: str) -> None:
    action = concluded("ip_blocklisted", text=text).action
    assert action.startswith(first)
    assert action.endswith(f" {REMOVAL}")
    assert concluded("mailbox_full", text=text).action == causes()["mailbox_full"].action


def test_without_words_the_action_for_a_listing_is_the_usual_one() -> None:
    assert concluded("ip_blocklisted").action == causes()["ip_blocklisted"].action


# -- as JSON ---------------------------------------------------------------------------------------


def test_the_keys_of_a_conclusion_tell_it_whole() -> None:
    ranking = (RankedCause("mailbox_full", 0.87654, (), ()), RankedCause("greylisted", 0.12346, (), ()))
    conclusion = conclude(ranking, Band.LIKELY, (), permanent=False, text="try again in 5 minutes")
    result = causes()["mailbox_full"]
    assert conclusion.cause is result
    assert document(conclusion) == {
        "cause": "mailbox_full",
        "band": "likely",
        "causes": [
            {"id": "mailbox_full", "probability": 0.8765},
            {"id": "greylisted", "probability": 0.1235},
        ],
        "fix_by": result.transient.fix_by.value,
        "retry": "later",
        "steps": list(result.steps),
        "action": result.action,
        "retry_after_s": 300,
        "retry_reason": None,
    }
    output = document(replace(conclusion, retry_reason="it asks so"), "action_text")
    assert (output["retry_reason"], output["action_text"]) == ("it asks so", result.action)
    assert "action" not in output


@pytest.mark.parametrize("action", ["action", "action_text"])
def test_without_a_conclusion_the_keys_are_the_same_and_say_nothing(action: str) -> None:
    some = document(
        conclude((RankedCause("unknown", 1.0, (), ()),), Band.POSSIBLE, (), permanent=None), action
    )
    nothing = document(None, action)
    assert list(nothing) == list(some)
    assert nothing == dict.fromkeys(some) | {"causes": [], "steps": [], action: ""}


# -- never -----------------------------------------------------------------------------------------

LASTING = ["user_unknown", "bad_domain"]


@pytest.mark.parametrize("cause", LASTING)
@pytest.mark.parametrize("band", SURE)
def test_never_is_said_with_its_ground(cause: str, band: Band) -> None:
    conclusion = concluded(cause, item("it is gone", final=cause), band=band)
    assert time(conclusion) == (Retry.NEVER, None, "it is gone says so")


@pytest.mark.parametrize("cause", LASTING)
def test_giving_up_needs_evidence_of_this_very_cause(cause: str) -> None:
    other = next(it for it in LASTING if it != cause)
    for evidence in ((), (item(),), (item(final=other),)):
        assert time(concluded(cause, *evidence)) == (Retry.AFTER_FIX, None, "")


@pytest.mark.parametrize("band", UNSURE)
def test_a_ground_does_not_help_a_cause_that_is_not_sure(band: Band) -> None:
    conclusion = concluded("user_unknown", item(final="user_unknown"), band=band)
    assert time(conclusion) == (Retry.AFTER_FIX, None, "")


def test_a_ground_makes_no_other_cause_final() -> None:
    assert time(concluded("relay_denied", item(final="relay_denied")))[0] == Retry.AFTER_FIX
    for cause in LASTING:
        deferred = concluded(cause, item(final=cause), permanent=False)
        assert deferred.conduct == causes()[cause].transient


def test_of_several_grounds_words_go_before_a_status_and_then_the_rules_by_name() -> None:
    status_a, status_b = (item(rule, Facet.ENHANCED, final="user_unknown") for rule in ("a", "b"))
    words_y, words_z = (item(rule, Facet.CONDUCT, final="user_unknown") for rule in ("y", "z"))
    for grounds in ((status_b, words_z, status_a, words_y), (words_y, status_a, words_z, status_b)):
        assert concluded("user_unknown", *grounds).retry_reason == "y says so"
    assert concluded("user_unknown", status_b, status_a).retry_reason == "a says so"


# -- what the words of the cause say of the conduct ------------------------------------------------

OTHERWISE = ConductOverride(fix_by=FixBy.RECIPIENT_ADMIN, retry=Retry.LATER, retry_after=77, action="do this")


@pytest.mark.parametrize("band", [it for it in Band if it is not Band.UNDECIDED])
def test_the_words_may_name_another_owner_time_and_action(band: Band) -> None:
    conclusion = concluded("relay_denied", band=band, named_by=(item("w", conduct=OTHERWISE),))
    assert (conclusion.conduct.fix_by, conclusion.action) == (FixBy.RECIPIENT_ADMIN, "do this")
    assert time(conclusion) == (Retry.LATER, 77, "w says so")


def test_the_conduct_that_words_ask_for_is_not_followed_for_a_guessed_cause() -> None:
    conclusion = concluded("relay_denied", band=Band.UNDECIDED, named_by=(item(conduct=OTHERWISE),))
    assert conclusion == concluded("relay_denied", band=Band.UNDECIDED)


def test_the_strongest_words_with_a_conduct_of_their_own_count() -> None:
    silent, first, second = (
        item("silent"),
        item("first", conduct=ConductOverride(action="first")),
        item("second", conduct=ConductOverride(action="second", fix_by=FixBy.RECIPIENT)),
    )
    conclusion = concluded("relay_denied", named_by=(silent, first, second))
    assert (conclusion.action, conclusion.conduct.fix_by) == (
        "first",
        causes()["relay_denied"].permanent.fix_by,
    )


def test_what_words_leave_out_stays_as_usual() -> None:
    usual = concluded("mailbox_full")
    conclusion = concluded(
        "mailbox_full", named_by=(item(conduct=ConductOverride(fix_by=FixBy.RECIPIENT_ADMIN)),)
    )
    assert conclusion.conduct.fix_by is FixBy.RECIPIENT_ADMIN
    assert (conclusion.action, time(conclusion)) == (usual.action, time(usual))
    only_action = concluded("mailbox_full", named_by=(item(conduct=ConductOverride(action="do this")),))
    assert (only_action.conduct, only_action.action) == (usual.conduct, "do this")


@pytest.mark.parametrize(
    ("retry", "reason"),
    [(Retry.NOW, "w says so"), (Retry.LATER, "w says so"), (Retry.AFTER_FIX, ""), (Retry.NEVER, "")],
)
def test_only_a_time_to_try_again_is_told_with_the_words_that_it_rests_on(retry: Retry, reason: str) -> None:
    conclusion = concluded("relay_denied", named_by=(item("w", conduct=ConductOverride(retry=retry)),))
    expected = Retry.AFTER_FIX if retry == Retry.NEVER else retry  # no ground
    assert time(conclusion) == (expected, None, reason)


def test_a_time_of_the_cause_goes_before_words_about_time_alone() -> None:
    named = item("w", conduct=ConductOverride(retry=Retry.LATER, retry_after=77))
    assert time(concluded("relay_denied", asks(Retry.AFTER_FIX), named_by=(named,))) == (
        Retry.LATER,
        77,
        "w says so",
    )


def test_words_about_time_alone_are_no_words_of_the_cause() -> None:
    timed = item("t", Facet.CONDUCT, conduct=ConductOverride(fix_by=FixBy.RECIPIENT, action="do this"))
    conclusion = concluded("mailbox_full", named_by=(timed,))
    assert conclusion == concluded("mailbox_full")


# -- words about time alone ------------------------------------------------------------------------


@pytest.mark.parametrize("permanent", [True, False])
def test_where_a_server_asks_to_try_again_later_that_is_done(permanent: bool) -> None:
    conclusion = concluded("relay_denied", asks(Retry.LATER), permanent=permanent)
    assert time(conclusion) == (Retry.LATER, 3600, "asks says so")
    assert conclusion.conduct.fix_by == causes()["relay_denied"].permanent.fix_by


def test_a_reply_that_asks_to_try_again_later_gives_up_nothing() -> None:
    gone = item("gone", final="user_unknown")
    assert time(concluded("user_unknown", gone, asks(Retry.LATER))) == (Retry.LATER, 3600, "asks says so")


@pytest.mark.parametrize("cause", ["mailbox_full", "rate_limited"])
@pytest.mark.parametrize("permanent", [True, False])
def test_a_cause_with_a_time_of_its_own_keeps_it(cause: str, permanent: bool) -> None:
    assert concluded(cause, asks(Retry.LATER), permanent=permanent) == concluded(cause, permanent=permanent)


def test_after_a_permanent_refusal_nobody_is_told_that_the_server_sends_again_by_itself() -> None:
    assert concluded("greylisted", permanent=False).action == causes()["greylisted"].action
    refused = concluded("greylisted", permanent=True)
    assert refused.action == causes()["greylisted"].refused
    assert (refused.conduct.fix_by, refused.conduct.retry) == (FixBy.SENDER, Retry.LATER)


def test_a_dialogue_that_went_wrong_is_tried_again_after_a_minute_unless_words_ask_for_a_fix() -> None:
    waits = concluded("protocol_error", asks(Retry.LATER), permanent=False)
    assert waits == concluded("protocol_error", permanent=False) and waits.conduct.retry_after == 60
    fixed = concluded("protocol_error", asks(Retry.AFTER_FIX), permanent=False)
    assert time(fixed) == (Retry.AFTER_FIX, None, "asks says so")


def test_where_a_server_asks_not_to_come_back_as_you_are_the_fix_comes_first() -> None:
    assert time(concluded("mailbox_full", asks(Retry.AFTER_FIX))) == (Retry.AFTER_FIX, None, "asks says so")
    assert concluded("relay_denied", asks(Retry.AFTER_FIX)) == concluded("relay_denied")


def test_a_wish_not_to_come_back_grounds_no_never() -> None:
    gone = item("gone", final="user_unknown")
    assert time(concluded("user_unknown", gone, asks(Retry.AFTER_FIX))) == (Retry.NEVER, None, "gone says so")


def test_asked_both_ways_later_is_tried_where_the_cause_waits_for_a_fix() -> None:
    both = (asks(Retry.AFTER_FIX, "fix"), asks(Retry.LATER, "wait"))
    assert time(concluded("relay_denied", *both)) == (Retry.LATER, 3600, "wait says so")
    assert time(concluded("mailbox_full", *both)) == (Retry.AFTER_FIX, None, "fix says so")


@pytest.mark.parametrize("facet", [it for it in Facet if it is not Facet.CONDUCT])
def test_only_words_about_time_are_asked_for_a_time(facet: Facet) -> None:
    other = item("o", facet, conduct=ConductOverride(retry=Retry.LATER))
    assert concluded("relay_denied", other) == concluded("relay_denied")


def test_words_about_time_that_name_none_change_nothing() -> None:
    for evidence in (asks(None), item("t", Facet.CONDUCT)):
        assert concluded("relay_denied", evidence) == concluded("relay_denied")


# -- the wait that the server names ----------------------------------------------------------------

IN_FIVE_MINUTES = "try again in 5 minutes"


def test_the_wait_that_the_server_names_goes_before_the_usual_one() -> None:
    assert time(concluded("mailbox_full", text=IN_FIVE_MINUTES)) == (Retry.LATER, 300, "")
    assert time(concluded("relay_denied", asks(Retry.LATER), text=IN_FIVE_MINUTES)) == (
        Retry.LATER,
        300,
        "asks says so",
    )


def test_where_time_does_not_help_no_wait_is_told() -> None:
    assert time(concluded("relay_denied", text=IN_FIVE_MINUTES)) == (Retry.AFTER_FIX, None, "")
    gone = item("gone", final="user_unknown")
    assert time(concluded("user_unknown", gone, text=IN_FIVE_MINUTES)) == (Retry.NEVER, None, "gone says so")


@pytest.mark.parametrize("text", ["", "the mailbox is full"])
def test_without_a_named_wait_the_usual_one_stays(text: str) -> None:
    assert concluded("mailbox_full", text=text) == concluded("mailbox_full")

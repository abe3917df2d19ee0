"""Who is held to sleep rough, on what evidence, in which words."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.codes import ContactState, EvidenceBasis, ReviewStatus
from shared.rules.corrections import corrected
from shared.rules.verification import (
    Standing,
    VerificationStatus,
    is_rough_sleeping,
    verification_status,
    without_place,
)
from tests.shared.cast import SITE_NAMES, WORKER_NAMES, at, contact, correction, judgement


def status(contacts=(), verifications=(), **options) -> VerificationStatus:
    return verification_status(
        contacts, verifications, worker_names=WORKER_NAMES, site_names=SITE_NAMES, today=date(2026, 11, 20), **options
    )


def test_a_rough_sleeping_contact_verifies_at_once_and_says_why():
    result = status([contact()])
    assert result.is_verified
    assert result.reason == "verified: seen bedded down by Aisha N, 14 Nov, site 'Station stairwell'"
    assert (result.basis, result.contact_id, result.since) == (EvidenceBasis.SEEN_BY_OUTREACH, "c1", at(14, 2, 11))


def test_someone_about_to_bed_down_is_verified_in_those_words():
    result = status([contact(state=ContactState.ABOUT_TO_BED_DOWN, site_id=None)])
    assert result.reason == "verified: seen about to bed down by Aisha N, 14 Nov"


@pytest.mark.parametrize(
    "state", [s for s in ContactState if s not in {ContactState.BEDDED_DOWN, ContactState.ABOUT_TO_BED_DOWN}]
)
def test_no_other_state_verifies(state):
    assert not is_rough_sleeping(state)
    assert status([contact(state=state)]).standing is Standing.UNVERIFIED


def test_a_state_of_a_newer_app_verifies_nobody():
    assert status([contact(state=ContactState("walking_with_bedding"))]).standing is Standing.UNVERIFIED


def test_the_newest_contact_is_named_and_the_first_says_since_when():
    result = status([contact("c2", at(18)), contact("c1", at(14)), contact("c0", at(16))])
    assert (result.contact_id, result.since, result.at) == ("c2", at(14), at(18))


def test_a_date_of_last_year_carries_its_year():
    assert "14 Nov 2025" in status([contact(seen_at=at(14, year=2025))]).reason


def test_the_day_is_the_local_one_in_summer():
    assert "2 Jul" in status([contact(seen_at=at(1, 23, 30, month=7))]).reason


def test_a_contact_of_somebody_else_says_nothing_of_marek():
    assert status([contact(person_ids=("red",))], person_ids={"marek"}).standing is Standing.UNVERIFIED


def test_a_contact_of_a_merged_record_counts_for_the_person():
    assert status([contact(person_ids=("red",))], person_ids={"marek", "red"}).is_verified


def test_a_contact_by_somebody_outside_outreach_does_not_verify():
    assert status([contact(worker_id="helen")], outreach_worker_ids={"aisha"}).standing is Standing.UNVERIFIED


def test_a_correction_that_takes_back_the_state_takes_back_the_verification():
    change = correction("k1", at(15), state="not_bedded_down")
    assert status([contact()], corrections=[change]).standing is Standing.UNVERIFIED


def test_a_derived_verification_falls_with_the_contact_it_rests_on():
    derived = judgement(
        ReviewStatus.UNREVIEWED, at(14, 3), basis=EvidenceBasis.SEEN_BY_OUTREACH, contact_id="c1", worker_id="aisha"
    )
    assert status([contact()], [derived]).is_verified
    change = correction("k1", at(15), state="not_found")
    assert status([contact()], [derived], corrections=[change]).standing is Standing.UNVERIFIED


def test_a_correction_can_say_it_was_somebody_else():
    change = correction("k1", at(15), person_ids=["red"])
    assert not status([contact()], corrections=[change], person_ids={"marek"}).is_verified
    assert status([contact()], corrections=[change], person_ids={"red"}).is_verified


def test_corrections_apply_in_order_of_time_whatever_order_they_came_in():
    first, second = correction("k1", at(15), note="one"), correction("k2", at(16), note="two")
    assert corrected(contact(), [second, first]).note == "two"


def test_a_correction_never_touches_who_recorded_it():
    assert corrected(contact(), [correction("k1", at(15), worker_id="dean", id="x")]) == contact()


def test_an_impossible_correction_is_an_error():
    with pytest.raises(msgspec.ValidationError):
        corrected(contact(), [correction("k1", at(15), seen_at="yesterday")])


def test_a_later_judgement_prevails_over_what_was_seen():
    result = status([contact()], [judgement(ReviewStatus.NOT_CONFIRMED, at(15), reason="was visiting a friend")])
    assert result.standing is Standing.NOT_CONFIRMED
    assert result.reason == "not confirmed by Priya S, 15 Nov: was visiting a friend"


def test_being_seen_again_after_the_judgement_verifies_anew():
    result = status([contact(), contact("c2", at(18))], [judgement(ReviewStatus.NOT_CONFIRMED, at(15))])
    assert result.is_verified
    assert result.since == at(18)


def test_the_last_of_two_judgements_prevails():
    refused, confirmed = judgement(ReviewStatus.NOT_CONFIRMED, at(15)), judgement(ReviewStatus.CONFIRMED, at(16), "v2")
    result = status([], [confirmed, refused])
    assert result.is_verified
    assert result.reason == "verified: confirmed by Priya S, 16 Nov, on professional judgement: known to housing"


def test_a_confirmation_does_not_make_someone_verified_later_than_they_were_seen():
    assert status([contact()], [judgement(ReviewStatus.CONFIRMED, at(16))]).since == at(14, 2, 11)


def test_verification_may_be_declared_not_required():
    result = status([], [judgement(ReviewStatus.NOT_REQUIRED, at(15))])
    assert result.standing is Standing.NOT_REQUIRED
    assert not result.is_verified


def test_offered_evidence_waits_for_a_coordinator():
    result = status([], [judgement(ReviewStatus.UNREVIEWED, at(15), basis=EvidenceBasis.SELF_REPORT)])
    assert result.standing is Standing.AWAITING_REVIEW
    assert result.reason == "not yet verified: their own word, 15 Nov, waits for a coordinator"


moments = st.integers(min_value=1, max_value=25).map(at)
contacts_of_marek = st.lists(
    st.builds(
        lambda n, moment, state: contact(f"c{n}", moment, state=state),
        st.integers(0, 10_000),
        moments,
        st.sampled_from(list(ContactState)),
    ),
    max_size=6,
    unique_by=lambda c: c.id,
)
judgements_of_priya = st.lists(
    st.builds(
        lambda n, moment, review: judgement(review, moment, f"v{n}"),
        st.integers(0, 10_000),
        moments,
        st.sampled_from(list(ReviewStatus)),
    ),
    max_size=4,
    unique_by=lambda v: v.id,
)


@given(contacts_of_marek, judgements_of_priya)
def test_the_status_agrees_with_a_replay_of_events_in_their_order(contacts, verifications):
    """The oracle walks through time; a judgement at the same moment as a contact comes after it."""
    events = [(c.seen_at, 0, c.id, c) for c in contacts if is_rough_sleeping(c.state)]
    events += [(v.at, 1, v.id, v) for v in verifications if v.review_status is not ReviewStatus.UNREVIEWED]
    standing = Standing.AWAITING_REVIEW if verifications else Standing.UNVERIFIED
    for _, kind, _, event in sorted(events, key=lambda e: e[:3]):
        standing = (
            Standing.VERIFIED
            if kind == 0
            else {
                ReviewStatus.CONFIRMED: Standing.VERIFIED,
                ReviewStatus.NOT_CONFIRMED: Standing.NOT_CONFIRMED,
                ReviewStatus.NOT_REQUIRED: Standing.NOT_REQUIRED,
            }[event.review_status]
        )
    assert status(contacts, verifications).standing is standing


@given(contacts_of_marek, judgements_of_priya, st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_matters(contacts, verifications, random):
    unique, judged = list(contacts), list(verifications)
    before = status(unique, judged)
    random.shuffle(unique)
    random.shuffle(judged)
    assert status(unique, judged) == before


def test_a_reason_can_be_told_without_the_place():
    reason = status([contact()]).reason
    assert without_place(reason) == "verified: seen bedded down by Aisha N, 14 Nov"
    assert without_place(f"{reason}.") == "verified: seen bedded down by Aisha N, 14 Nov."
    assert without_place("not confirmed by Priya S, 15 Nov: left") == "not confirmed by Priya S, 15 Nov: left"

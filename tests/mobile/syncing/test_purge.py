"""A phone keeps what the next shifts need: four weeks of others' facts, referrals that are open or were over since, five thousand
people, and all that is its own (rule B9).
"""

from datetime import timedelta

from mobile.field.views import ContactDraft, PersonDraft
from mobile.syncing.purge import purge
from shared.geo.night import outreach_night
from shared.model.codes import ContactState, ReferralState
from shared.model.contact import Contact
from shared.model.referral import ReferralProgress
from tests.mobile.feeding import acknowledge, feed, feed_patch, referral
from tests.mobile.rig import Rig
from tests.mobile.store.test_projection import record_of, whole


def deans_contact(rig: Rig, contact_id: str, days_ago: float, person: str = "marek") -> None:
    at = rig.clocks.now() - timedelta(days=days_ago)
    contact = Contact(
        id=contact_id,
        state=ContactState.BEDDED_DOWN,
        seen_at=at,
        recorded_at=at,
        night=outreach_night(at),
        worker_id="dean",
        team_id="watford",
        person_ids=(person,),
    )
    feed(rig, "contact.recorded", contact, who="dean", at=at)


def contacts(rig: Rig) -> set[str]:
    with record_of(rig).store.reading() as connection:
        return {i for (i,) in connection.execute("SELECT id FROM contact")}


def go(rig: Rig, **limits: int) -> int:
    return purge(record_of(rig), rig.clocks.now(), **limits)


def test_a_colleagues_contact_stays_for_four_weeks_and_then_goes(rig: Rig) -> None:
    feed_patch(rig, "person.patched", "marek", name="Marek")
    deans_contact(rig, "young", 27.9)
    deans_contact(rig, "old", 28.1)
    assert go(rig) == 1
    assert contacts(rig) == {"young"}
    with record_of(rig).store.reading() as connection:
        left = connection.execute(
            "SELECT count(*) FROM sync_change WHERE CAST(body AS TEXT) LIKE '%\"old\"%'"
        ).fetchone()
    assert left == (0,)


def test_when_somebody_was_last_seen_is_told_by_what_is_left(rig: Rig) -> None:
    feed_patch(rig, "person.patched", "marek", name="Marek")
    deans_contact(rig, "old", 40)
    assert rig.field.search_people("marek")[0].last_seen_at is not None
    go(rig)
    card = rig.field.search_people("marek")[0]
    assert card.known_as == "Marek" and card.last_seen_at is None


def test_what_is_this_phones_own_is_never_purged(rig: Rig) -> None:
    mine = rig.field.record_contact(
        ContactDraft(state=ContactState.BEDDED_DOWN, new_people=(PersonDraft(alias="Red"),))
    )
    acknowledge(rig)
    rig.clocks.pass_(days=60)
    assert go(rig, people_max=0) == 0
    assert contacts(rig) == {mine} and len(rig.field.search_people("")) == 1


def step_of(rig: Rig, step_id: str, referral_id: str, state: ReferralState, days_ago: float) -> None:
    at = rig.clocks.now() - timedelta(days=days_ago)
    step = ReferralProgress(id=step_id, referral_id=referral_id, state=state, at=at, worker_id="dean", note="a word")
    feed(rig, "referral.progressed", step, who="dean", at=at)


def referrals_here(rig: Rig) -> set[str]:
    with record_of(rig).store.reading() as connection:
        return {i for (i,) in connection.execute("SELECT id FROM referral")}


def test_an_open_referral_stays_however_old(rig: Rig) -> None:
    feed(rig, "referral.received", referral("r1"))
    rig.clocks.pass_(days=60)
    assert go(rig) == 0
    assert [item.id for item in rig.field.tonight()] == ["r1"]


def test_a_referral_that_is_over_goes_after_four_weeks_with_every_word_of_it(rig: Rig) -> None:
    """Where a stranger slept last year is nothing that tonight's shift needs, and a stolen phone would tell it."""
    rig.clocks.pass_(days=60)
    for each in ("lapsed", "just", "opened"):
        feed(rig, "referral.received", referral(each))
        step_of(rig, f"{each}-closed", each, ReferralState.CLOSED, 28.1 if each != "just" else 27.9)
    step_of(rig, "opened-again", "opened", ReferralState.RECEIVED, 0.5)
    go(rig)
    assert referrals_here(rig) == {"just", "opened"}
    with record_of(rig).store.reading() as connection:
        for table in ("sync_change", "referral_progress"):
            kept = connection.execute(
                f"SELECT count(*) FROM {table} WHERE CAST(body AS TEXT) LIKE '%lapsed%'"
            ).fetchone()
            assert kept == (0,), table
    assert go(rig) == 0


def test_a_referral_that_this_phone_closed_stays_until_every_backup_holds_that(rig: Rig) -> None:
    feed(rig, "referral.received", referral("r1"))
    rig.field.progress_referral("r1", ReferralState.CLOSED, outcome="person_found_taken_to_shelter")
    acknowledge(rig)
    rig.clocks.pass_(days=60)
    assert go(rig) == 0
    assert referrals_here(rig) == {"r1"}


def test_one_that_is_opened_again_comes_back_whole(rig: Rig) -> None:
    rig.clocks.pass_(days=60)
    feed(rig, "referral.received", referral("r1"))
    step_of(rig, "closed", "r1", ReferralState.CLOSED, 40)
    go(rig)
    assert referrals_here(rig) == set()
    feed(rig, "referral.received", referral("r1", state=ReferralState.CLOSED))
    step_of(rig, "again", "r1", ReferralState.RECEIVED, 0)
    assert [item.id for item in rig.field.tonight()] == ["r1"]


def test_beyond_the_number_a_phone_may_carry_the_least_lately_seen_go(rig: Rig) -> None:
    for n in range(5):
        feed_patch(rig, "person.patched", f"p{n}", name=f"Person {n}")
        deans_contact(rig, f"c{n}", n, person=f"p{n}")
    go(rig, people_max=3)
    assert {card.id for card in rig.field.search_people("person")} == {"p0", "p1", "p2"}
    with record_of(rig).store.reading() as connection:
        assert connection.execute("SELECT count(*) FROM sync_write WHERE entity IN ('p3', 'p4')").fetchone() == (0,)


def test_purging_twice_and_rebuilding_change_nothing_more(rig: Rig) -> None:
    feed_patch(rig, "person.patched", "marek", name="Marek")
    for n, days in enumerate((1, 20, 29, 50)):
        deans_contact(rig, f"c{n}", days)
    go(rig)
    before = whole(record_of(rig))
    assert go(rig) == 0
    record_of(rig).rebuild()
    assert whole(record_of(rig)) == before

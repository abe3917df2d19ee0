"""What the person's page asks of the database, on both databases."""

from datetime import date, datetime, timedelta

from server.database.engine import Database
from server.queries.people import person_page
from server.tables.cases.case import case_action
from server.tables.operation.audit import audit
from server.tables.street.contact import contact_person
from shared.model.codes import CaseState, ReceivingSupport, SupportNeed
from tests.web import county


def test_the_timeline_tells_everything_newest_first(filled: Database, now: datetime) -> None:
    with filled.writing() as session:
        action = {"id": "a1", "case_id": "case-marek", "agency_id": "cgl", "text": "Assessment", "due_on": date(2026, 11, 28),
                  "agreed_at": now - timedelta(hours=1), "agreed_by": "priya", "mdt_number": 1}  # fmt: skip
        county.add(session, case_action, action)
        met = contact_person.update().where(contact_person.c.contact_id == "contact-marek-0")
        session.execute(met.values(referral_id="r1"))
        events = person_page.list_events(session, ["marek"], now)
    assert [event.kind for event in events][:2] == ["action", "case"]
    assert {event.kind for event in events} == {"action", "case", "contact", "verification", "referral"}
    assert [event.at for event in events] == sorted((event.at for event in events), reverse=True)
    first = next(event for event in events if event.kind == "contact")
    assert (first.by, first.place, first.more) == ("Aisha N", "Station stairwell", "Nurse on Thursday")


def test_a_page_of_the_timeline_ends_and_the_next_begins_there(filled: Database, now: datetime) -> None:
    with filled.reading() as session:
        whole = person_page.list_events(session, ["marek"], now)
        first = person_page.list_events(session, ["marek"], now, limit=2)
        rest = person_page.list_events(session, ["marek"], first[-1].at, first[-1].id)
    assert first == whole[:2]
    assert rest == whole[2:]


def test_needs_without_support_come_first_and_only_the_newest_word_counts(filled: Database, now: datetime) -> None:
    from server.tables.people.person import person_need

    with filled.writing() as session:
        later = {
            "id": "n2",
            "person_id": "marek",
            "need": "alcohol",
            "receiving_support": "yes",
            "at": now,
            "worker_id": "aisha",
        }
        county.add(session, person_need, later)
        needs = person_page.list_needs(session, ["marek"])
    assert [(need.need, need.receiving_support) for need in needs] == [
        (SupportNeed.PHYSICAL_HEALTH, ReceivingSupport.NO),
        (SupportNeed.ALCOHOL, ReceivingSupport.YES),
        (SupportNeed.MENTAL_HEALTH, ReceivingSupport.YES),
    ]


def test_who_works_with_somebody_is_who_met_them_lately(filled: Database, now: datetime) -> None:
    with filled.reading() as session:
        working = person_page.list_who_works_with(session, ["marek"], now)
        long_ago = person_page.list_who_works_with(session, ["marek"], now + timedelta(days=200))
    assert [(each.short_name, each.agency_name, each.contacts) for each in working] == [
        ("Aisha N", "Beacon Outreach", 3)
    ]
    assert long_ago == []


def test_looks_are_told_with_their_organisation(filled: Database, now: datetime) -> None:
    look = {"actor_id": "priya", "agency_id": "watford-housing", "action": "see_person", "subject_kind": "person",
            "subject_id": "marek", "purpose": "case list", "at": now}  # fmt: skip
    with filled.writing() as session:
        county.add(
            session,
            audit,
            look | {"id": "1"},
            look | {"id": "2", "allowed": False},
            look | {"id": "3", "subject_id": "red"},
        )
        looks, is_cut = person_page.list_record_accesses(session, ["marek"])
        assert not is_cut and person_page.list_record_accesses(session, ["marek"], limit=1)[1]
    assert [(each.short_name, each.agency_name, each.purpose) for each in looks] == [
        ("Priya S", "Watford Housing", "case list")
    ]


def test_the_standing_and_the_case_are_found(filled: Database, now: datetime) -> None:
    with filled.reading() as session:
        standing = person_page.find_standing(session, "marek")
        cases = person_page.list_cases_of(session, "marek")
        nobody = person_page.find_standing(session, "nobody")
    assert standing is not None
    assert standing.verified
    assert nobody is None
    assert [(each.case.state, each.district_name) for each in cases] == [(CaseState.CANDIDATE, "Watford")]

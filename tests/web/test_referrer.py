"""Sam tells us about someone, keeps a reference, and hears back; nobody learns more from it."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from server.actions.referrals.public_reports import PublicReport, receive_report
from server.database.engine import Database
from server.places.districts import DistrictFinder
from server.queries.referrals import versions
from server.queries.sync.store import list_changes
from server.tables.partnership.district import boundary, district
from server.tables.referrals.referral import alert, alert_referrer, referral
from shared.model.codes import PinSource
from shared.model.position import Position
from tests.conftest import Clock
from tests.web import county
from tests.web.conftest import Browser
from tests.web.test_pages import plain


@pytest.fixture
def sam(client: Any) -> Browser:
    """Somebody on a bus, with no account."""
    return Browser(client)


def tell(sam: Browser, **fields: str) -> Any:
    key = re.search(r'name="key" value="([^"]+)"', sam.get("/report").text)
    assert key is not None
    told = {
        "key": key[1],
        "place": "The doorway by the chemist",
        "district": county.WATFORD,
        "appearance": "Red hat",
        "tell": "no",
    }
    return sam.send("/report", **(told | fields))


def reference_in(page: Any) -> str:
    found = re.search(r'lantern-code--long">([^<]+)<', page.text)
    assert found is not None, page.text
    return found[1]


def test_a_report_reaches_the_inbox_and_gives_a_reference(sam: Browser, filled: Database) -> None:
    reference = reference_in(tell(sam))
    assert re.fullmatch(r"[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}", reference)
    with filled.reading() as session:
        row = session.execute(select(referral).where(referral.c.number == reference)).mappings().one()
    assert (row["state"], row["district_id"], row["team_id"], row["description"]) == (
        "received", county.WATFORD, "watford-outreach", "Red hat",
    )  # fmt: skip


def test_the_same_form_sent_twice_is_one_report(sam: Browser, filled: Database) -> None:
    first = reference_in(tell(sam, key="one"))
    second = reference_in(tell(sam, key="one"))
    with filled.reading() as session:
        numbers = session.scalars(select(referral.c.number).where(referral.c.source == "council_form")).all()
    assert first == second
    assert numbers == [first]


def test_a_form_that_is_put_right_and_sent_again_is_one_report_whose_words_wait(sam: Browser, filled: Database) -> None:
    key = "a-key-of-one-form"
    tell(sam, key=key, appearance="Red hat")
    for _ in range(2):
        tell(sam, key=key, place="The doorway by the baker", tell="yes", email="sam@example.org", people="2")
    with filled.reading() as session:
        (found,) = session.execute(select(referral).where(referral.c.description == "Red hat")).mappings()
        (version,) = versions.list_versions(session, found["id"])
        (who,) = session.execute(
            select(alert_referrer).where(alert_referrer.c.alert_id == found["alert_id"])
        ).mappings()
        consent = session.scalar(select(alert.c.contact_consent).where(alert.c.id == found["alert_id"]))
    assert found["place"] == "The doorway by the chemist"
    assert version.changes["place"] == ("The doorway by the chemist", "The doorway by the baker")
    assert (version.changes["people_count"], version.settled_at) == (("", "2"), None)
    assert (who["email"], consent) == ("sam@example.org", True)


def test_two_presses_at_one_moment_are_one_report(filled: Database, now: Any, new_id: Any) -> None:
    """On PostgreSQL the second press does not see the first when it looks, and does when it writes."""
    report = PublicReport(
        key="pressed", place="Arch", email="sam@example.org",
        position=Position(latitude=51.6565, longitude=-0.3962, source=PinSource.MAP_TAP),
    )  # fmt: skip

    class Other(DistrictFinder):
        def find(self, latitude: float, longitude: float) -> Any:
            first.append(receive_report(session, report, Here(), now, new_id))
            return county.WATFORD

    class Here(DistrictFinder):
        def find(self, latitude: float, longitude: float) -> Any:
            return county.WATFORD

    first: list[Any] = []
    with filled.writing() as session:
        second = receive_report(session, report, Other(), now, new_id)
    assert first == [second]
    with filled.reading() as session:
        assert session.scalar(select(func.count()).where(alert.c.place == "Arch")) == 1


def test_who_told_us_is_kept_apart_and_for_ninety_days(sam: Browser, filled: Database, now: Any) -> None:
    tell(sam, tell="yes", email="sam@example.org")
    with filled.reading() as session:
        raw = session.scalar(select(alert.c.raw).where(alert.c.source == "council_form"))
        kept = session.execute(select(alert_referrer.c.email, alert_referrer.c.delete_on)).one()
    assert "sam@example.org" not in str(raw)
    assert (kept.email, (kept.delete_on - now.date()).days) == ("sam@example.org", 90)


def test_an_address_is_not_kept_when_sam_says_no(sam: Browser, filled: Database) -> None:
    tell(sam, tell="no", email="sam@example.org")
    with filled.reading() as session:
        assert session.execute(select(alert_referrer.c.email)).first() is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"place": " "}, "Say where"),
        ({"district": ""}, "Choose the area"),
        ({"postcode": "ZZ99 9ZZ"}, "We do not know this postcode"),
        ({"people": "many"}, "Give a number"),
        ({"tell": "yes", "email": "no address"}, "Give an e-mail address"),
    ],
)
def test_what_is_missing_is_told_and_nothing_typed_is_lost(
    sam: Browser, filled: Database, fields: dict[str, str], message: str
) -> None:
    page = tell(sam, **fields)
    assert page.status_code == 422
    assert message in page.text
    assert "Red hat" in page.text
    with filled.reading() as session:
        assert session.scalar(select(alert.c.id).where(alert.c.source == "council_form")) is None


@pytest.mark.parametrize(
    ("state", "outcome", "answer"),
    [
        ("received", "", "We have your report."),
        ("found", "", "We can’t share more, to protect them."),
        ("closed", "person found - taken to shelter", "Our team found the person you told us about."),
        ("closed", "person not found - person looked for", "could not find the person"),
    ],
)
def test_sam_hears_back_and_nobody_is_given_away(
    sam: Browser, filled: Database, state: str, outcome: str, answer: str
) -> None:
    reference = reference_in(tell(sam))
    with filled.writing() as session:
        session.execute(referral.update().where(referral.c.number == reference).values(state=state, outcome=outcome))
    page = sam.send("/report/status", reference=reference.lower().replace("-", " "))
    assert answer in plain(page.text)
    assert "shelter" not in plain(page.text)
    assert reference not in str(page.url)


def test_an_unknown_reference_is_told_so(sam: Browser) -> None:
    sam.get("/report/status")
    answer = sam.send("/report/status", reference="AAAA-BBBB-CCCC")
    assert answer.status_code == 404
    assert "no report with this reference" in answer.text


def test_one_address_may_not_flood_us(sam: Browser) -> None:
    sam.get("/report/status")
    codes = [sam.send("/report/status", reference="AAAA").status_code for _ in range(11)]
    assert codes[:10] == [404] * 10
    assert codes[10] == 429


def test_they_are_still_there_opens_it_again_with_a_new_day(sam: Browser, filled: Database, now: Any) -> None:
    reference = reference_in(tell(sam))
    late = now.date() - timedelta(days=3)
    with filled.writing() as session:
        session.execute(
            referral.update().where(referral.c.number == reference)
            .values(state="closed", outcome="person not found - person looked for", due_on=late, closed_at=now)
        )  # fmt: skip
    assert "They are still there" in sam.send("/report/status", reference=reference).text
    page = sam.send("/report/still-there", reference=reference)
    assert "open again" in plain(page.text)
    with filled.reading() as session:
        row = session.execute(select(referral).where(referral.c.number == reference)).mappings().one()
        types = [change.change.t for change in list_changes(session, row["id"]) if change.change]
    assert (row["state"], row["outcome"], row["closed_at"]) == ("received", "", None)
    assert row["due_on"] > now.date()
    assert types == ["referral.received", "referral.received", "referral.progressed"]
    assert "We have your report." in plain(sam.send("/report/still-there", reference=reference).text)


def test_nobody_opens_a_report_without_its_reference(sam: Browser) -> None:
    sam.get("/report/status")
    assert sam.send("/report/still-there", reference="AAAA-BBBB-CCCC").status_code == 404


def test_the_report_of_another_is_answered_with_what_became_of_the_one_that_was_kept(
    sam: Browser, filled: Database
) -> None:
    first, second = reference_in(tell(sam)), reference_in(tell(sam))
    with filled.writing() as session:
        kept = session.scalar(select(referral.c.id).where(referral.c.number == first))
        session.execute(referral.update().where(referral.c.id == kept).values(state="assigned"))
        session.execute(
            referral.update().where(referral.c.number == second).values(state="duplicate_of", duplicate_of=kept)
        )
    assert "our outreach team has your report" in plain(sam.send("/report/status", reference=second).text).lower()


def test_a_reference_of_another_shape_is_not_asked_of(sam: Browser, filled: Database, now: Any) -> None:
    with filled.writing() as session:
        county.put_referral(session, now, "form-1")
        session.execute(
            alert.update().where(alert.c.id == "alert-form-1").values(source="council_form", source_reference="1001")
        )
    sam.get("/report/status")
    assert sam.send("/report/status", reference="1001").status_code == 404


def test_the_promised_day_is_the_districts_own(sam: Browser, filled: Database, now: Any) -> None:
    with filled.writing() as session:
        session.execute(district.update().where(district.c.id == county.WATFORD).values(answer_days=1))
    page = tell(sam, tell="yes", email="sam@example.org")
    with filled.reading() as session:
        due = session.scalar(select(referral.c.due_on).where(referral.c.number == reference_in(page)))
    assert due is not None and (due - now.date()).days <= 3
    assert f"by {due.day} {due:%B}" in plain(page.text)


def test_a_report_in_the_first_hour_of_a_new_district_is_of_the_new_one(
    sam: Browser, filled: Database, clock: Clock, now: Any
) -> None:
    """In summer an hour after midnight is yesterday in UTC."""
    square = '{"type":"Polygon","coordinates":[[[-0.5,51.6],[-0.3,51.6],[-0.3,51.7],[-0.5,51.7],[-0.5,51.6]]]}'
    area = {"geojson": square, "west": -0.5, "south": 51.6, "east": -0.3, "north": 51.7, "loaded_at": now}
    with filled.writing() as session:
        session.execute(update(district).where(district.c.id == county.WATFORD).values(valid_to=date(2027, 3, 31)))
        county.add(
            session, district, {"id": "new", "code": "E06000099", "name": "West Herts", "valid_from": date(2027, 4, 1)}
        )
        county.add(session, boundary, {**area, "district_id": county.WATFORD}, {**area, "district_id": "new"})
    clock.now = datetime(2027, 3, 31, 23, 30, tzinfo=UTC)
    reference = reference_in(tell(sam, district="", point="51.65, -0.4"))
    with filled.reading() as session:
        row = session.execute(select(referral).where(referral.c.number == reference)).mappings().one()
    assert row["district_id"] == "new"


def test_who_goes_back_and_wants_no_answer_after_all_is_written_to_no_more(sam: Browser, filled: Database) -> None:
    tell(sam, key="back", appearance="Red hat", tell="yes", email="sam@example.org")
    tell(sam, key="back", appearance="Red hat")
    with filled.reading() as session:
        found = session.execute(select(alert).where(alert.c.appearance == "Red hat")).mappings().one()
        who = session.execute(select(alert_referrer).where(alert_referrer.c.alert_id == found["id"])).all()
    assert (found["contact_consent"], who) == (False, [])

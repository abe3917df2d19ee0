"""The snapshot night from its plan to the sheet that two organisations signed."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from server.actions.partnership.snapshots import read_sheet
from server.database.engine import Database
from server.queries.maps import snapshots
from server.queries.maps.snapshots import Snapshot
from server.tables.maps.snapshot import snapshot
from server.tables.partnership.agency import team, team_district
from server.tables.partnership.worker import worker
from server.tables.street.contact import contact, contact_person
from tests.conftest import Clock
from tests.web import county
from tests.web.test_pages import plain

Browse = Callable[[str], Any]
NIGHT = date(2026, 11, 12)
EVENING = datetime(2026, 11, 12, 23, 30, tzinfo=UTC)
EARLY = datetime(2026, 11, 13, 1, 0, tzinfo=UTC)
PLAN = {
    "district": county.WATFORD,
    "night": "2026-11-12",
    "approach": "spotlight",
    "partner": "cgl",
    "evidence_day": "2026-11-20",
}
WORDS = {"women": "Asked the refuge, and walked the late buses", "hidden": "Asked the rangers and the day centre"}


@pytest.fixture
def night(filled: Database, clock: Clock) -> Database:
    """A second team; Marek met by both of them, Red before midnight, strangers in one doorway met by both."""
    with filled.writing() as session:
        county.add(session, team, {"id": "other-team", "agency_id": "cgl", "name": "Second Walk"})
        county.add(session, team_district, {"team_id": "other-team", "district_id": county.WATFORD})
        for known, at, who, team_id, strangers in (
            ("n1", EARLY, "marek", county_team(), 2), ("n2", EARLY + timedelta(hours=1), "marek", "other-team", 3),
            ("n3", EVENING, "red", county_team(), 0), ("n4", EARLY, "joan", county_team(), 0),
        ):  # fmt: skip
            county.add(session, contact, {
                "id": known, "state": "bedded_down", "seen_at": at, "recorded_at": at, "received_at": at, "night": NIGHT,
                "worker_id": "aisha", "team_id": team_id, "district_id": county.WATFORD, "unidentified_people": strangers,
                **county.point_of(None),
            })  # fmt: skip
            county.add(session, contact_person, {
                "contact_id": known, "person_id": who, "seen_at": at, "night": NIGHT, "state": "bedded_down",
                "district_id": county.WATFORD, "team_id": team_id,
            })  # fmt: skip
    clock.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    return filled


def county_team() -> str:
    return "watford-outreach"


def sign(browser: Any, path: str, **words: str) -> Any:
    """Press the button on the page as it is now."""
    return browser.send(f"{path}/sign", **{**WORDS, **words}, seen=shown(browser, path, "seen"))


def add_named(browser: Any, path: str, **told: str) -> Any:
    return browser.send(f"{path}/named", **told, key=shown(browser, path, "key"))


def shown(browser: Any, path: str, field: str) -> str:
    found = re.search(rf'name="{field}" value="([\w-]+)"', browser.get(path).text)
    return found.group(1) if found else ""


def only(database: Database) -> Snapshot:
    with database.reading() as session:
        (found,) = snapshots.list_snapshots(session, county.WATFORD)
    return found


def move(database: Database, agency_id: str) -> None:
    """Priya works for another agency from now on."""
    with database.writing() as session:
        session.execute(worker.update().where(worker.c.id == "priya").values(agency_id=agency_id))


def planned(browse: Browse, database: Database) -> str:
    priya = browse("priya")
    assert priya.send("/snapshot", **PLAN).status_code == 200
    path = f"/snapshot/{only(database).id}"
    for team_id, starts, second in ((county_team(), "00:30", ""), ("other-team", "01:30", "yes")):
        answer = priya.send(
            f"{path}/walks", area="Town", team=team_id, starts=starts, **({"second": second} if second else {})
        )
        assert answer.status_code == 200, answer.text
    return path


def test_records_are_counted_against_the_plan_and_strangers_met_twice_are_asked_about(
    night: Database, browse: Browse
) -> None:
    path = planned(browse, night)
    page = browse("priya").get(path)
    said = plain(page.text)
    assert "The figure now: 7 people" in said
    assert "Does not count: Met before the count began 1" in said
    assert "Met twice or more, counted once 1" in said
    assert "By two passes there are about 2 people" in said
    one, other = re.search(
        r'name="one" value="(\w+)"><input type="hidden" name="other" value="(\w+)"', page.text
    ).groups()  # type: ignore[union-attr]
    browse("priya").send(f"{path}/lines", one=one, other=other, same="yes")
    said = plain(browse("priya").get(path).text)
    assert "The figure now: 5 people" in said
    assert "1 whom they know at 01:00 by Beacon Watford, and 3 whom nobody knew at 02:00 by Second Walk" in said
    browse("priya").send(f"{path}/lines", one="n4", other="n2", same="yes")
    said = plain(browse("priya").get(path).text)
    assert "The figure now: 4 people" in said and "Are they the same people?" not in said


def test_who_partners_tell_of_counts_once_and_by_the_definition(night: Database, browse: Browse) -> None:
    path = planned(browse, night)
    priya = browse("priya")
    told = {"said_by": "Day centre", "gender": "female", "age": "18_to_25", "exclusion": "", "same_as": ""}
    add_named(priya, path, **told)
    add_named(priya, path, **{**told, "exclusion": "sofa_surfing"})
    add_named(priya, path, **{**told, "same_as": "n1"})
    said = plain(priya.get(path).text)
    assert "Told of by partners 1" in said and "Does not count: Sofa-surfing 1" in said
    assert "Does not count: Told of by several, or met as well 1" in said
    assert add_named(priya, path, **{**told, "same_as": "marek"}).status_code == 400
    assert add_named(priya, path, **{**told, "age": "old"}).status_code == 400
    assert add_named(priya, path, **{**told, "said_by": ""}).status_code == 400


def test_two_organisations_sign_and_what_was_signed_never_changes(
    night: Database, browse: Browse, clock: Clock
) -> None:
    path = planned(browse, night)
    priya = browse("priya")
    assert "Say of each pair" in plain(sign(priya, path).text)
    priya.send(f"{path}/lines", one="n1", other="n2", same="no")
    assert "Say of each pair" in plain(sign(priya, path).text)
    priya.send(f"{path}/lines", one="n4", other="n2", same="no")
    assert "women" in plain(sign(priya, path, women="", hidden="").text)
    assert only(night).first_by is None
    assert sign(priya, path).status_code == 200
    signed = only(night)
    sheet = read_sheet(signed)
    assert (sheet.counted.total, signed.first_by) == (7, "priya")
    assert ("Nobody may have been counted twice unasked", True) in sheet.evidence
    assert not any(name in signed.sheet for name in ("marek", "n1", "n2", "joan"))
    for what, form in (
        ("walks", {"area": "x", "team": county_team(), "starts": "02:00"}),
        ("sign", WORDS),
    ):
        assert browse("priya").send(f"{path}/{what}", **form).status_code == 409
    assert browse("priya").send(f"/snapshot-sheets/{signed.id}/sign").status_code == 400, "the same organisation"
    move(night, "three-rivers-housing")
    assert browse("priya").send(f"/snapshot-sheets/{signed.id}/sign").status_code == 400, "nor the same person"
    move(night, "watford-housing")
    helen = browse("helen")
    assert helen.get(f"/snapshot-sheets/{signed.id}/table").status_code == 404, "one has signed"
    assert "Single figure 7" in plain(helen.get("/snapshot-sheets").text)
    assert helen.send(f"/snapshot-sheets/{signed.id}/sign").status_code == 200
    with night.writing() as session:
        session.execute(contact.update().where(contact.c.id == "n4").values(state="not_bedded_down"))
    table = helen.get(f"/snapshot-sheets/{signed.id}/table").content.decode("utf-8-sig")
    assert "Single figure,7" in table and "Gender: Male" in table
    assert helen.send(f"/snapshot-sheets/{signed.id}/sign").status_code == 409
    assert helen.send("/snapshot-sheets/nobody/sign").status_code == 404


def test_nobody_signs_a_figure_that_they_have_not_seen(night: Database, browse: Browse) -> None:
    path = planned(browse, night)
    priya = browse("priya")
    priya.send(f"{path}/lines", one="n1", other="n2", same="no")
    priya.send(f"{path}/lines", one="n4", other="n2", same="no")
    seen = re.search(r'name="seen" value="(\w+)"', priya.get(path).text)
    assert seen is not None
    with night.writing() as session:
        session.execute(contact.update().where(contact.c.id == "n1").values(unidentified_people=1))
    answer = priya.send(f"{path}/sign", **WORDS, seen=seen[1])
    assert answer.status_code == 400 and "has changed since you saw it: 6 now" in plain(answer.text)
    assert only(night).first_by is None
    assert sign(priya, path).status_code == 200


def test_somebody_told_of_twice_by_one_form_is_one(night: Database, browse: Browse) -> None:
    path = planned(browse, night)
    priya = browse("priya")
    key = re.search(r'name="key" value="([\w-]+)"', priya.get(path).text)
    assert key is not None
    told = {"said_by": "Day centre", "gender": "female", "age": "18_to_25", "exclusion": "", "same_as": ""}
    for _ in range(2):
        assert priya.send(f"{path}/named", **told, key=key[1]).status_code == 200
    assert "Told of by partners 1" in plain(priya.get(path).text)
    priya.send(f"{path}/named", **told)
    assert "Told of by partners 2" in plain(priya.get(path).text), "another like them is another"


def test_before_the_night_is_over_nobody_signs(night: Database, browse: Browse, clock: Clock) -> None:
    path = planned(browse, night)
    clock.now = datetime(2026, 11, 13, 5, 59, tzinfo=UTC)
    browse("priya").send(f"{path}/lines", one="n1", other="n2", same="no")
    assert "The night is not over" in plain(sign(browse("priya"), path).text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"night": "2026-12-01"},
        {"night": "tonight"},
        {"approach": "guess"},
        {"partner": "nobody"},
        {"evidence_day": "soon"},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(night: Database, browse: Browse, wrong: dict[str, str]) -> None:
    assert browse("priya").send("/snapshot", **{**PLAN, **wrong}).status_code == 400
    with night.reading() as session:
        assert snapshots.list_snapshots(session, county.WATFORD) == []


@pytest.mark.parametrize(
    "wrong", [{"starts": "23:30"}, {"starts": "06:01"}, {"starts": "now"}, {"team": "ghosts"}, {"area": ""}]
)
def test_a_count_begins_after_midnight_with_a_team_of_the_district(
    night: Database, browse: Browse, wrong: dict[str, str]
) -> None:
    priya = browse("priya")
    priya.send("/snapshot", **PLAN)
    walk = {"area": "Town", "team": county_team(), "starts": "00:30"}
    path = f"/snapshot/{only(night).id}/walks"
    assert priya.send(path, **{**walk, **wrong}).status_code == 400
    assert priya.send("/snapshot", **PLAN).status_code == 400, "one plan a night"


def test_the_date_is_for_those_who_run_it(night: Database, browse: Browse) -> None:
    path = planned(browse, night)
    for who in ("aisha", "tom", "helen", "ruth", "omar"):
        assert browse(who).get("/snapshot").status_code == 403
        assert browse(who).get(path).status_code == 403
    rowan = browse("rowan")
    assert rowan.get(path).status_code == 404, "another district's"
    assert rowan.send(f"{path}/lines", line="x").status_code == 404
    assert "12 Nov" not in plain(browse("helen").get("/snapshot-sheets").text)
    for who in ("aisha", "tom", "ruth", "omar"):
        assert browse(who).get("/snapshot-sheets").status_code == 403


def test_whether_the_partner_is_independent_is_no_matter_of_who_looks(night: Database, browse: Browse) -> None:
    """Planned by another's organisation, and the reader is of the partner's own: what is signed must not hang on who signs."""
    path = planned(browse, night)
    with night.writing() as session:
        session.execute(snapshot.update().values(planned_by="rowan", partner_agency_id="watford-housing"))
    assert "Yes. An independent partner takes part" in plain(browse("priya").get(path).text)
    with night.writing() as session:
        session.execute(snapshot.update().values(partner_agency_id="three-rivers-housing"))
    assert "Not yet. An independent partner takes part" in plain(browse("priya").get(path).text)


def test_those_who_were_one_person_stay_one_when_the_first_is_taken_back(night: Database, browse: Browse) -> None:
    path = planned(browse, night)
    priya = browse("priya")
    told = {"gender": "female", "age": "18_to_25", "exclusion": ""}
    add_named(priya, path, **told, said_by="Day centre", same_as="")
    with night.reading() as session:
        first = snapshots.list_named(session, only(night).id)[0].id
    for said_by in ("Police", "Church"):
        add_named(priya, path, **told, said_by=said_by, same_as=first)
    assert "Told of by partners 1" in plain(priya.get(path).text)
    priya.send(f"{path}/lines", line=first)
    assert "Told of by partners 1" in plain(priya.get(path).text)


def test_the_page_says_of_whoever_was_told_of_what_the_count_made_of_them(night: Database, browse: Browse) -> None:
    """Met before the count began, so not counted by it: the page said that they were, and counted them."""
    path = planned(browse, night)
    priya = browse("priya")
    told = {"said_by": "Day centre", "gender": "female", "age": "18_to_25", "exclusion": ""}
    add_named(priya, path, **told, same_as="n3")
    add_named(priya, path, **told, same_as="n1")
    said = plain(priya.get(path).text)
    assert (
        "1. Day centre: Female, 18 to 25. Counts." in said and "2. Day centre: Female, 18 to 25. Met as well." in said
    )


def test_nobody_signs_for_two_organisations(night: Database, browse: Browse) -> None:
    path = planned(browse, night)
    priya = browse("priya")
    for one in ("n1", "n4"):
        priya.send(f"{path}/lines", one=one, other="n2", same="no")
    sign(priya, path)
    with night.writing() as session:
        session.execute(snapshot.update().values(first_agency_id="cgl"))
    assert "You have signed" in plain(priya.send(f"/snapshot-sheets/{only(night).id}/sign").text)

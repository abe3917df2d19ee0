"""The monthly return: figures that open to people, a month that stays as it was signed, and why it was signed again."""

import io
import re
import zipfile
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from server.actions.partnership.returns import SHOWN_ANEW, find_month, list_versions, name_figures, sign_month
from server.problems import Invalid
from server.queries.maps.publications import add_release, find_of_period
from server.queries.maps.snapshots import describe
from server.queries.partnership.boundary_changes import end_district, follow
from server.queries.partnership.districts import add_district
from server.queries.people.erasure import delete_person
from server.queries.street.looks import rebuild_looks
from server.tables.people.person import person, person_merge
from server.tables.street.contact import contact, contact_person
from shared.model.codes import Gender, PublicationKind
from shared.model.district import District
from shared.rules.indicators import PERIODS
from shared.rules.snapshot import AgeBand, Described
from tests.server.conferences.test_at_once import while_held
from tests.web import county
from tests.web.test_pages import plain

OCTOBER = f"/returns?district={county.WATFORD}&month=2026-10"
SIGN = {"district": county.WATFORD, "month": "2026-10"}


@pytest.fixture
def october(watford, now):
    """Three people met in Watford in October, one of them in August too."""
    with watford.writing() as session:
        for name, days in (("Ada", (40, 100)), ("Bo", (41,)), ("Cy", (40,))):
            county.put_person(session, now, f"o-{name}", "", name=name, state="listed", nights=days)
    return watford


def press(browser, **fields):
    """Look at what a form comes to, then sign what was shown."""
    shown = browser.post("/returns", **SIGN, **fields)
    assert shown.status_code == 422
    told = {name: re.search(rf'name="{name}"[^>]* value="([^"]*)"', shown.text)[1] for name in ("seen", "night")}
    return browser.post("/returns", **{**SIGN, **fields, **told})


def sign(access, month=date(2026, 10, 1), night=None, reason=""):
    counted = find_month(access.session, county.WATFORD, month, night)
    seen = name_figures(counted)
    return sign_month(access, county.WATFORD, month, counted.now.night, PERIODS, reason, seen=seen)


def first_contact(session, person_id):
    return session.scalar(select(contact_person.c.contact_id).where(contact_person.c.person_id == person_id))


def nights_of(now, days):
    return now.date() - timedelta(days=days)


def test_gender_and_age_are_told_as_any_record_that_is_the_same_person_says(browser, october, now):
    """Whoever asked wrote it on the other record: the return and the snapshot sheet called it not known."""

    def told() -> list[int]:
        page = plain(browser.get(OCTOBER).text)
        return [int((re.findall(rf"Over the month: {part} (\d+)", page) or [0])[0]) for part in ("female", "under 25")]

    browser.sign_in("priya")
    before = told()
    with october.writing() as session:
        born: dict[str, Any] = {"gender": "female", "date_of_birth": date(2004, 5, 1)}
        county.put_person(session, now, "ada-too", "", name="Ada", state="listed", nights=(), **born)
        merge = {"id": "m", "from_id": "ada-too", "into_id": "o-Ada", "at": now, "worker_id": "tom"}
        county.add(session, person_merge, merge)

    assert told() == [number + 1 for number in before]
    with october.reading() as session:
        (described,) = describe(session, ["o-Ada"], date(2026, 11, 12)).values()
    assert described == Described(gender=Gender.FEMALE, age=AgeBand.TO_25)


def test_each_figure_opens_to_the_people_behind_it_and_says_who_came(browser, october):
    page = browser.sign_in("priya").get(OCTOBER).text

    assert "Sleeping rough over the month" in page
    assert 'href="/people/o-Bo#timeline"' in page
    assert "Not counted the month before" in page
    assert "Not signed yet" in page
    assert "Not held" in page
    assert "of people whom nobody knew: in no figure" in page
    assert re.search(r"Ada</a>: met .*, \d+ days after", page)  # why she is counted, and was not in September
    assert "Bo</a>: first met" in page
    assert "Bo</a>: met on the night of 2 October" in page
    assert browser.get(f"/returns/sheet?district={county.WATFORD}&month=2026-10").status_code == 404
    for other in ("aisha", "tom", "helen", "omar", "ruth"):
        assert browser.sign_in(other).get(OCTOBER).status_code == 403
    assert browser.sign_in("rowan").get(OCTOBER).status_code == 404


def test_a_signed_month_stays_as_it_was_and_a_second_signature_needs_a_reason(browser, october, now):
    browser.sign_in("priya")
    assert press(browser, night="2026-10-02").status_code == 303
    before = browser.get(f"/returns/sheet?district={county.WATFORD}&month=2026-10").text
    with october.writing() as session:
        county.put_person(session, now, "late", "", name="Late", state="listed", nights=(39,))
        session.execute(person.update().where(person.c.id == "o-Bo").values(institution_left="prison"))
        delete_person(session, ["o-Cy"])
    assert browser.get(f"/returns/sheet?district={county.WATFORD}&month=2026-10").text == before
    refused = browser.post("/returns", reason="again", new_until_day_seen="yes", **SIGN)
    assert refused.status_code == 422
    assert "say in a sentence why it is signed again" in refused.text
    assert press(browser, reason="Late came in from a paper form.").status_code == 303
    with october.reading() as session:
        first, second = list_versions(session, county.WATFORD, date(2026, 10, 1))
    assert (first.night, first.reason, second.reason) == (date(2026, 10, 2), "", "Late came in from a paper form.")
    assert first.coverage.unidentified == second.coverage.unidentified
    assert "Late came in from a paper form." in browser.get(OCTOBER).text


@pytest.mark.parametrize("change", ["a record", "a definition", "another's signature"])
def test_what_is_signed_was_seen_by_whoever_signs_it(browser, october, now, change):
    """A page that stood open since the morning signs nothing that came in since."""
    browser.sign_in("priya")
    page = browser.get(OCTOBER).text
    shown = {name: re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)[1] for name in ("seen", "night")}
    with october.writing() as session:
        if change == "a record":
            county.put_person(session, now, "late", "", name="Late", state="listed", nights=(39,))
    if change == "a definition":
        shown["new_until_day_seen"] = "yes"
    if change == "another's signature":
        assert press(browser).status_code == 303
        shown["reason"] = "A paper form came in."

    answer = browser.post("/returns", **SIGN, **shown)

    assert answer.status_code == 422
    assert SHOWN_ANEW in answer.text
    with october.reading() as session:
        assert len(list_versions(session, county.WATFORD, date(2026, 10, 1))) == (change == "another's signature")
    again = re.search(r'name="seen" value="([^"]*)"', answer.text)[1]
    assert browser.post("/returns", **{**SIGN, **shown, "seen": again}).status_code == 303


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"month": "2026-11"}, "not over"),
        ({"month": "2026-10", "night": "2026-09-30"}, "a night of this month"),
        ({"month": "2026-10", "night": "2 October"}, "a night of this month"),
        ({"month": "2026-10", "night": ""}, "No night was chosen"),
    ],
)
def test_a_month_is_signed_once_it_is_over_and_by_a_night_of_its_own(browser, october, fields, words):
    answer = browser.sign_in("priya").post("/returns", **{**SIGN, **fields})

    assert answer.status_code == 422
    assert words in answer.text


def test_the_sheet_says_by_which_definitions_it_was_counted(browser, october):
    press(browser.sign_in("priya"), new_until_day_seen="yes")

    sheet = browser.get(f"/returns/sheet?district={county.WATFORD}&month=2026-10").text

    assert "Definition: new until day seen,True" in sheet
    assert "2024,Moved into accommodation in the month,not held" in sheet
    assert "Month,2026-10" in sheet
    assert re.search(r'CHAIN,"In 12 months, flow",\d+', sheet)


def test_every_setting_is_recorded_with_the_figure_and_shown_again(browser, october):
    chosen = {
        "returning_by_quarters": "yes",
        "settled_only": "yes",
        "not_met_before": "yes",
        "night_with_unidentified": "yes",
    }
    with october.writing() as session:
        strangers = {"unidentified_people": 4, "night": date(2026, 10, 2)}
        session.execute(contact.update().where(contact.c.id == first_contact(session, "o-Bo")).values(**strangers))
        rebuild_looks(session)
    press(browser.sign_in("priya"), night="2026-10-02", population="96,800", **chosen)

    with october.reading() as session:
        (version,) = list_versions(session, county.WATFORD, date(2026, 10, 1))
    kept = version.settings
    assert (kept.returning_after_quarters, kept.accommodated_settled_only, kept.accommodated_met_before) == (
        2,
        True,
        False,
    )
    assert (version.counts["seen_on_night"], version.coverage.on_night) == (1 + 4, 4)
    page = browser.get(OCTOBER).text
    assert len(re.findall(r'type="checkbox" value="yes" checked', page)) == 4
    assert 'value="96800"' in page
    sheet = browser.get(f"/returns/sheet?district={county.WATFORD}&month=2026-10").text
    seen = version.counts["seen"]
    assert f"R1,Sleeping rough over the month,{seen},{round(seen / 96_800 * 100_000, 1)}" in sheet
    assert browser.post("/returns", population="many", reason="Somebody asked for it.", **SIGN).status_code == 422


def test_who_moved_in_is_counted_from_stays_and_explains_who_is_gone(browser, october, now):
    told = {"district": county.WATFORD, "kind": "social_tenancy", "moved_in_on": "2026-10-20", "left_on": ""}
    browser.sign_in("priya").get(OCTOBER)
    assert browser.post("/people/o-Bo/stays", **told).status_code == 303

    page = browser.get(OCTOBER).text
    assert "Bo</a>: moved in 20 October 2026" in page
    assert "Stays are held since" in page
    assert "Not held" not in page
    november = browser.get(f"/returns?district={county.WATFORD}&month=2026-11").text
    assert "Bo</a>: last met 2 October 2026, moved in 20 October 2026" in november


def test_the_sheet_for_delta_is_an_ods_with_its_revisions(browser, october, now):
    press(browser.sign_in("priya"))
    with october.writing() as session:
        county.put_person(session, now, "late", "", name="Late", state="listed", nights=(39,))
    press(browser, reason="Late came in from a paper form.", new_until_day_seen="yes")

    made = browser.get(f"/returns/sheet?district={county.WATFORD}&month=2026-10&kind=ods")
    with october.reading() as session:
        first, _ = list_versions(session, county.WATFORD, date(2026, 10, 1))

    assert made.headers["content-type"].startswith("application/vnd.oasis.opendocument.spreadsheet")
    with zipfile.ZipFile(io.BytesIO(made.content)) as package:
        content = package.read("content.xml").decode()
    for words in (
        f"Sleeping rough over the month: {first.counts['seen']} to {first.counts['seen'] + 1}",
        "Definition: new until day seen: False to True",
        "Late came in from a paper form.", "Definition: settled months", "Categories overlap: never add them up.",
    ):  # fmt: skip
        assert words in content, words
    assert browser.get(f"/returns/sheet?district={county.WATFORD}&month=2026-10&kind=exe").status_code == 404


@pytest.mark.parametrize("month", ["0001-01", "0005-12", "9999-12", "2026-12", "1899-12"])
def test_a_month_that_nothing_can_be_held_of_is_answered_with_the_last_whole_one(browser, october, month):
    page = browser.sign_in("priya").get(f"/returns?district={county.WATFORD}&month={month}")

    assert page.status_code == 200
    assert "October 2026" in page.text


def test_what_was_signed_of_a_part_that_is_empty_now_still_stands_beside(browser, october):
    with october.writing() as session:
        session.execute(person.update().where(person.c.id == "o-Bo").values(gender="other"))
    press(browser.sign_in("priya"))
    with october.writing() as session:
        session.execute(person.update().where(person.c.id == "o-Bo").values(gender="female"))

    assert "Over the month: other 0 1" in plain(browser.get(OCTOBER).text)


def test_the_month_before_is_counted_by_the_same_definition_of_the_night(browser, october, now):
    """Strangers are people on both typical nights, or on neither: else the figure falls or rises by the definition alone."""
    with october.writing() as session:
        county.put_person(session, now, "sep", "", name="Sep", state="listed", nights=(60,))
        strangers = {"unidentified_people": 4, "night": date(2026, 9, 12)}
        session.execute(contact.update().where(contact.c.id == first_contact(session, "sep")).values(**strangers))
        session.execute(
            contact_person.update().where(contact_person.c.person_id == "sep").values(night=date(2026, 9, 12))
        )
        rebuild_looks(session)
    press(browser.sign_in("priya"), night="2026-10-02", night_with_unidentified="yes")

    page = plain(browser.get(OCTOBER).text)

    row = page[page.index("Sleeping rough on the typical night") :].split()
    now_signed_before = row[row.index("night") + 1 : row.index("night") + 4]
    assert now_signed_before == ["1", "1", "5"]


def test_of_two_who_sign_a_month_at_once_the_second_sees_first_what_was_signed(enter, watford):
    if watford.is_sqlite:
        pytest.skip("on SQLite one transaction follows another")
    refused = []
    with enter("priya") as access:
        sign(access)

    def sign_too() -> None:
        with enter("priya") as other, pytest.raises(Invalid) as told:
            sign(other, reason="A paper form came in.")
        refused.extend(told.value.errors)

    with enter("priya") as access:
        sign(access, reason="The night was another.")
        signing = while_held(watford, sign_too)
    signing.join(20)
    assert refused == [SHOWN_ANEW]  # the second had not seen what the first signed
    with watford.reading() as session:
        kept = list_versions(session, county.WATFORD, date(2026, 10, 1))
    assert [each.reason for each in kept] == ["", "The night was another."]


def test_who_was_met_in_no_district_is_counted_beside_the_figures_for_whoever_reads_them(browser, october, now):
    """By a team that walks here and elsewhere. The reader may open nobody's record for that, and sees the number."""
    night = date(2026, 10, 2)
    met = {"seen_at": now, "night": night, "state": "bedded_down", "team_id": "watford-outreach"}
    with october.writing() as session:
        told = met | {"id": "c-far", "recorded_at": now, "received_at": now, "worker_id": "aisha"}
        county.add(session, contact, told)
        county.add(session, contact_person, met | {"contact_id": "c-far", "person_id": "far-away"})

    page = plain(browser.sign_in("priya").get(OCTOBER).text)

    assert "1 person met in no known district" in page


def test_a_month_is_not_over_while_its_last_night_is(enter, watford):
    """At half past midnight of 1 November the shift of 31 October is out: what it meets is October's."""
    with enter("priya", timedelta(days=-12, hours=3)) as access, pytest.raises(Invalid) as refused:
        assert (access.today, access.tonight) == (date(2026, 11, 1), date(2026, 10, 31))
        sign(access)
    assert "not over" in refused.value.errors[0]
    with enter("priya", timedelta(days=-12, hours=15)) as access:
        sign(access)


def test_the_night_signed_under_the_name_before_is_the_night_of_the_month_before(enter, october):
    """The first return under a new name: else its figure of the night before is another than what was signed."""
    night = date(2026, 9, 3)
    with enter("priya") as access:
        sign(access, date(2026, 9, 1), night)
    with october.writing() as session:
        end_district(session, county.WATFORD, date(2026, 9, 30))
        add_district(session, District(id="herts", code="herts", name="Herts", valid_from=date(2026, 10, 1)))
        follow(session, [county.WATFORD], ["herts"], date(2026, 10, 1))

    with enter("priya") as access:
        assert find_month(access.session, "herts", date(2026, 10, 1)).before.night == night
    own = date(2026, 9, 12)
    with october.writing() as session:
        (signed,) = list_versions(session, county.WATFORD, date(2026, 9, 1))
        kept = find_of_period(session, PublicationKind.RETURN, date(2026, 9, 1), date(2026, 9, 30), county.WATFORD)
        assert kept is not None
        content = msgspec.json.encode([msgspec.structs.replace(signed, night=own)]).decode()
        add_release(session, msgspec.structs.replace(kept, id="herts-09", area_id="herts", content=content))
        assert find_month(session, "herts", date(2026, 10, 1)).before.night == own, "what it signed itself comes first"

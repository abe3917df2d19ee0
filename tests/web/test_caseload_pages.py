"""Priya's first week: the spreadsheet she kept becomes the district's caseload, from a page and from the terminal."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec import json, structs
from sqlalchemy import insert, select

from server.actions.partnership.returns import find_month
from server.actions.people.identity import Finder
from server.database.engine import Database
from server.queries.cases import cases
from server.queries.operation.audit import list_lines
from server.queries.partnership import agencies, boundary_changes, districts, workers
from server.queries.people import brought_in, identity, people, person_page, subjects
from server.queries.sync.store import find_scopes, place_entity
from server.tables.cases.case import case_lead, mdt_case
from server.tables.people.identity import identity_judgement, likely_same
from server.tables.people.person import person_need
from server.tables.people.stay import stay as person_stay
from shared.model.agency import Team
from shared.model.codes import CaseState, ReceivingSupport, SupportNeed
from shared.model.person import Person
from tests.conftest import Clock
from tests.server.importers.test_caseload import as_csv, workbook
from tests.web import county

WATFORD = "watford"


def bring(browser: Any, data: bytes, name: str = "tracker.xlsx") -> Any:
    token = browser.client.cookies.get("lantern-form", "")
    return browser.client.post(
        "/caseload?district=watford",
        data={"_csrf_token": token},
        files={"data": (name, data)},
        headers={"accept": "text/html"},
    )


def everybody(database: Database) -> dict[str, Person]:
    with database.reading() as session:
        return {person.id: person for person in brought_in.list_everybody(session)}


def batch_of(database: Database) -> brought_in.Batch:
    with database.reading() as session:
        return brought_in.list_batches(session, WATFORD)[0]


ANSWERS = {
    "who-6-1": "row 4-1", "mend-9-2": "1 February 1980", "mend-9-8": "y", "who-10-1": "out", "press": "apply",
    "mapping_name": "Our tracker",
}  # fmt: skip


def test_the_whole_of_it_is_shown_before_anything_is_brought_in(browse: Callable[[str], Any], filled: Database) -> None:
    before = everybody(filled)
    shown = bring(browse("priya"), workbook())

    assert shown.status_code == 200
    assert shown.url.path.startswith("/caseload/")
    assert "Karen" in shown.text
    assert "the same date of birth" in shown.text
    assert "Nobody is named" in shown.text
    assert "Write a date of birth such as" in shown.text
    assert "Read me" in shown.text
    assert "Hidden sheets, not read: Old." in shown.text
    for immigration in ("Romania", ">UK<"):
        assert immigration not in shown.text
    assert everybody(filled) == before


def test_the_file_is_sealed_while_it_waits_and_gone_once_it_is_in(
    browse: Callable[[str], Any], filled: Database
) -> None:
    priya = browse("priya")
    path = bring(priya, workbook()).url.path
    with filled.reading() as session:
        held = brought_in.find_batch(session, path.rpartition("/")[2])
    assert held is not None
    assert held.held
    assert "Peter" not in held.held

    priya.send(path, **ANSWERS)

    with filled.reading() as session:
        closed = brought_in.find_batch(session, held.id)
    assert closed is not None
    assert (closed.held, closed.applied_at is None) == ("", False)
    assert "Peter" not in closed.made + closed.account


def test_nothing_comes_in_while_a_row_asks(browse: Callable[[str], Any], filled: Database) -> None:
    before = everybody(filled)
    priya = browse("priya")
    path = bring(priya, workbook()).url.path

    refused = priya.send(path, press="apply")

    assert refused.status_code == 422
    assert "Answer for every row that asks" in refused.text
    assert everybody(filled) == before


def test_people_cases_needs_and_history_come_in_marked_as_brought_in(
    browse: Callable[[str], Any], filled: Database
) -> None:
    before = everybody(filled)
    priya = browse("priya")
    path = bring(priya, workbook()).url.path
    answer = priya.send(path, **ANSWERS)
    assert answer.status_code == 200, answer.text
    assert "Brought in." in answer.text

    new = {person.known_as: person for key, person in everybody(filled).items() if key not in before}
    assert sorted(new) == ["Dave", "Karen", "Maria", "Ola Nowak", "Peter Roe"]
    peter = new["Peter Roe"]
    assert (peter.alias, peter.date_of_birth) == ("Socks", date(1975, 3, 2))
    assert new["Ola Nowak"].date_of_birth == date(1980, 2, 1)
    with filled.reading() as session:
        (case,) = cases.list_live_cases_of(session, [peter.id])
        assert (case.state, case.mdt_number, case.district_id) == (CaseState.LISTED, 3, WATFORD)
        needs = {need.need: need.receiving_support for need in person_page.list_needs(session, [peter.id])}
        assert needs == {SupportNeed.MENTAL_HEALTH: ReceivingSupport.NO, SupportNeed.DRUGS: ReceivingSupport.YES}
        standing = person_page.find_standing(session, peter.id)
        assert standing is not None
        assert standing.verified
        facts = brought_in.list_facts(session, [peter.id])
    told = {(fact.kind, fact.mdt_number, fact.text) for fact in facts}
    assert {
        ("update", 1, "engaging"), ("action", 2, "rebook (HPFT)"), ("accommodation", None, "tent by the canal"),
        ("first_seen", None, "First seen"), ("note", None, "Closed in the file: housed"),
    } <= told  # fmt: skip
    shown = priya.get(f"/people/{peter.id}").text
    assert "Brought in" in shown
    assert "did not come" in shown
    assert any(line.purpose.startswith("caseload applied") for line in read_lines(filled))


def read_lines(database: Database) -> list[Any]:
    with database.reading() as session:
        return list(list_lines(session))


def test_nobody_is_on_a_phone_before_the_district_says_so(browse: Callable[[str], Any], filled: Database) -> None:
    before = everybody(filled)
    priya = browse("priya")
    priya.send(bring(priya, workbook()).url.path, **ANSWERS)
    new = [key for key in everybody(filled) if key not in before]
    with filled.reading() as session:
        assert {scope for key in new for scope in find_scopes(session, key)} == {"district:watford"}

    priya.send(f"/caseload/{batch_of(filled).id}/phones")

    with filled.reading() as session:
        assert {scope for key in new for scope in find_scopes(session, key)} == {"team:watford-outreach"}


def test_undone_as_one_everybody_is_gone_but_whom_somebody_has_worked_with(
    browse: Callable[[str], Any], filled: Database, now: Any
) -> None:
    before = everybody(filled)
    priya = browse("priya")
    priya.send(bring(priya, workbook()).url.path, **ANSWERS)
    dave = next(person.id for person in everybody(filled).values() if person.name == "Dave")
    with filled.writing() as session:
        from server.queries.people.notes import PersonNote, add_note

        add_note(
            session,
            PersonNote(
                id="n", person_id=dave, agency_id="beacon", worker_id="tom", at=now, text="Met him at the canal"
            ),
        )

    undone = priya.send(f"/caseload/{batch_of(filled).id}/undo")

    assert "Dave stays: somebody has worked with them since" in undone.text
    assert {key: person for key, person in everybody(filled).items() if key != dave} == before
    again = priya.send(f"/caseload/{batch_of(filled).id}/undo")
    assert again.status_code == 422
    assert "undone before" in again.text


def test_undoing_takes_nothing_away_that_somebody_has_said_since(
    browse: Callable[[str], Any], filled: Database, clock: Clock
) -> None:
    """A stay, a judgement that two are different, a lead, a corrected record: none of it came with the file."""
    priya = browse("priya")
    priya.send(bring(priya, workbook()).url.path, **ANSWERS)
    with filled.reading() as session:
        batch = brought_in.find_batch(session, batch_of(filled).id)
    assert batch is not None
    made = json.decode(batch.made, type=dict[str, list[str]])
    stays_here, judged, led, corrected, needs, *others = made["people"]
    clock.now += timedelta(minutes=5)
    later = clock()
    with filled.writing() as session:
        stay = {
            "id": "s", "person_id": stays_here, "district_id": WATFORD, "kind": "hostel", "moved_in_on": later.date(),
            "recorded_at": later, "recorded_by": "tom",
        }  # fmt: skip
        session.execute(insert(person_stay).values(stay))
        one, other = sorted((judged, "marek"))
        pair = {
            "id": "j", "one_id": one, "other_id": other, "said": "different", "at": later, "worker_id": "tom", "saw_one": True,
            "saw_other": True,
        }  # fmt: skip
        session.execute(insert(identity_judgement).values(pair))
        case_id = session.scalar(select(mdt_case.c.id).where(mdt_case.c.person_id == led))
        lead = {
            "id": "l", "case_id": case_id, "agency_id": "beacon", "worker_id": "tom", "phase": "transition", "since": later,
            "set_by": "tom", "reason": "",
        }  # fmt: skip
        session.execute(insert(case_lead).values(lead))
        need = {
            "id": "n", "person_id": needs, "need": "alcohol", "at": later, "receiving_support": "no", "worker_id": "tom",
        }  # fmt: skip
        session.execute(insert(person_need).values(need))
    answer = priya.send(f"/people/{corrected}/own-record", field="description", value="grey beard, blue tent")
    assert answer.status_code == 200, answer.text
    undone = priya.send(f"/caseload/{batch.id}/undo")
    left = {stays_here, judged, led, corrected, needs}
    assert left <= everybody(filled).keys(), undone.text
    assert not everybody(filled).keys() & {*others}


def test_somebody_known_is_proposed_and_their_record_stays_as_it_is(
    browse: Callable[[str], Any], filled: Database
) -> None:
    known = next(person for person in everybody(filled).values() if person.name)
    rows = [
        ["Name", "Gender", "Mental health", "Notes", "Evicted", "MDT number"],
        [known.name.upper(), "F", "Y", "likes chess", "Y", "4"],
    ]
    priya = browse("priya")
    shown = bring(priya, as_csv(rows), "list.csv")
    assert f"The same as {known.known_as}" in shown.text

    priya.send(shown.url.path, **{"who-2-1": known.id, "press": "apply"})

    with filled.reading() as session:
        assert people.find_person(session, known.id) == known
        facts = [fact.text for fact in brought_in.list_facts(session, [known.id])]
    assert "Notes: likes chess" in facts
    assert "Need in the file: mental health, receiving support: not known" in facts
    assert {"Evicted in the file: yes", "MDT number in the file: 4"} <= {*facts}
    priya.send(f"/caseload/{batch_of(filled).id}/undo")
    with filled.reading() as session:
        assert people.find_person(session, known.id) == known
        assert brought_in.list_facts(session, [known.id]) == []


def test_a_row_that_was_called_new_beside_somebody_is_asked_again_by_the_night_and_settled_by_two(
    browse: Callable[[str], Any], filled: Database, clock: Clock
) -> None:
    """Whoever brings a file says "somebody new" alone and in passing: no judgement, so the pair waits for two who look."""
    known = next(each for each in everybody(filled).values() if each.name and each.date_of_birth)
    assert known.date_of_birth is not None
    rows = [["Name", "DOB"], [known.name, f"{known.date_of_birth:%d/%m/%Y}"]]
    priya = browse("priya")
    shown = bring(priya, as_csv(rows), "list.csv")
    assert f"The same as {known.known_as}" in shown.text
    before = set(everybody(filled))
    priya.send(shown.url.path, **{"who-2-1": "new", "press": "apply"})
    (new,) = set(everybody(filled)) - before

    Finder().look_through(filled, clock.now)

    pair = identity.in_order(known.id, new)
    with filled.reading() as session:
        found = {(row.one_id, row.other_id) for row in session.execute(select(likely_same))}
        assert session.execute(select(identity_judgement)).all() == []
    assert pair in found
    with filled.reading() as session:
        assert set(subjects.list_same_person(session, new)) == {new}, "nothing joins them by itself"


def test_the_matching_is_kept_by_name_and_proposed_again(browse: Callable[[str], Any], filled: Database) -> None:
    rows = [["Name", "Odd heading"], ["Ann Lee", "tall"]]
    priya = browse("priya")
    path = bring(priya, as_csv(rows), "a.csv").url.path
    priya.send(path, **{"column-2": "description", "mapping_name": "Ours", "press": "apply"})

    again = bring(priya, as_csv([*rows, ["Ben Moss", "short"]]), "b.csv").text

    assert re.search(r'<option value="description" selected>', again)
    assert 'value="Ours"' in again


def test_a_tracker_whose_columns_have_changed_since_comes_in_all_the_same(
    browse: Callable[[str], Any], filled: Database
) -> None:
    rows = [["Client", "Notes", "Notes", "Talk"], ["Ann Lee", "tall", "red scarf", "Polish"]]
    priya = browse("priya")
    path = bring(priya, as_csv(rows), "a.csv").url.path
    chosen = {"column-1": "name", "column-2": "description", "column-3": "note", "column-4": "language"}
    twice = priya.send(path, **chosen | {"column-3": "language"})
    assert "Two columns are said to be “Language”" in twice.text
    priya.send(path, **chosen, press="apply")

    more = [[*rows[0], "Name", "Language"], ["Ben Moss", "short", "hat", "Welsh", "Benjamin", "Cymraeg"]]
    shown = bring(priya, as_csv(more), "b.csv")

    assert shown.status_code == 200
    meant = re.findall(r'<option value="([\w.]+)" selected>', shown.text)
    assert [each for each in meant if each in {*chosen.values()}] == [
        "name", "description", "note", "language", "note", "note",
    ]  # fmt: skip


def test_a_name_that_a_district_had_which_ended_means_the_one_that_stands(
    browse: Callable[[str], Any], filled: Database, now: Any
) -> None:
    with filled.writing() as session:
        stands = districts.find_district(session, WATFORD)
        assert stands is not None
        ended = structs.replace(stands, id="ended", valid_to=now.date() - timedelta(days=9))
        districts.add_district(session, ended)
        districts.add_district(session, structs.replace(ended, id="older", name="Cassio", code="E1"))
        boundary_changes.follow(session, ["ended", "older"], [WATFORD], now.date() - timedelta(days=8))
        assert districts.by_code(session)[stands.code] == WATFORD
    rows = [["Name", "District"], ["Ann Lee", "Watford"], ["Ben Moss", stands.code], ["Cy Orr", "Cassio"]]
    priya = browse("priya")
    priya.send(bring(priya, as_csv(rows), "a.csv").url.path, press="apply")

    new = {each.id for each in everybody(filled).values() if each.name in {"Ann Lee", "Ben Moss", "Cy Orr"}}
    with filled.reading() as session:
        where = {each: found[0].district_id for each, found in cases.list_cases_of(session, sorted(new)).items()}
    assert where == dict.fromkeys(new, WATFORD)


def test_each_is_on_the_phones_of_their_own_districts_team_and_stays_on_those_that_met_them(
    browse: Callable[[str], Any], filled: Database
) -> None:
    with filled.writing() as session:
        priya = workers.get_worker(session, "priya")
        workers.change_worker(
            session, structs.replace(priya, district_ids=(WATFORD, county.THREE_RIVERS)), email="priya@example.org"
        )
        rivers = Team(id="rivers-team", agency_id="beacon", name="Rivers", district_ids=(county.THREE_RIVERS,))
        agencies.add_team(session, rivers)
    rows = [["Name", "District"], ["Ann Lee", "Watford"], ["Ben Moss", "Three Rivers"]]
    browser = browse("priya")
    browser.send(bring(browser, as_csv(rows), "a.csv").url.path, press="apply")
    ids = {each.name: each.id for each in everybody(filled).values()}
    with filled.writing() as session:
        place_entity(session, ids["Ann Lee"], ["district:watford", "team:night-team"])

    browser.send(f"/caseload/{batch_of(filled).id}/phones")

    with filled.reading() as session:
        assert find_scopes(session, ids["Ann Lee"]) == {"team:watford-outreach", "team:night-team"}
        assert find_scopes(session, ids["Ben Moss"]) == {"team:rivers-team"}


def test_who_was_first_seen_long_ago_is_not_new_in_the_return(
    browse: Callable[[str], Any], filled: Database, now: Any
) -> None:
    rows = [["Name", "First seen"], ["Ann Lee", "1 March 2025"]]
    priya = browse("priya")
    priya.send(bring(priya, as_csv(rows), "a.csv").url.path, press="apply")
    ann = next(person.id for person in everybody(filled).values() if person.name == "Ann Lee")
    with filled.reading() as session:
        assert brought_in.list_known_since(session, [WATFORD]) == {ann: date(2025, 3, 1)}
        assert find_month(session, WATFORD, now.date()).brought_in == 1
    assert "known since a day on the list" in priya.get("/returns?district=watford").text


@pytest.mark.parametrize("who", ["tom", "omar"])
def test_only_the_districts_coordinator_brings_a_file(browse: Callable[[str], Any], filled: Database, who: str) -> None:
    browser = browse(who)
    assert browser.get("/caseload?district=watford").status_code in {403, 404}
    assert bring(browser, workbook()).status_code in {403, 404}


def test_a_file_of_another_district_is_as_if_it_were_not_there(browse: Callable[[str], Any], filled: Database) -> None:
    path = bring(browse("priya"), workbook()).url.path
    assert browse("tom").get(path).status_code in {403, 404}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04x", b"%PDF-1.7"])
def test_what_is_no_spreadsheet_is_refused_in_words(
    browse: Callable[[str], Any], filled: Database, content: bytes
) -> None:
    answer = bring(browse("priya"), content)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text


def test_a_district_elsewhere_is_left_to_its_coordinator(browse: Callable[[str], Any], filled: Database) -> None:
    rows = [["Name", "District"], ["Ann Lee", "Three Rivers"], ["Ben Moss", "Atlantis"]]
    shown = bring(browse("priya"), as_csv(rows), "a.csv").text
    assert "whose coordinator brings it in" in shown
    assert "is no district that Lantern knows" in shown


def test_the_terminal_does_the_same_in_somebodys_name(
    filled: Database, settings: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    from server.cli import main

    file = tmp_path / "list.csv"
    file.write_bytes(as_csv([["Name", "DOB"], ["Ann Lee", "1/2/80"]]))
    with filled.reading() as session:
        from server.queries.partnership.districts import list_districts

        code = next(each.code for each in list_districts(session) if each.id == WATFORD)
    monkeypatch.setenv("LANTERN_DATABASE", settings.database)
    monkeypatch.setenv("LANTERN_DATA", str(settings.data))

    command = ["import", "caseload", str(file), "--district", code, "--as", "priya@example.org"]
    looked = CliRunner().invoke(main, command)
    assert looked.exit_code == 0, looked.output
    assert "Nothing is brought in yet" in looked.output
    done = CliRunner().invoke(main, [*command, "--apply"])
    assert done.exit_code == 0, done.output
    assert "Brought in." in done.output
    assert any(person.name == "Ann Lee" for person in everybody(filled).values())
    waits = CliRunner().invoke(main, [*command, "--apply"])
    assert waits.exit_code == 1, "Ann Lee is known by now: somebody has to say whether it is she."

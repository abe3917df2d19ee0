"""Dana's first Monday: workers, agencies, teams and districts added and changed on pages, and the county in one file."""

import html
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from msgspec import json, structs
from sqlalchemy import delete, insert, select, update

from server.access import Door
from server.actions.partnership.leaving import dismiss
from server.database.engine import Database
from server.importers.county.plan import make_plan
from server.importers.county.sheets import read_county
from server.importers.county.store import read_standing
from server.problems import Failure, Forbidden
from server.queries.operation import outbox
from server.queries.operation.audit import list_lines
from server.queries.partnership import agencies, districts, workers
from server.queries.street import alarms
from server.queries.sync import store as sync
from server.tables.cases.case import case_action, case_lead, mdt_case
from server.tables.operation.device import device_enrolment
from server.tables.street.shift import shift_worker
from shared.model.agency import Team
from shared.model.alarm import Alarm, AlarmEvent, AlarmEventKind
from shared.model.codes import DeviceStatus, Role
from shared.model.district import District
from tests.conftest import Clock
from tests.web import county

AISHA = {
    "e_mail": "aisha@example.org", "name": "Aisha Noor-Khan", "agency": "", "roles": ["worker"], "teams": [], "districts": [],
    "trained_on": "3/11/2026", "active": "yes",
}  # fmt: skip


def form_of(database: Database, worker_id: str, **changed: Any) -> dict[str, Any]:
    """What the page of a worker sends when nothing but `changed` was touched."""
    with database.reading() as session:
        cells = next(row.cells for row in read_standing(session).of("Workers") if row.cells["Id"] == worker_id)
    fields: dict[str, Any] = {
        "e_mail": cells["E-mail"], "name": cells["Name"], "agency": cells["Agency"], "roles": cells["Roles"].split("; "),
        "teams": cells["Teams"].split("; "), "districts": cells["Districts"].split("; "),
        "trained_on": cells["Trained on"], "active": cells["Active"],
    }  # fmt: skip
    return fields | changed


def hidden(page: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None
    return html.unescape(found[1])


def apply_shown(browser: Any, page: Any) -> Any:
    """Presses what a page with a plan offers."""
    return browser.send(f"{page.url.path}/apply", shown=hidden(page, "shown"))


def test_an_old_page_puts_no_older_training_back(browse: Callable[[str], Any], filled: Database) -> None:
    omar, dana = browse("omar"), browse("omar")
    old = hidden(omar.get("/records/workers/aisha"), "shown")
    dana.send("/records/workers/aisha", **form_of(filled, "aisha", trained_on="10/11/2026"))
    sent = json.decode(old, type=dict[str, str])
    form = {key: sent[name] for key, name in (("e_mail", "E-mail"), ("trained_on", "Trained on"), ("agency", "Agency"))}
    form |= {"roles": sent["Roles"].split("; "), "teams": sent["Teams"].split("; "), "districts": "", "active": "yes"}

    omar.send("/records/workers/aisha", **form, name="Aisha Noor-Khan", shown=old)

    with filled.reading() as session:
        aisha = workers.get_worker(session, "aisha")
    assert (aisha.name, str(aisha.trained_on)) == ("Aisha Noor-Khan", "2026-11-10"), "what was not touched stays"

    form |= {"trained_on": "12/11/2026"}
    refused = omar.send("/records/workers/aisha", **form, name="Aisha Noor-Khan", shown=old)
    assert refused.status_code == 422
    assert "Somebody changed this to “2026-11-10” since you opened the page." in refused.text
    assert 'value="12/11/2026"' in refused.text
    again = omar.send("/records/workers/aisha", **form, name="Aisha Noor-Khan", shown=hidden(refused, "shown"))
    assert again.url.path == "/workers"
    with filled.reading() as session:
        assert str(workers.get_worker(session, "aisha").trained_on) == "2026-11-12"


def test_a_plan_that_means_something_else_by_now_is_shown_again(browse: Callable[[str], Any], filled: Database) -> None:
    omar = browse("omar")
    shown = omar.send("/records/agencies/beacon/end")
    omar.send("/records/workers/dean", **form_of(filled, "dean", name="Dean Rowe-Hall"))
    again = apply_shown(omar, shown)
    assert again.status_code == 409 and "Somebody has changed the county since you looked" in again.text
    with filled.reading() as session:
        assert workers.get_worker(session, "aisha").active


def test_what_whoever_leaves_leaves_behind_is_shown_first(
    browse: Callable[[str], Any], filled: Database, now: Any
) -> None:
    with filled.writing() as session:
        case_id = session.scalar(select(mdt_case.c.id).where(mdt_case.c.closed_at.is_(None)))
        session.execute(update(case_lead).where(case_lead.c.ended_at.is_(None)).values(ended_at=now))
        session.execute(
            insert(case_lead).values(
                id="lead-1", case_id=case_id, agency_id="beacon", worker_id="aisha", phase="transition", since=now,
                set_by="tom", reason="",
            )
        )  # fmt: skip
        session.execute(delete(case_action))
        for holder, number in (("aisha", 2), (None, 1)):
            for each in range(number):
                session.execute(
                    insert(case_action).values(
                        id=f"{holder}-{each}", case_id=case_id, agency_id="beacon", text="Ring the GP", due_on=now.date(),
                        agreed_at=now, agreed_by="priya", mdt_number=1, holder_id=holder,
                    )
                )  # fmt: skip
    omar = browse("omar")
    page = omar.send("/records/agencies/beacon/end")
    assert "Aisha Noor leads on 1 open case and has 2 actions to do." in page.text
    assert "Beacon Outreach has 1 action to do." in page.text
    with filled.writing() as session:
        session.execute(update(case_action).values(done_at=now, done_by="tom"))
        session.execute(update(case_lead).values(ended_at=now))
    assert "Left behind" not in omar.get(page.url.path).text


def test_training_is_renewed_on_a_page(browse: Callable[[str], Any], filled: Database) -> None:
    dana = browse("omar")
    page = dana.get("/records/workers/aisha").text
    assert 'value="Aisha' in page

    answer = dana.send("/records/workers/aisha", **form_of(filled, "aisha", trained_on="10/11/2026"))

    assert answer.url.path == "/workers"
    assert "Valid until 9 Nov 2028" in answer.text
    with filled.reading() as session:
        aisha = workers.get_worker(session, "aisha")
        assert str(aisha.trained_on) == "2026-11-10"
        assert any(line.action == "manage_workers" and line.subject_id == "aisha" for line in list_lines(session))


def test_who_works_here_no_longer_has_no_phone_either(
    browse: Callable[[str], Any], filled: Database, now: datetime
) -> None:
    team = "watford-outreach"
    with filled.writing() as session:
        number = sync.register_device(session, scopes=[f"team:{team}"], label="A", now_ms=1, number=31)
        told = {"number": number, "worker_id": "aisha", "team_id": team, "label": "A", "signing_key": "x"}
        county.add(session, device_enrolment, told | {"enrolled_at": now, "confirmed_at": now})

    answer = browse("tom").send("/records/workers/aisha", **form_of(filled, "aisha", active="no"))

    assert answer.status_code == 200
    with filled.reading() as session:
        assert not workers.get_worker(session, "aisha").active
        assert sync.get_device_state(session, number).status is DeviceStatus.REVOKED


def test_a_mistake_is_said_beside_its_field_and_nothing_typed_is_lost(
    browse: Callable[[str], Any], filled: Database
) -> None:
    answer = browse("omar").send(
        "/records/workers/aisha", **form_of(filled, "aisha", trained_on="31/02/2026", name="Aisha X")
    )

    assert answer.status_code == 422
    assert "“31/02/2026” is no day" in answer.text
    assert 'value="Aisha X"' in answer.text
    assert 'value="31/02/2026"' in answer.text
    with filled.reading() as session:
        assert workers.get_worker(session, "aisha").name != "Aisha X"


def test_a_worker_is_added_and_can_be_found(browse: Callable[[str], Any], filled: Database) -> None:
    with filled.reading() as session:
        outreach = agencies.list_agencies(session)[0]
    new = {
        "name": "Łukasz Nowak",
        "agency": outreach.name,
        "roles": "worker",
        "e_mail": "lukasz@example.org",
        "active": "yes",
    }

    answer = browse("omar").send("/records/workers/new", **new)

    assert "Łukasz Nowak" in answer.text
    assert "Not recorded: no access to people" in answer.text


def test_the_lead_of_a_service_sees_and_changes_its_own_people_and_gives_no_role_that_is_not_theirs(
    browse: Callable[[str], Any], filled: Database
) -> None:
    tom = browse("tom")
    listed = tom.get("/workers").text
    assert "Aisha" in listed
    assert "Priya" not in listed
    assert "/leave" not in listed and "/end-sessions" not in listed  # an administrator's to press

    assert tom.get("/records/workers/priya").status_code == 404
    assert tom.send("/records/workers/priya", **form_of(filled, "priya", name="X")).status_code == 404
    given = tom.send("/records/workers/aisha", **form_of(filled, "aisha", roles=["worker", "administrator"]))
    assert given.status_code == 422
    assert "Ask an administrator to give this role." in given.text
    assert tom.send("/records/workers/aisha", **form_of(filled, "aisha", trained_on="10/11/2026")).status_code == 200
    for path in ("/records/agencies", "/records/agencies/new", "/records/districts/new", "/county"):
        assert tom.get(path).status_code in {403, 404}, path


def test_a_coordinator_manages_whoever_works_in_their_district_and_nobodys_way_in(
    browse: Callable[[str], Any], filled: Database
) -> None:
    with filled.writing() as session:
        for agency_id, name in (("beacon", "Beacon Rivers"), ("watford-housing", "Housing Rivers")):
            rivers = Team(id=name, agency_id=agency_id, name=name, district_ids=(county.THREE_RIVERS,))
            agencies.add_team(session, rivers)
    priya = browse("priya")
    listed = priya.get("/workers").text
    assert [name in listed for name in ("Aisha", "Tom", "Ruth", "Rowan", "Helen", "Omar")] == [True] * 3 + [False] * 3
    assert "/systems" not in listed and "/leave" not in listed
    for elsewhere in ("rowan", "helen", "omar"):
        assert priya.get(f"/records/workers/{elsewhere}").status_code == 404
        assert priya.send(f"/records/workers/{elsewhere}", **form_of(filled, elsewhere, name="X")).status_code == 404
    assert "Beacon Outreach" in priya.get("/records/workers/aisha").text
    refused: dict[str, dict[str, Any]] = {
        "Ask their service’s lead": {"e_mail": "priya@elsewhere.org"},
        "You may add people of your own service only.": {"agency": "Watford Housing", "teams": []},
        "teams that walk in your districts only.": {"teams": ["Beacon Watford", "Beacon Rivers"]},
        "You may give districts that you have yourself.": {"districts": ["E07000102"]},
        "Ask an administrator to give this role.": {"roles": ["worker", "coordinator"]},
    }
    for words, changed in refused.items():
        answer = priya.send("/records/workers/aisha", **form_of(filled, "aisha", **changed))
        assert answer.status_code == 422 and words in answer.text, words
    assert priya.send("/records/workers/priya", **form_of(filled, "priya", name="X")).status_code == 422
    new = {"name": "Łukasz Nowak", "roles": "agency member", "districts": "E07000103", "active": "yes"}
    assert priya.send("/records/workers/new", **new, agency="Beacon Outreach").status_code == 422
    assert priya.send("/records/workers/new", **new, agency="Watford Housing").status_code == 200
    changed = form_of(
        filled, "aisha", trained_on="10/11/2026", roles=["worker", "agency member"], districts=["E07000103"]
    )
    assert priya.send("/records/workers/aisha", **changed).status_code == 200
    with filled.writing() as session:
        before = workers.get_worker(session, "dean")
        beyond = structs.replace(before, team_ids=(*before.team_ids, "Beacon Rivers"))
        workers.change_worker(session, beyond, email="dean@example.org")
    answer = priya.send("/records/workers/dean", **form_of(filled, "dean", active="no"))
    assert answer.status_code == 422 and "They work in districts that are not yours, too." in answer.text
    with filled.writing() as session:
        workers.change_worker(session, before, email="dean@example.org")
    assert priya.send("/records/workers/dean", **form_of(filled, "dean", active="no")).status_code == 200
    with filled.reading() as session:
        aisha = workers.get_worker(session, "aisha")
        assert not workers.get_worker(session, "dean").active
        assert workers.list_emails(session)["aisha"] == "aisha@example.org"
    assert (str(aisha.trained_on), aisha.district_ids) == ("2026-11-10", (county.WATFORD,))


def test_a_coordinator_raises_nobody_not_in_their_own_service_either(
    browse: Callable[[str], Any], filled: Database, now: datetime
) -> None:
    """A second account of their own, made the lead of their service, would take over its people in every district."""
    with filled.writing() as session:
        team = Team(
            id="rivers", agency_id="watford-housing", name="Housing Rivers", district_ids=(county.THREE_RIVERS,)
        )
        agencies.add_team(session, team)
        aisha, tom = (workers.get_worker(session, each) for each in ("aisha", "tom"))
        colleague = structs.replace(
            aisha, id="colin", name="Colin Ray", agency_id="watford-housing", team_ids=("rivers",),
            roles=frozenset({Role.WORKER}), district_ids=(county.WATFORD, county.THREE_RIVERS),
        )  # fmt: skip
        workers.add_worker(session, colleague, email="colin@example.org", now=now)
        elsewhere = structs.replace(tom, district_ids=(county.WATFORD, county.THREE_RIVERS))
        workers.change_worker(session, elsewhere, email="tom@example.org")
    priya = browse("priya")
    assert 'value="team lead" checked' in priya.get("/records/workers/tom").text, "what he is he stays"
    assert 'value="team lead"' not in priya.get("/records/workers/new").text
    new = {
        "name": "Łukasz Nowak",
        "roles": "worker",
        "agency": "Watford Housing",
        "districts": "E07000103",
        "active": "yes",
    }
    refused: list[tuple[str, dict[str, Any], str]] = [
        ("new", new | {"roles": "team lead"}, "Ask an administrator to give this role."),
        ("new", new | {"teams": "Housing Rivers"}, "teams that walk in your districts only."),
        ("new", new | {"districts": ""}, "Choose a district or a team of yours"),
        ("aisha", form_of(filled, "aisha", roles=["worker", "team lead"]), "Ask an administrator to give this role."),
        ("colin", form_of(filled, "colin", e_mail="priya@elsewhere.org"), "to change what they sign in with."),
        ("colin", form_of(filled, "colin", roles=["worker", "team lead"]), "Ask an administrator to give this role."),
        ("colin", form_of(filled, "colin", teams=[]), "teams that walk in your districts only."),
        ("colin", form_of(filled, "colin", districts=["E07000103"]), "to take a district away that is not yours."),
        ("tom", form_of(filled, "tom", districts=["E07000103"]), "to take a district away that is not yours."),
    ]  # fmt: skip
    for who, sent, words in refused:
        answer = priya.send(f"/records/workers/{who}", **sent)
        assert answer.status_code == 422 and words in answer.text, (who, words)
    trained = form_of(filled, "tom", trained_on="10/11/2026")
    assert priya.send("/records/workers/tom", **trained).status_code == 200, "a lead's training is theirs to renew"
    for who in ("colin", "dean"):
        assert priya.send(f"/records/workers/{who}", **form_of(filled, who, active="no")).status_code == 200
    back = priya.send("/records/workers/dean", **form_of(filled, "dean", active="yes"))
    assert back.status_code == 422 and "to let them in again." in back.text
    assert priya.send("/records/workers/colin", **form_of(filled, "colin", active="yes")).status_code == 200


def test_the_lead_of_a_service_cannot_become_their_administrator(
    browse: Callable[[str], Any], filled: Database, now: Any
) -> None:
    """Whoever can change an administrator's address and invite them anew would sign in as them."""
    with filled.writing() as session:
        chief = workers.get_worker(session, "aisha")
        workers.change_worker(
            session, structs.replace(chief, roles=frozenset({Role.ADMINISTRATOR})), email="aisha@example.org"
        )
    tom = browse("tom")

    taken = tom.send("/records/workers/aisha", **form_of(filled, "aisha", e_mail="tom@elsewhere.org"))
    invited = tom.send("/workers/aisha/invite")
    himself = tom.send("/records/workers/tom", **form_of(filled, "tom", trained_on="28/11/2026"))

    assert [each.status_code for each in (taken, invited, himself)] == [422] * 3
    assert "ask an administrator to change anything of theirs" in taken.text
    assert "Ask an administrator to change what stands of yourself." in himself.text
    with filled.reading() as session:
        assert workers.list_emails(session)["aisha"] == "aisha@example.org"
        assert outbox.list_posted(session) == []


def test_a_lead_gives_no_district_that_is_not_theirs(browse: Callable[[str], Any], filled: Database) -> None:
    with filled.writing() as session:
        districts.add_district(session, District(id="far", code="E07000999", name="Far away"))

    answer = browse("tom").send("/records/workers/aisha", **form_of(filled, "aisha", districts=["E07000999"]))

    assert answer.status_code == 422
    assert "You may give districts that you have yourself." in answer.text


def test_the_last_administrator_cannot_be_put_out(browse: Callable[[str], Any], filled: Database) -> None:
    with filled.reading() as session:
        given = workers.list_given_roles(session)
    administrators = [worker_id for worker_id, roles in given.items() if "administrator" in roles]
    assert administrators == ["omar"]

    answer = browse("omar").send("/records/workers/omar", **form_of(filled, "omar", active="no"))

    assert answer.status_code == 422
    assert "Nobody could administer Lantern then" in answer.text
    with filled.reading() as session:
        assert workers.get_worker(session, "omar").active


@pytest.mark.parametrize("sheet", ["districts", "agencies", "teams"])
def test_each_noun_has_its_list_and_its_forms(browse: Callable[[str], Any], sheet: str) -> None:
    dana = browse("omar")

    listed = dana.get(f"/records/{sheet}")

    assert listed.status_code == 200
    assert f"/records/{sheet}/new" in listed.text
    assert dana.get(f"/records/{sheet}/new").status_code == 200
    assert dana.get("/records/cakes").status_code == 404


def test_a_district_takes_verified_people_only_from_a_page_on(browse: Callable[[str], Any], filled: Database) -> None:
    from server.queries.partnership import districts

    with filled.reading() as session:
        watford = next(each for each in districts.list_districts(session) if each.name == "Watford")
    browse("omar").send(
        f"/records/districts/{watford.id}",
        code=watford.code,
        name="Watford Borough",
        verified_only="yes",
        until="",
        **{"from": ""},
    )

    with filled.reading() as session:
        changed = districts.find_district(session, watford.id)
    assert changed is not None
    assert (changed.name, changed.verified_only) == ("Watford Borough", True)


def test_an_agency_ends_as_it_was_shown_and_is_had_again(
    browse: Callable[[str], Any], filled: Database, now: Any
) -> None:
    omar = browse("omar")
    assert "See what would end" in omar.get("/records/agencies/beacon").text
    shown = omar.send("/records/agencies/beacon/end")
    plain = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", shown.text))
    for words in ("Beacon Outreach ends", "6 changes", "Aisha Noor", "Dean Rowe", "Tom Ellis", "Active from “yes” to “no”",
                  "Districts from “E07000103” to “nothing”", "Last day from"):  # fmt: skip
        assert words in plain, words

    def standing() -> tuple[list[bool], set[Any], list[bool]]:
        with filled.reading() as session:
            people = [workers.get_worker(session, each).active for each in ("aisha", "dean", "tom")]
            walked = {
                each
                for team in agencies.list_teams(session)
                for each in team.district_ids
                if team.agency_id == "beacon"
            }
            signed = [each.expires_on >= now.date() for each in agencies.list_agreements(session, "beacon")]
        return people, walked, signed

    assert standing() == ([True] * 3, {county.WATFORD}, [True] * 2), "nothing is changed by looking"
    apply_shown(omar, shown)
    assert standing() == ([False] * 3, set(), [False] * 2)
    undone = omar.send(f"{shown.url.path}/undo").text
    assert standing() == ([True] * 3, {county.WATFORD}, [True] * 2)
    assert "Aisha Noor works here again. Their phones stay revoked: enrol them anew." in undone
    assert "Tom Ellis works here again" not in undone, "he had none"


def test_a_team_ends_and_its_people_stay(browse: Callable[[str], Any], filled: Database) -> None:
    omar = browse("omar")
    shown = omar.send("/records/teams/watford-outreach/end")
    apply_shown(omar, shown)
    with filled.reading() as session:
        people = [workers.get_worker(session, each) for each in ("aisha", "dean", "tom")]
        assert [(each.active, each.team_ids) for each in people] == [(True, ())] * 3
        assert [each.district_ids for each in agencies.list_teams(session) if each.id == "watford-outreach"] == [()]
    for path, status in (("/records/districts/watford/end", 404), ("/records/teams/nothing/end", 404)):
        assert omar.send(path).status_code == status
    for who in ("tom", "priya", "helen"):
        assert browse(who).send("/records/agencies/beacon/end").status_code == 403


@pytest.mark.parametrize("sheet", ["agencies/beacon", "teams/watford-outreach"])
def test_nothing_ends_over_somebody_who_is_out(
    browse: Callable[[str], Any], filled: Database, now: datetime, sheet: str
) -> None:
    """A team that walks nowhere has no coordinator, and an alarm of it would be heard by nobody."""
    with filled.writing() as session:
        county.fill_shifts(session, now)
    omar = browse("omar")
    shown = omar.send(f"/records/{sheet}/end")
    refused = apply_shown(omar, shown)
    assert refused.status_code == 409
    assert "Aisha Noor, Dean Rowe and Tom Ellis are out with Beacon Watford" in refused.text
    with filled.reading() as session:
        assert [each.district_ids for each in agencies.list_teams(session) if each.id == "watford-outreach"] == [
            (county.WATFORD,)
        ]
        assert workers.get_worker(session, "aisha").active
    with filled.writing() as session:
        session.execute(update(shift_worker).values(ended_at=now))
        alarm = Alarm(id="a1", worker_id="dean", team_id="watford-outreach", due_at=now, raised_at=now)
        alarms.add_alarm(session, alarm)
    assert "Somebody is out with Beacon Watford" in apply_shown(omar, shown).text
    with filled.writing() as session:
        home = AlarmEvent(id="e1", alarm_id="a1", at=now, kind=AlarmEventKind.HOME)
        alarms.add_events(session, [home])
    assert apply_shown(omar, shown).status_code == 200


def test_the_agency_of_the_only_administrator_does_not_end(browse: Callable[[str], Any], filled: Database) -> None:
    omar = browse("omar")
    shown = omar.send("/records/agencies/county/end")
    refused = apply_shown(omar, shown)
    assert refused.status_code == 409 and "Nobody could administer Lantern then" in refused.text
    with filled.reading() as session:
        assert workers.get_worker(session, "helen").active


def test_the_county_goes_out_comes_back_is_planned_applied_and_undone(
    browse: Callable[[str], Any], filled: Database, clock: Clock
) -> None:
    dana = browse("omar")
    exported = dana.get("/county/workbook").content
    assert read_county(exported).of("Workers")
    changed = b'{"Agencies": [{"Name": "CGL Herts", "Kind": "substance use"}, {"Name": "X", "Kind": "bakery"}]}'

    def post(path: str, shown: str = "", **options: Any) -> Any:
        data = {"_csrf_token": dana.client.cookies["lantern-form"]} | ({"shown": shown} if shown else {})
        return dana.client.post(path, data=data, headers={"accept": "text/html"}, **options)

    plan = post("/county", files={"data": ("new.json", changed, "application/json")})
    assert "1 new row, 0 changes, 0 the same, 1 refused" in plan.text
    assert "“bakery” is no kind of agency" in plan.text
    with filled.reading() as session:
        assert "CGL Herts" not in {each.name for each in agencies.list_agencies(session)}

    applied = post(f"{plan.url.path}/apply", hidden(plan, "shown"))
    assert "Applied." in applied.text
    assert post(f"{plan.url.path}/apply").status_code == 200  # pressed twice, done once
    with filled.reading() as session:
        assert [each.name for each in agencies.list_agencies(session)].count("CGL Herts") == 1

    undone = post(f"{plan.url.path}/undo")
    assert "Everything is as it was before the file." in undone.text
    with filled.reading() as session:
        assert "CGL Herts" not in {each.name for each in agencies.list_agencies(session)}


@pytest.mark.parametrize("content", [b"", b"cake", b"PK\x03\x04", b'{"Cakes": []}'])
def test_a_file_that_is_none_is_refused_in_words(browse: Callable[[str], Any], content: bytes) -> None:
    dana = browse("omar")
    dana.get("/county")
    data = {"_csrf_token": dana.client.cookies["lantern-form"]}

    answer = dana.client.post("/county", data=data, files={"data": ("x", content)}, headers={"accept": "text/html"})

    assert answer.status_code == 422
    assert "There is a problem" in answer.text


def test_what_is_typed_for_a_new_one_changes_nothing_that_stands(
    browse: Callable[[str], Any], filled: Database
) -> None:
    before = form_of(filled, "aisha")
    new = {"name": "Aisha Begum", "agency": before["agency"], "roles": "agency member", "e_mail": before["e_mail"]}
    empty = {"teams": [], "districts": [], "trained_on": "", "telephone": "", "emergency_contact": "", "active": "yes"}
    for who in ("omar", "tom"):
        answer = browse(who).send("/records/workers/new", **new, **empty)
        assert answer.status_code == 422
        assert "This worker is in Lantern already: change it there." in answer.text
        assert form_of(filled, "aisha") == before

    agency = {"name": "Night Shelter", "kind": "other", "mailbox": "night@example.org"}
    omar = browse("omar")
    for _ in ("pressed", "pressed twice"):
        assert omar.send("/records/agencies/new", **agency).url.path == "/records/agencies"
    assert omar.send("/records/agencies/new", **agency | {"mailbox": ""}).status_code == 422
    with filled.reading() as session:
        assert [each.name for each in agencies.list_agencies(session)].count("Night Shelter") == 1


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_two_administrators_who_let_one_another_go_at_one_moment_leave_one(
    filled: Database, clock: Clock, new_id: Callable[[], str]
) -> None:
    with filled.writing() as session:
        omar = workers.get_worker(session, "omar")
        other = structs.replace(omar, id="olga", name="Olga Reid", short_name="Olga R")
        workers.add_worker(session, other, email="olga@example.org", now=clock.now)
        who = {each: workers.get_worker(session, each) for each in ("omar", "olga")}
    both = Barrier(2)

    def press(by: str, whom: str) -> bool:
        try:
            with Door(filled, who[by], clock.now, new_id, may_change=True).open() as access:
                both.wait(30)
                dismiss(access, whom)
        except (Failure, Forbidden):
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(press, ["omar", "olga"], ["olga", "omar"]))

    assert sorted(done) == [False, True]
    with filled.reading() as session:
        assert workers.has_administrator(session)


def test_an_agreement_is_signed_once_and_of_two_of_one_version_a_file_means_the_newest(
    browse: Callable[[str], Any], filled: Database
) -> None:
    omar = browse("omar")
    signed = {"kind": "information_sharing", "version": "7", "signatory": "Dee", "agency": "beacon"}
    for day, last in (("2024-10-01", "2025-09-30"), ("2025-10-01", "2026-09-30"), ("2025-10-01", "2026-09-30")):
        assert omar.send("/agreements", **signed, signed_on=day, expires_on=last).status_code == 200
    with filled.reading() as session:
        kept = [each for each in agencies.list_agreements(session, "beacon") if each.version == "7"]
        assert [str(each.signed_on) for each in kept] == ["2025-10-01", "2024-10-01"]
        row = {"Agency": "Beacon Outreach", "Kind": "information sharing", "Version": "7", "Last day": "2026-08-31"}
        (line,) = make_plan(read_county(json.encode({"Agreements": [row]})), read_standing(session)).lines
    assert (line.id, [each.column for each in line.changes]) == (kept[0].id, ["Last day"])

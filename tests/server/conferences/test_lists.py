"""A case list narrowed, kept under a name, sorted as people expect, taken out as a workbook, decided on for several at once."""

import io
import re
from datetime import date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select, update

from server.actions.people.hiding import hide_person
from server.database.engine import Database
from server.queries.cases.case_filters import CaseFilters, years_before
from server.queries.cases.case_list import CaseListView, list_cases, list_page
from server.tables.cases.case import case_action, case_lead, case_review, mdt_case
from server.tables.cases.priority import case_general
from server.tables.conferences.conference import case_conference
from server.tables.operation.audit import audit
from server.tables.partnership.worker import worker_district
from server.tables.people.person import person
from server.tables.people.verification import person_verification
from server.web.layout.paging import make_paging
from shared.model.codes import CaseState, Gender
from shared.rules.prioritisation import Tier
from tests.server.conferences.conftest import Browser, Enter
from tests.server.conferences.test_pages import call
from tests.server.conferences.test_today import agree
from tests.web import county


@pytest.fixture
def told(watford: Database, now: datetime) -> Database:
    """Something to narrow by: who leads, who owes, how old, what became of them, how housed."""
    with watford.writing() as session:
        lead = {"id": "l1", "case_id": "case-p01", "agency_id": "cgl", "phase": "engaging", "since": now, "set_by": "priya",
                "reason": "", "ended_at": None}  # fmt: skip
        county.add(session, case_lead, lead)
        county.add(session, case_lead, {**lead, "id": "l2", "case_id": "case-p02", "ended_at": now})
        county.add(session, case_action, {
            "id": "a1", "case_id": "case-p03", "agency_id": "cgl", "text": "x", "due_on": now.date(), "agreed_at": now,
            "agreed_by": "priya", "mdt_number": 1,
        })  # fmt: skip
        for number, day in ((1, date(2000, 11, 12)), (2, date(2000, 11, 13)), (3, None), (4, None)):
            session.execute(
                update(person).where(person.c.id == f"p{number:02}").values(
                    date_of_birth=day, approximate_age_years=22 if number == 3 else None,
                    gender="female" if number == 1 else "male",
                )
            )  # fmt: skip
        county.add(
            session, case_conference, {"id": "held", "district_id": county.WATFORD, "starts_at": now, "place": ""}
        )
        for number, (case_id, code) in enumerate(
            [("p01", "in_prison"), ("p01", "long_term_home"), ("p02", "in_prison")]
        ):
            county.add(session, case_review, {
                "id": f"r{number}", "case_id": f"case-{case_id}", "conference_id": "held", "mdt_number": 1,
                "at": now + timedelta(days=number), "outcome_code": code, "notes": "",
            })  # fmt: skip
        county.add(session, case_general, {
            "case_id": "case-p05", "temporarily_housed": True, "changed_at": now, "changed_by": "priya",
            **dict.fromkeys(("receiving_support", "eviction_risk", "clinically_extremely_vulnerable", "evicted",
                             "assessed_for_move_on"), False),
        })  # fmt: skip
        for number in (5, 6):
            session.execute(
                update(person_verification)
                .where(person_verification.c.person_id == f"p{number:02}")
                .values(verified=False)
            )
    return watford


@pytest.mark.parametrize(
    ("filters", "people"),
    [
        (CaseFilters(lead_id="cgl"), ["p01"]),
        (CaseFilters(agency_id="cgl"), ["p01", "p03"]),
        (CaseFilters(gender=Gender.FEMALE), ["p01"]),
        (CaseFilters(age="1"), ["p02", "p03"]),  # 18 to 25: who turns 26 tomorrow, and who is guessed to be 22
        (CaseFilters(age="not_known"), ["p04"]),
        (CaseFilters(outcome="in_prison"), ["p02"]),  # p01 was housed since
        (CaseFilters(tier=Tier.TEMPORARILY_HOUSED), ["p05"]),
        (CaseFilters(tier=Tier.OTHER), ["p06"]),
        (CaseFilters(lead_id="cgl", outcome="in_prison"), []),
    ],
)  # fmt: skip
def test_each_filter_shows_whom_it_says(told: Database, now: datetime, filters: CaseFilters, people: list[str]) -> None:
    view = CaseListView(states=(CaseState.LISTED,), filters=filters, sort="name")
    with told.reading() as session:
        rows = list_cases(session, county.WATFORD, view, today=date(2026, 11, 12))
        counted = list_page(session, county.WATFORD, view, today=date(2026, 11, 12), limit=1).total
    ours = [row.person_id for row in rows if re.fullmatch(r"p\d\d", row.person_id)]
    assert ours == people
    assert counted == len(rows)


def test_nobody_leads_is_a_filter_too_and_a_lead_that_ended_leads_no_more(told: Database, now: datetime) -> None:
    view = CaseListView(filters=CaseFilters(lead_id="nobody"))
    with told.reading() as session:
        shown = {row.person_id for row in list_cases(session, county.WATFORD, view, today=now.date(), limit=100)}
    assert "p02" in shown
    assert "p01" not in shown


def test_ages_are_whole_years_also_on_a_leap_day() -> None:
    assert years_before(date(2026, 11, 13), 26) == date(2000, 11, 13)
    assert years_before(date(2024, 2, 29), 1) == date(2023, 2, 28)
    assert years_before(date(2024, 2, 29), 4) == date(2020, 2, 29)


def test_names_sort_as_people_expect_and_pages_follow_one_another(watford: Database, now: datetime) -> None:
    for number, name in enumerate(["Łukasz", "Zoë", "Élodie", "Lucy", "Eve", "Ольга", "o’Brien"], 1):
        with watford.writing() as session:
            session.execute(update(person).where(person.c.id == f"p{number:02}").values(name=name))
    view = CaseListView(states=(CaseState.LISTED,), sort="name")
    with watford.reading() as session:
        every = [row.known_as for row in list_cases(session, county.WATFORD, view, today=now.date(), limit=100)]
        paged = [
            row.known_as
            for offset in range(0, len(every), 4)
            for row in list_cases(session, county.WATFORD, view, today=now.date(), limit=4, offset=offset)
        ]
    named = [each for each in every if not each.startswith(("Person", "Joan", "Sean", "Stefan"))]
    assert named == ["Élodie", "Eve", "Lucy", "Łukasz", "o’Brien", "Ольга", "Zoë"]
    assert paged == every


def test_a_narrowed_list_is_kept_under_a_name_for_its_reader_alone(browser: Browser, told: Database) -> None:
    priya = browser.sign_in("priya")
    kept = priya.post(
        "/cases/views", district=county.WATFORD, choice="show=listed&lead=cgl&words=Marek", name=" CGL leads "
    )
    assert kept.headers["location"] == "/cases?district=watford&show=listed&lead=cgl&done=view_kept"
    shown = priya.get("/cases").text
    assert 'href="/cases?district=watford&amp;show=listed&amp;lead=cgl">CGL leads</a>' in shown
    narrowed = priya.get("/cases?district=watford&show=listed&lead=cgl").text
    assert "Person 01" in narrowed
    assert "Person 02" not in narrowed
    assert "On the list: 1" in narrowed
    assert "CGL leads" not in browser.sign_in("tom").get("/cases").text
    browser.sign_in("tom").post("/cases/views/remove", district=county.WATFORD, choice="", name="CGL leads")
    priya = browser.sign_in("priya")
    assert "CGL leads" in priya.get("/cases").text
    priya.post("/cases/views/remove", district=county.WATFORD, choice="show=listed&lead=cgl", name="CGL leads")
    assert "CGL leads" not in priya.get("/cases").text
    for wrong in ("", "x" * 81):
        assert priya.post("/cases/views", district=county.WATFORD, choice="tier=1", name=wrong).status_code == 422
    assert priya.post("/cases/views", district=county.THREE_RIVERS, choice="", name="x").status_code == 404
    odd = "show=listed&age=" + "9" * 900 + "&lead=" + "%F0%9F%90%95" * 40 + "&gender=dragon"
    assert priya.post("/cases/views", district=county.WATFORD, choice=odd, name="odd").headers["location"] == (
        "/cases?district=watford&show=listed&done=view_kept"
    )


def test_a_partner_narrows_by_nothing_of_which_services_it_is_not_told(browser: Browser, told: Database) -> None:
    shown = browser.sign_in("ruth").get("/cases?show=listed&lead=nobody&outcome=in_prison&tier=2&agency=cgl").text
    assert "Person 01" in shown
    assert 'name="lead"' not in shown
    assert "Person 02" not in browser.get("/cases?show=listed&gender=female").text


@pytest.mark.parametrize("sort", ["verified", "name"])
def test_nobody_hidden_is_shown_or_counted_for_who_may_not_know_them(
    watford: Database, enter: Enter, now: datetime, sort: str
) -> None:
    view = CaseListView(states=(CaseState.LISTED,), sort=sort)
    with enter("ruth") as access:
        before = list_page(access.session, county.WATFORD, view, today=now.date(), limit=5)
    with enter("tom") as access:
        hide_person(access, "p01", ["beacon"], "Somebody looks for him with a knife")
    with enter("ruth") as access:
        after = list_page(access.session, county.WATFORD, view, today=now.date(), limit=100)
    assert after.total == before.total - 1 == len(after.rows)
    assert "p01" not in {row.person_id for row in after.rows}
    with enter("tom") as access:
        assert list_page(access.session, county.WATFORD, view, today=now.date(), limit=5).total == before.total


def test_a_partner_that_looks_for_words_it_may_not_see_learns_not_even_how_many(
    browser: Browser, watford: Database
) -> None:
    with watford.writing() as session:
        session.execute(update(person).where(person.c.id == "p01").values(description="Red hair, limps"))
    found = browser.sign_in("ruth").find(district=county.WATFORD, words="limps").text
    assert "People found for “limps”</h2>" in found
    assert (
        "People found for “limps”: 1</h2>" in browser.sign_in("priya").find(district=county.WATFORD, words="limps").text
    )


@pytest.mark.parametrize(
    "query", ["age=zz", "tier=9", "gender=x", "page=abc", "page=0", "page=99999999", "lead=' or 1=1"]
)
def test_what_no_list_offers_narrows_nothing_and_breaks_nothing(browser: Browser, query: str) -> None:
    assert browser.sign_in("priya").get(f"/cases?{query}").status_code == 200


def test_a_list_goes_out_as_a_workbook_and_everybody_in_it_is_noted(
    browser: Browser, told: Database, now: datetime
) -> None:
    with told.writing() as session:
        session.execute(update(person).where(person.c.id == "p01").values(name="=1+1"))
    answer = browser.sign_in("priya").get("/cases/workbook?district=watford&show=listed&lead=cgl")
    assert answer.status_code == 200
    head, *rows = openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
    row = dict(zip(head, rows[0], strict=True))
    assert len(rows) == 1
    assert (row["Name"], row["Gender"], row["Lead"]) == ("=1+1", "Female", "CGL Spectrum")
    assert row["Date of birth"] == datetime(2000, 11, 12)  # noqa: DTZ001 - Excel's days have no zone
    with told.reading() as session:
        noted = session.execute(
            select(audit.c.subject_id).where(audit.c.purpose == "case list, workbook", audit.c.actor_id == "priya")
        ).scalars()
        assert list(noted) == ["p01"]
    assert browser.sign_in("ruth").get("/cases/workbook").status_code == 403
    assert browser.sign_in("rowan").get("/cases/workbook?district=watford").status_code == 404


def candidates(watford: Database, *people: str, state: str = "candidate") -> None:
    with watford.writing() as session:
        cases = [f"case-{each}" for each in people]
        session.execute(update(mdt_case).where(mdt_case.c.id.in_(cases)).values(state=state))


def states(watford: Database, *people: str) -> list[str]:
    with watford.reading() as session:
        return [
            session.scalar(select(mdt_case.c.state).where(mdt_case.c.id == f"case-{each}")) or "" for each in people
        ]


def test_several_are_decided_at_once_each_by_itself(browser: Browser, watford: Database) -> None:
    candidates(watford, "p01", "p02", "p03")
    priya = browser.sign_in("priya")
    shown = priya.get("/cases?show=candidate").text
    assert 'form="several" id="case-case-p01"' in shown
    both = {"district": county.WATFORD, "choice": "show=candidate", "decision": "list", "reason": "Seen every night"}
    press = lambda **more: priya.client.post(  # noqa: E731 - boxes of one name need a list
        "/cases/several", data={**both, **more, "_csrf_token": priya.form_token()}, headers={"accept": "text/html"},
        follow_redirects=False,
    )  # fmt: skip
    answer = press(case=["case-p01", "case-p02"])
    assert answer.headers["location"] == "/cases?district=watford&show=candidate&done=decided_several"
    assert states(watford, "p01", "p02", "p03") == ["listed", "listed", "candidate"]
    again = press(case=["case-p01", "case-p03"])
    assert again.status_code == 422
    assert "Person 01: " in again.text
    assert states(watford, "p01", "p03") == ["listed", "listed"]


def test_one_who_left_the_list_meanwhile_costs_no_other_their_decision(browser: Browser, watford: Database) -> None:
    candidates(watford, "p01", "p02", "p03")
    priya = browser.sign_in("priya")
    with watford.writing() as session:  # outreach met them elsewhere, and their case moved by rule
        session.execute(update(mdt_case).where(mdt_case.c.id == "case-p02").values(district_id=county.THREE_RIVERS))
    answer = priya.client.post(
        "/cases/several",
        data={
            "district": county.WATFORD, "choice": "show=candidate", "decision": "list", "reason": "Seen every night",
            "case": ["case-p01", "case-p02", "case-p03"], "_csrf_token": priya.form_token(),
        },
        headers={"accept": "text/html"}, follow_redirects=False,
    )  # fmt: skip
    assert answer.status_code == 422
    assert "1 of those whom you ticked is on this list no longer." in answer.text
    assert "Person 02" not in answer.text
    assert states(watford, "p01", "p02", "p03") == ["listed", "candidate", "listed"]


def test_nothing_is_decided_without_a_reason_a_tick_and_a_choice_or_of_another_list(
    browser: Browser, watford: Database
) -> None:
    candidates(watford, "p01", "p02")
    priya = browser.sign_in("priya")
    form = {"district": county.WATFORD, "case": "case-p01", "decision": "decline", "reason": "Moved away"}
    many = [f"case-{number}" for number in range(60)]
    too_many = priya.client.post(
        "/cases/several",
        data={**form, "case": many, "_csrf_token": priya.form_token()},
        headers={"accept": "text/html"},
    )
    assert "Decide on 50 at once at most." in too_many.text
    for wrong in ({"reason": " "}, {"case": ""}, {"decision": "close"}):
        refused = priya.post("/cases/several", **(form | wrong))
        assert refused.status_code == 422, wrong
    assert "Moved away</textarea>" in priya.post("/cases/several", **(form | {"decision": ""})).text
    assert states(watford, "p01") == ["candidate"]
    assert browser.sign_in("ruth").post("/cases/several", **form).status_code == 403
    rowan = browser.sign_in("rowan")
    for district in (county.WATFORD, county.THREE_RIVERS):
        assert rowan.post("/cases/several", **(form | {"district": district})).status_code == 404
    assert states(watford, "p01") == ["candidate"]


def test_whoever_has_two_districts_sees_beside_each_how_many_wait_for_a_decision(
    browser: Browser, watford: Database, enter: Enter, now: datetime
) -> None:
    with watford.writing() as session:
        for worker_id in ("priya", "ruth"):
            county.add(session, worker_district, {"worker_id": worker_id, "district_id": county.THREE_RIVERS})
        county.put_person(
            session, now, "kim", "", name="Kim", state="candidate", nights=(2,), district_id=county.THREE_RIVERS
        )

    def districts(who: str) -> str:
        page: str = browser.sign_in(who).get(f"/cases?district={county.WATFORD}").text
        shown = page.partition('aria-label="Your districts">')[2].partition("</nav>")[0]
        return " ".join(re.sub("<[^>]+>", " ", shown).split())

    assert districts("priya") == "Three Rivers (2 to decide) Watford (2 to decide)"
    assert "to decide" not in districts("ruth"), "who is only put forward is no partner's to count"
    with enter("rowan") as access:
        hide_person(access, "noor", ["three-rivers-housing"], "Somebody looks for her with a knife")
    assert "Three Rivers (1 to decide)" in districts("priya")


def test_pages_are_numbered(browser: Browser, watford: Database, now: datetime) -> None:
    paging = make_paging(5, 9, lambda number: f"p{number}")
    assert paging is not None
    assert [each.number for each in paging.links] == [1, 0, 4, 5, 6, 0, 9]
    assert (paging.previous, paging.next) == ("p4", "p6")
    assert make_paging(1, 1, str) is None
    with watford.writing() as session:
        for number in range(100, 190):
            county.put_person(
                session, now, f"q{number}", "", name=f"Quentin {number}", state="listed", nights=(), case_days=1
            )
    shown: Any = browser.sign_in("priya").get("/cases?show=listed&sort=name&page=2").text
    assert 'aria-label="Page 2" aria-current="page"' in shown
    assert 'href="/cases?district=watford&amp;show=listed&amp;sort=name&amp;page=3"' in shown
    assert "Nobody here" not in browser.get("/cases?show=listed&page=77").text


def test_the_chase_board_goes_out_as_a_workbook_too(browser: Browser, watford: Database, enter: Enter) -> None:
    path = call(browser)
    agree(enter, path, "case-p01", 3, text="=assessment")
    agree(enter, path, "case-p02", 4, agency_id="beacon", text="a visit")
    answer = browser.sign_in("priya").get("/chase/workbook?district=watford&agency=cgl")
    _, *rows = openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
    assert [row[:4] for row in rows] == [("CGL Spectrum", "Person 01", 1, "=assessment")]
    assert "/chase/workbook?district=watford" in browser.get("/chase").text
    with watford.reading() as session:
        noted = session.scalars(select(audit.c.subject_id).where(audit.c.purpose == "chase board, workbook"))
        assert sorted(noted) == ["case-p01", "p01"], "and on the record of whoever is taken out in it"
    assert browser.sign_in("ruth").get("/chase/workbook").status_code == 403
    assert browser.sign_in("rowan").get("/chase/workbook?district=watford").status_code == 404

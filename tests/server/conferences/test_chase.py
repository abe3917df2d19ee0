"""The chase board: what is owed in a district, done by telephone, asked for once a day, added between conferences."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from server.actions.cases import chasing
from server.actions.conferences import discussion
from server.database.engine import Database
from server.problems import Invalid, NotFound
from server.queries.cases import case_actions
from server.queries.operation import outbox
from server.tables.operation.draft import draft
from server.tables.partnership.agency import agency
from server.tables.partnership.worker import worker, worker_role
from shared.model.mail import MailFacts, MailKind
from tests.server.conferences.conftest import Browser, Enter, item_at
from tests.server.conferences.test_conferences import call
from tests.server.conferences.test_drafts import mark_on
from tests.web import county

BOARD = f"/chase?district={county.WATFORD}"


@pytest.fixture
def owed(enter: Enter) -> dict[str, str]:
    """Three actions of a conference: Probation's, CGL's, and one of the coordinator's own service; by what is to be done."""
    with enter("priya", -timedelta(days=20)) as access:
        made = call(access, access.now + timedelta(days=1))
        for place, (agency_id, words, days) in enumerate(
            (("probation", "licence review", 40), ("cgl", "assessment", 10), ("watford-housing", "viewing", 22)),
            start=1,
        ):
            discussion.agree_action(
                access, made.id, item_at(access, made.id, place), text=words, agency_id=agency_id,
                due_on=access.today + timedelta(days=days),
            )  # fmt: skip
        discussion.finish_conference(access, made.id, {})
        found = case_actions.list_undone_in(access.session, county.WATFORD)
    return {each.action.text: each.action.id for each in found}


def reminders(watford: Database) -> list[tuple[str | None, MailFacts]]:
    with watford.reading() as session:
        posted = [each.mail for each in outbox.list_posted(session) if each.mail.kind is MailKind.ACTIONS_REMINDER]
    return [(each.agency_id, each.facts) for each in posted]


def test_the_board_has_every_agencys_actions_mine_first_and_red_where_missed(
    browser: Browser, owed: dict[str, str]
) -> None:
    shown = browser.sign_in("priya").get(BOARD).text
    places = [shown.index(f'aria-label="{words}"') for words in ("viewing", "assessment", "licence review")]
    assert places == sorted(places)
    assert "Watford Housing (your own): 1 action" in shown
    card = shown[shown.index('<article class="lantern-card lantern-card--late"') :]
    assert 'aria-label="assessment"' in card[: card.index(">")]
    one = browser.get(f"{BOARD}&agency=cgl").text
    assert 'aria-label="assessment"' in one
    assert 'aria-label="viewing"' not in one


def test_what_is_done_by_telephone_says_who_told_it(browser: Browser, owed: dict[str, str], watford: Database) -> None:
    path = f"/chase/action/{owed['assessment']}/done"
    refused = browser.sign_in("priya").post(path, district=county.WATFORD, who=" ", what="Seen on Monday")
    assert refused.status_code == 422
    assert "Say who told you" in refused.text
    assert 'value="Seen on Monday"' in refused.text
    done = browser.post(path, district=county.WATFORD, who="Ruth, on the telephone", what="Seen on Monday")
    assert done.headers["location"] == f"{BOARD}&done=action_told"
    with watford.reading() as session:
        row = session.execute(text("select done_by, done_note from case_action where text = 'assessment'")).one()
    assert tuple(row) == ("priya", "Ruth, on the telephone says so: Seen on Monday")
    assert browser.post(path, district=county.WATFORD, who="Ruth", what="").status_code == 409
    assert "Ruth, on the telephone says so" in browser.sign_in("ruth").get("/actions").text


def test_an_agency_is_asked_once_a_day_by_numbers_alone(
    browser: Browser, owed: dict[str, str], watford: Database, enter: Enter
) -> None:
    browser.sign_in("priya")
    for _ in range(2):
        sent = browser.post("/chase/nudge", district=county.WATFORD, agency="cgl")
        assert sent.headers["location"] == f"{BOARD}&done=nudged"
    ((agency_id, facts),) = reminders(watford)
    assert (agency_id, facts.count, facts.late, facts.district) == ("cgl", 0, 1, "Watford")
    nothing = browser.post("/chase/nudge", district=county.WATFORD, agency="probation")
    assert nothing.status_code == 422
    assert "owes nothing that is missed or due within a week" in nothing.text
    with enter("priya", timedelta(days=1)) as access:
        chasing.nudge(access, county.WATFORD, "cgl")
    assert len(reminders(watford)) == 2


def test_an_action_is_added_between_conferences_and_its_agency_told(
    browser: Browser, owed: dict[str, str], watford: Database
) -> None:
    browser.sign_in("priya")
    for line in ("CGL: assessment", "nobody in particular by Friday", ""):
        refused = browser.post("/chase/add", district=county.WATFORD, case="case-p05", line=line)
        assert refused.status_code == 422
        assert f'value="{line}"' in html.unescape(refused.text)
    sent = browser.post("/chase/add", district=county.WATFORD, case="case-p05", line="CGL: detox bed by 28 Nov")
    assert sent.headers["location"] == f"{BOARD}&done=action_added"
    ((agency_id, facts),) = reminders(watford)
    assert (agency_id, facts.count, str(facts.day)) == ("cgl", 1, "2026-11-28")
    page = browser.get("/people/p05").text
    assert "detox bed by 28 Nov 2026" in page
    assert "detox bed" in browser.sign_in("ruth").get("/actions").text


def test_an_action_that_is_sent_twice_is_added_and_told_once(
    browser: Browser, watford: Database, owed: dict[str, str]
) -> None:
    shown = browser.sign_in("priya").get(BOARD).text
    key = re.search(r'name="key" value="([^"]+)"', shown)
    assert key is not None
    form = {"district": county.WATFORD, "case": "case-p05", "line": "CGL: detox bed by 28 Nov", "key": key[1]}
    for _ in range(2):
        assert browser.post("/chase/add", **form).status_code == 303
    with watford.reading() as session:
        undone = [each.action.text for each in case_actions.list_undone_in(session, county.WATFORD)]
    assert undone.count("detox bed") == 1
    assert len(reminders(watford)) == 1
    assert browser.post("/chase/add", **(form | {"case": "case-p06"})).status_code == 409


def test_the_persons_page_names_the_next_conference(browser: Browser, owed: dict[str, str], enter: Enter) -> None:
    with enter("priya") as access:
        call(access)
    assert "On the agenda of the conference 10 Dec 21:30." in browser.sign_in("priya").get("/people/p01").text


@pytest.mark.parametrize(("reader", "status"), [("ruth", 403), ("tom", 403), ("helen", 403), ("rowan", 404)])
def test_only_the_districts_coordinator_chases(
    browser: Browser, owed: dict[str, str], reader: str, status: int
) -> None:
    browser.sign_in(reader)
    assert browser.get(BOARD).status_code == status
    told = browser.post(f"/chase/action/{owed['assessment']}/done", district=county.WATFORD, who="Me", what="")
    assert told.status_code == status
    assert browser.post("/chase/nudge", district=county.WATFORD, agency="cgl").status_code == status
    assert (
        browser.post("/chase/add", district=county.WATFORD, case="case-p05", line="CGL: x by Friday").status_code
        == status
    )


def test_a_service_that_may_be_told_nothing_is_not_said_to_have_been_asked(
    browser: Browser, watford: Database, enter: Enter
) -> None:
    with watford.writing() as session:
        county.add(session, agency, {"id": "hospital", "name": "Bucks Hospital", "kind": "primary_health_care"})
    with enter("priya") as access:
        due = access.today
        chasing.add_between(access, county.WATFORD, "case-joan", text="Ring her", agency_id="hospital", due_on=due)
        with pytest.raises(Invalid) as refused:
            chasing.nudge(access, county.WATFORD, "hospital")
    assert refused.value.errors[0].startswith("Bucks Hospital will receive nothing until it has signed")
    board = browser.sign_in("priya").get("/chase").text
    assert "Bucks Hospital will receive nothing until it has signed" in board
    assert "Ask Bucks Hospital by e-mail" not in board


def test_nothing_is_added_to_a_case_that_ended_or_is_elsewhere(enter: Enter, owed: Any) -> None:
    from server.actions.cases.cases import close_case

    with enter("priya") as access:
        close_case(access, "case-p05", "Housed")
        due_on = access.today + timedelta(days=3)
        with pytest.raises(NotFound):
            chasing.add_between(access, county.WATFORD, "case-p05", text="x", agency_id="cgl", due_on=due_on)
        with pytest.raises(Invalid):
            chasing.add_between(
                access, county.WATFORD, "case-p06", text="x", agency_id="cgl", due_on=access.today - timedelta(days=1)
            )
    with enter("rowan") as access, pytest.raises(NotFound):
        chasing.add_between(access, county.WATFORD, "case-p06", text="x", agency_id="cgl", due_on=due_on)


# ------------------------------------------------------------------------------------------------- not ours, and who has it
def test_an_action_that_is_not_theirs_goes_back_to_the_coordinator_and_to_whose_it_is(
    browser: Browser, owed: dict[str, str], watford: Database
) -> None:
    path = f"/actions/{owed['assessment']}/not-ours"
    refused = browser.sign_in("ruth").post(path, text=" ")
    assert refused.status_code == 422
    assert "Say why it is not yours" in refused.text
    assert browser.post(path, text="He is not open to us. Beacon knows him.").headers["location"] == (
        "/actions?done=action_refused"
    )
    shown = browser.get("/actions").text
    assert "You said that it is not yours: He is not open to us." in shown
    with watford.reading() as session:
        assert case_actions.count_missed(session, county.WATFORD, browser.now.date()) == {}
        kinds = [(each.mail.worker_id, each.mail.kind) for each in outbox.list_posted(session)]
    assert ("priya", MailKind.ACTION_RETURNED) in kinds
    board = browser.sign_in("priya").get(BOARD).text
    assert "Not theirs, they say:</strong> He is not open to us. Beacon knows him." in board
    give = f"/chase/action/{owed['assessment']}/give"
    assert browser.post(give, district=county.WATFORD, agency="cgl").status_code == 422
    given = browser.post(give, district=county.WATFORD, agency="beacon")
    assert given.headers["location"] == f"{BOARD}&done=action_given"
    assert ("beacon", 1) in [(agency_id, facts.count) for agency_id, facts in reminders(watford)]
    assert 'aria-label="assessment"' not in browser.sign_in("ruth").get("/actions").text
    assert "Not theirs" not in browser.sign_in("priya").get(BOARD).text


def test_a_colleague_has_it_and_nobody_of_another_service(
    browser: Browser, owed: dict[str, str], watford: Database, now: Any
) -> None:
    with watford.writing() as session:
        county.add(session, worker, {
            "id": "lee-cgl", "name": "Lee Moss", "short_name": "Lee M", "agency_id": "cgl", "trained_on": now.date(),
            "created_at": now,
        })  # fmt: skip
        county.add(session, worker_role, {"worker_id": "lee-cgl", "role": "agency_member"})
    path = f"/actions/{owed['assessment']}/holder"
    assert browser.sign_in("ruth").post(path, text="").headers["location"] == "/actions?done=action_held"
    assert "You have it." in browser.get("/actions").text
    browser.post(path, holder="lee-cgl")
    assert "Lee M has it." in browser.get("/actions").text
    for wrong in ("priya", "nobody"):
        assert browser.post(path, holder=wrong).status_code == 422
    assert browser.sign_in("tom").post(path, holder="tom").status_code == 404


@pytest.mark.parametrize(("reader", "status"), [("ruth", 403), ("rowan", 404)])
def test_only_the_districts_coordinator_gives_an_action_on(
    browser: Browser, owed: dict[str, str], reader: str, status: int
) -> None:
    give = f"/chase/action/{owed['assessment']}/give"
    assert browser.sign_in(reader).post(give, district=county.WATFORD, agency="beacon").status_code == status


def test_a_form_with_presses_of_several_addresses_is_one_draft_whichever_is_pressed(
    browser: Browser, watford: Database, owed: dict[str, str]
) -> None:
    action = f"/actions/{owed['assessment']}"
    shown = browser.sign_in("ruth").get("/actions").text
    assert f'name="_part" value="{action}/done"' in shown
    mark, token = mark_on(shown), browser.client.cookies["lantern-form"]

    def keep() -> None:
        kept = browser.client.post(
            "/drafts",
            json={"mark": mark, "action": f"{action}/done", "fields": {"text": "Not ours"}},
            headers={"accept": "application/json", "x-csrftoken": token},
        )
        assert kept.status_code == 200, kept.text

    def left() -> list[str]:
        with watford.reading() as session:
            return list(session.scalars(select(draft.c.action)))

    keep()
    sent = browser.post(f"{action}/not-ours", text="Not ours", _draft=mark, _part=f"{action}/done")
    assert sent.status_code == 303
    assert left() == []
    browser.client.cookies.delete("lantern-session")
    browser.post(f"{action}/not-ours", text="Not ours", _draft=mark, _part=f"{action}/done")
    assert left() == [f"{action}/done"]

"""The journey "told once": one person meets four services in a week, and answers each question once."""

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from server.database.engine import Database
from server.queries.partnership import agencies, recipients, workers
from server.tables.people.assessment import assessment_answer
from shared.model.agency import Agency, Agreement
from shared.model.case import Action
from shared.model.codes import AgencyKind, AgreementKind, Role
from shared.model.worker import Worker
from tests.server.cast import PASSWORD, Cast, email_of
from tests.server.people import test_assessment, test_housing_needs
from tests.server.people.test_consent import say
from tests.server.phone import Phone

HTML, marek, post = test_housing_needs.HTML, test_housing_needs.marek, test_housing_needs.post


def hire(services: Any, cast: Cast, name: str, agency: str) -> Worker:
    """Somebody of another service of the partnership, which has signed and was agreed on."""
    now, new_id = services.clock(), services.new_id
    with services.database.writing() as session:
        founded = Agency(id=new_id(), name=agency, kind=AgencyKind.HOUSING)
        agencies.add_agency(session, founded)
        for kind in AgreementKind:
            days = {"signed_on": now.date() - timedelta(days=9), "expires_on": now.date() + timedelta(days=90)}
            signed = Agreement(id=new_id(), agency_id=founded.id, kind=kind, version="1", signatory="x", **days)
            agencies.add_agreement(session, signed)
        told = {"id": new_id(), "agency_id": founded.id, "role": Role.AGENCY_MEMBER, "founding": True}
        recipients.add_recipient(session, recipients.Recipient(**told, proposed_at=now, reason="test"))
        hired = Worker(
            id=new_id(), name=name, short_name=name, agency_id=founded.id, roles=frozenset({Role.AGENCY_MEMBER}),
            district_ids=(cast.watford.id,), trained_on=now.date(),
        )  # fmt: skip
        workers.add_worker(session, hired, email=email_of(hired), now=now)
        from server.queries.operation import sessions
        from server.security.passwords import Passwords
        from tests.server.cast import CHEAP

        sessions.set_password_hash(session, hired.id, Passwords(CHEAP).hash(PASSWORD), now)
    return hired


def owe_an_action(services: Any, person: str, agency_id: str, by: str) -> None:
    """Their service took something on at the conference: it works with the person from then on."""
    from server.queries.cases import case_actions, cases

    now = services.clock()
    with services.database.writing() as session:
        (case,) = cases.list_live_cases_of(session, [person])
        action = Action(
            id=services.new_id(), case_id=case.id, agency_id=agency_id, text="Meet him", due_on=now.date(), agreed_at=now,
            agreed_by=by, mdt_number=1,
        )  # fmt: skip
        case_actions.add_action(session, action)


def to_ask(client: Any, person: str) -> set[str]:
    """The questions that the pages of all sections put to this reader, outside of what is known already."""
    found: set[str] = set()
    sections = re.findall(
        rf'href="/people/{person}/assessment/(\w+)"', client.get(f"/people/{person}/assessment", headers=HTML).text
    )
    for section in sections:
        form = client.get(f"/people/{person}/assessment/{section}", headers=HTML).text
        asked, _, _known = form.partition("Known already: put something right")
        found |= set(re.findall(r'name="version_(\w+)"', asked))
    return found


SECTION = {
    "home_want": "home",
    "good_at": "strengths",
    "trusts": "people",
    "kept_home": "skills",
    "work_learn": "skills",
}


def test_four_services_in_a_week_ask_each_question_once(
    sign_in: Any, services: Any, cast: Cast, marek: str, database: Database, phone: Phone, new_id: Any, clock: Any
) -> None:
    # Monday, the street: Aisha's phone asks, with no signal, and whether others may read it.
    at = clock()
    answered = [test_assessment.told(phone, new_id, marek, at, question=key, value="", words="Once, on the street") for key in
                ("home_want", "pet")]  # fmt: skip
    agreed = {"id": new_id(), "person_id": marek, "what": "assessment", "answer": "agreed", "at": at.isoformat(),
              "worker_id": cast.aisha.id}  # fmt: skip
    assert phone.push(*answered, phone.make_change("consent.said", e=marek, p=agreed)).status_code == 200
    asked: list[set[str]] = []
    ruth, ken = hire(services, cast, "Ruth Day", "Day Centre"), hire(services, cast, "Ken Nurse", "Clinic")
    for day, (worker, key) in enumerate(((cast.priya, "good_at"), (ruth, "trusts"), (ken, "work_learn"))):
        clock.advance(days=1)
        if day:
            owe_an_action(services, marek, worker.agency_id, cast.priya.id)
        client = sign_in(worker)
        asked.append(to_ask(client, marek))
        assert (
            test_assessment.answer(client, marek, SECTION[key], **{f"words_{key}": f"Told {worker.name}"}).status_code
            == 303
        )
    assert not asked[0] & {"home_want", "pet"}
    assert not asked[1] & {"home_want", "pet", "good_at"} and "trusts" in asked[1]
    assert not asked[2] & {"home_want", "pet", "good_at", "trusts"} and "work_learn" in asked[2]
    last = sign_in(cast.priya).get(f"/people/{marek}/assessment", headers=HTML).text
    assert all(words in last for words in ("Once, on the street", "Told Priya Shah", "Told Ruth Day", "Told Ken Nurse"))
    with database.reading() as session:
        questions = list(session.scalars(select(assessment_answer.c.question)))
    assert len(questions) == len(set(questions)) == 5
    # He takes it back: from the next look on each service asks for itself again.
    assert say(sign_in(cast.priya), marek, "refused").status_code == 303
    assert {"home_want", "pet", "trusts"} <= to_ask(sign_in(cast.priya), marek)

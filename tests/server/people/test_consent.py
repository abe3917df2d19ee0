"""Consent: asked, written down, taken back, and believed on every road at once, in whatever order phones and desks are heard."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from server.database.engine import Database
from server.queries.operation import audit
from server.queries.people.consents import list_said
from server.queries.people.erasure import delete_person
from server.queries.people.held import list_everything
from server.tables.people.consent import consent
from server.tables.people.document import document
from server.tables.people.person import person_merge
from shared.model.telling import Shareable
from shared.rules.consent import is_shared
from tests.server.cast import Cast
from tests.server.people import test_housing_needs
from tests.server.people.test_documents import add
from tests.server.phone import Phone

HTML, marek, post = test_housing_needs.HTML, test_housing_needs.marek, test_housing_needs.post


def say(client: Any, person: str, answer: str = "agreed", what: Any = "assessment", **others: str) -> Any:
    return post(client, f"/people/{person}/consent", answer=answer, what=what, **others)


def rows(database: Database) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(select(consent).order_by(consent.c.at, consent.c.id)).mappings().all())


def told(phone: Phone, new_id: Callable[[], str], person: str, answer: str, at: datetime, **others: Any) -> Any:
    assert phone.enrolled is not None
    fact = {"id": new_id(), "person_id": person, "what": "assessment", "answer": answer, "at": at.isoformat(),
            "worker_id": phone.enrolled.config.worker.id}  # fmt: skip
    return phone.make_change("consent.said", e=person, p=fact | others)


def held(phone: Phone, database: Database) -> list[str]:
    from server.queries.sync.store import list_quarantined

    with database.reading() as session:
        return [each.reason or "" for each in list_quarantined(session, phone.number)]


def test_what_they_said_is_kept_shown_on_the_phones_feed_and_taken_back(
    sign_in: Any,
    cast: Cast,
    marek: str,
    database: Database,
    phone: Phone,
) -> None:
    client = sign_in(cast.tom)
    path = f"/people/{marek}/consent"
    assert "Nobody has asked yet" in client.get(path, headers=HTML).text
    assert say(client, marek, words="So I need not tell it again", until="2026-12-24").status_code == 303
    page = client.get(path, headers=HTML).text
    assert "yours reads now:" in page and "yours reads nothing" not in page
    assert "Every service that works with them" in page and "So I need not tell it again" in page
    assert ">Shared<" in page and "until 24 December 2026" in page
    assert b"consent.said" in phone.pull().content
    (kept,) = rows(database)
    assert (kept["answer"], kept["agency_id"], kept["basis"], kept["worker_id"]) == (
        "agreed",
        None,
        "consent",
        cast.tom.id,
    )
    assert post(client, path + "/withdraw", consent=kept["id"]).status_code == 303
    assert post(client, path + "/withdraw", consent=kept["id"]).status_code == 409
    assert post(client, path + "/withdraw", consent="another").status_code == 404
    page = client.get(path, headers=HTML).text
    assert "yours reads nothing of this now" in page
    assert ">Shared<" not in page and "Taken back" in page and "What was said before" in page
    with database.reading() as session:
        said = list_said(session, [marek])
        purposes = [line.purpose for line in audit.list_lines(session, subject_kind="person", subject_id=marek)]
    assert not is_shared(said, Shareable.ASSESSMENT, cast.council.id, kept["at"].date())
    assert {"consent", "consent withdrawn"} <= set(purposes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"what": ""}, {"what": "everything"}, {"answer": ""}, {"answer": "withdrawn"}, {"way": "telepathy"},
        {"agency": "nobody"}, {"way": "paper"}, {"way": "paper", "document": "none"}, {"said_on": "2026-12-24"},
        {"said_on": "soon"}, {"until": "2026-01-01"}, {"until": "9999-12-31"},
        {"words": "x" * 10_001},
    ],
)  # fmt: skip
def test_a_wrong_answer_is_told_and_nothing_is_kept(
    sign_in: Any,
    cast: Cast,
    marek: str,
    database: Database,
    wrong: dict[str, str],
) -> None:
    assert say(sign_in(cast.tom), marek, **({"answer": "agreed"} | wrong)).status_code == 422
    assert rows(database) == []


def test_words_with_a_sign_that_no_database_holds_are_kept_without_it(
    sign_in: Any, cast: Cast, marek: str, database: Database
) -> None:
    assert say(sign_in(cast.tom), marek, words="My GP\0 knows\r\n" + "x" * 9_985).status_code == 303
    (kept,) = rows(database)
    assert kept["words"] == "My GP knows\n" + "x" * 9_985


def test_paper_is_a_document_of_theirs_and_no_other(
    sign_in: Any,
    cast: Cast,
    marek: str,
    database: Database,
    phone: Phone,
    new_id: Callable[[], str],
) -> None:
    client, other = sign_in(cast.tom), new_id()
    here = {"latitude": 51.65, "longitude": -0.4, "source": "gps"}
    assert phone.push(
        phone.patch("person.patched", other, name="Joe"), phone.contact(person_ids=[other], position=here)
    )
    for person in (marek, other):
        assert add(client, person, title="Signed").status_code == 303
    with database.reading() as session:
        papers = dict(session.execute(select(document.c.person_id, document.c.id)).all())
    assert say(client, marek, way="paper", document=papers[other]).status_code == 422
    assert say(client, marek, way="paper", document=papers[marek], said_on="2026-11-01").status_code == 303
    (kept,) = rows(database)
    assert kept["document_id"] == papers[marek] and kept["at"].date().isoformat() == "2026-11-01"
    assert f"/documents/{papers[marek]}" in client.get(f"/people/{marek}/consent", headers=HTML).text


def test_another_basis_is_the_coordinators_and_says_why(
    sign_in: Any,
    cast: Cast,
    marek: str,
    database: Database,
    phone: Phone,
    new_id: Callable[[], str],
    now: datetime,
) -> None:
    why = {"basis": "legal_obligation", "words": "The safeguarding board asked for it."}
    assert say(sign_in(cast.tom), marek, **why).status_code == 403
    phone.push(told(phone, new_id, marek, "agreed", now, basis="vital_interests", words="He is in danger"))
    assert held(phone, database) == ["saying that something is shared without asking is for the coordinator"]
    assert rows(database) == []
    client = sign_in(cast.priya)
    assert say(client, marek, **(why | {"words": "why"})).status_code == 422
    assert say(client, marek, "refused", **why).status_code == 422
    assert say(client, marek, **why).status_code == 303
    assert say(client, marek, "refused").status_code == 303
    page = client.get(f"/people/{marek}/consent", headers=HTML).text
    assert "Shared without asking: legal obligation" in page and page.count(">Shared<") == 1
    by_law = next(each["id"] for each in rows(database) if each["basis"] == "legal_obligation")
    assert post(sign_in(cast.tom), f"/people/{marek}/consent/withdraw", consent=by_law).status_code == 403
    assert post(sign_in(cast.priya), f"/people/{marek}/consent/withdraw", consent=by_law).status_code == 303
    assert ">Shared<" not in sign_in(cast.priya).get(f"/people/{marek}/consent", headers=HTML).text


@pytest.mark.parametrize(("who", "status"), [("helen", 403), ("olu", 403), ("carol", 404)])
def test_others_neither_read_nor_write_it(
    sign_in: Any,
    cast: Cast,
    marek: str,
    database: Database,
    who: str,
    status: int,
) -> None:
    client = sign_in(getattr(cast, who))
    assert client.get(f"/people/{marek}/consent", headers=HTML).status_code == status
    assert say(client, marek).status_code == status
    assert post(client, f"/people/{marek}/consent/withdraw", consent="x").status_code == status
    assert rows(database) == []


def test_what_a_phone_says_that_cannot_be_is_held_and_the_rest_is_kept(
    phone: Phone,
    marek: str,
    database: Database,
    new_id: Callable[[], str],
    now: datetime,
) -> None:
    stranger, ahead = new_id(), now + timedelta(days=2)
    phone.push(
        told(phone, new_id, marek, "refused", now, until="2026-12-24"),
        told(phone, new_id, marek, "agreed", ahead),
        told(phone, new_id, marek, "agreed", now, worker_id=stranger),
        told(phone, new_id, marek, "agreed", now, words="y" * 10_001),
        told(phone, new_id, marek, "agreed", now, basis="fate"),
        told(phone, new_id, marek, "refused", now),
    )
    assert len(held(phone, database)) == 5
    assert [each["answer"] for each in rows(database)] == ["refused"]


def test_a_no_of_today_stands_although_a_phone_whose_clock_is_ahead_said_yes(
    sign_in: Any,
    cast: Cast,
    marek: str,
    database: Database,
    phone: Phone,
    new_id: Callable[[], str],
    now: datetime,
) -> None:
    ahead = now + timedelta(minutes=4)
    assert phone.push(told(phone, new_id, marek, "agreed", ahead)).status_code == 200 and held(phone, database) == []
    client = sign_in(cast.tom)
    for answer, shared in (("refused", False), ("agreed", True), ("refused", False)):
        assert say(client, marek, answer).status_code == 303
        with database.reading() as session:
            said = list_said(session, [marek])
        assert is_shared(said, Shareable.ASSESSMENT, cast.council.id, now.date()) is shared


def test_what_a_phone_whose_clock_is_ahead_heard_is_taken_back_at_once(
    sign_in: Any, cast: Cast, marek: str, database: Database, phone: Phone, new_id: Callable[[], str], now: datetime
) -> None:
    assert phone.push(told(phone, new_id, marek, "agreed", now + timedelta(minutes=4))).status_code == 200
    (word,) = rows(database)
    client = sign_in(cast.priya)
    assert post(client, f"/people/{marek}/consent/withdraw", consent=word["id"]).status_code == 303
    with database.reading() as session:
        said = list_said(session, [marek])
    assert len(said) == 2 and not is_shared(said, Shareable.ASSESSMENT, cast.council.id, now.date())


def test_what_was_said_under_another_record_of_the_same_person_counts(
    sign_in: Any, cast: Cast, marek: str, database: Database, phone: Phone, new_id: Callable[[], str], now: datetime
) -> None:
    other, here = new_id(), {"latitude": 51.65, "longitude": -0.4, "source": "gps"}
    phone.push(phone.patch("person.patched", other, name="Marko"), phone.contact(person_ids=[other], position=here))
    client = sign_in(cast.tom)
    assert say(client, marek).status_code == 303
    assert "yours reads nothing" in client.get(f"/people/{other}/consent", headers=HTML).text
    merged = {"id": new_id(), "from_id": other, "into_id": marek, "at": now, "worker_id": cast.tom.id, "undone": False}
    with database.writing() as session:
        session.execute(insert(person_merge), [merged])
    assert "yours reads now" in client.get(f"/people/{other}/consent", headers=HTML).text
    assert say(client, other, "refused").status_code == 303
    assert "yours reads nothing" in client.get(f"/people/{marek}/consent", headers=HTML).text


def test_it_is_in_their_own_copy_and_goes_with_them(
    sign_in: Any,
    cast: Cast,
    marek: str,
    database: Database,
) -> None:
    say(sign_in(cast.tom), marek)
    with database.writing() as session:
        assert len(list_everything(session, [marek])["consent"]) == 1
        delete_person(session, [marek])
    assert rows(database) == []


# ------------------------------------------------------------------------------------ a model of what may be shared


class Model:
    """What the person said, as they would say it: for each service the last word that named it or everybody."""

    def __init__(self) -> None:
        self.words: list[tuple[datetime, str | None, bool]] = []

    def may(self, agency: str) -> bool:
        """Walk through time: who may read after each word. Nobody is asked twice in one moment here."""
        allowed, refused = False, False
        for _, to, yes in sorted(self.words):
            if to not in (None, agency):
                continue
            if to == agency:
                allowed, refused = yes, not yes
            elif not yes:
                allowed = False
            else:
                allowed = not refused
        return allowed


@pytest.mark.parametrize("seed", range(4))
def test_consent_given_and_withdrawn_while_phones_sync_is_what_the_person_last_said(
    sign_in: Any, cast: Cast, marek: str, database: Database, phone: Phone, client: Any, clock: Any,
    new_id: Callable[[], str], issue_code: Any, seed: int,
) -> None:  # fmt: skip
    chance = random.Random(seed)
    deans = Phone(client, clock, new_id)
    deans.enrol(issue_code(cast.dean))
    desk = sign_in(cast.priya)
    services = (cast.outreach.id, cast.council.id)
    unsent: dict[Phone, list[tuple[Any, tuple[datetime, str | None, bool]]]] = {phone: [], deans: []}
    model, asked = Model(), 0
    secret = {"version_home_last": "1", "value_home_last": "SECRET-OF-NEW-HOPE", "shown_home_last": "", "via": "desk"}
    assert post(sign_in(cast.tom), f"/people/{marek}/assessment/home", **secret).status_code == 303
    desk = sign_in(cast.priya)
    roads = 0
    for number in range(40):
        clock.advance(seconds=chance.randint(1, 20))
        to, yes = chance.choice([None, *services]), chance.random() < 0.5
        event = chance.random()
        carrier = chance.choice(list(unsent))
        if event < 0.5:
            word = (clock(), to, yes)
            answer = "agreed" if yes else chance.choice(["refused", "withdrawn"])
            unsent[carrier].append((told(carrier, new_id, marek, answer, clock(), agency_id=to), word))
        elif event < 0.7:
            assert say(desk, marek, "agreed" if yes else "refused", agency=to or "").status_code == 303
            model.words.append((clock(), to, yes))
        elif unsent[carrier]:
            sending = unsent[carrier][:]
            if chance.random() < 0.3:
                sending = sending[: chance.randint(1, len(sending))]
            unsent[carrier] = unsent[carrier][len(sending) :]
            assert carrier.push(*(change for change, _ in sending)).status_code == 200
            if chance.random() < 0.3:  # the answer was lost: the phone says it again
                assert carrier.push(*(change for change, _ in sending)).status_code == 200
            model.words += [word for _, word in sending]
        with database.reading() as session:
            said = list_said(session, [marek])
        assert len(said) == len(model.words)
        for agency in services:
            asked += 1
            assert is_shared(said, Shareable.ASSESSMENT, agency, clock().date()) is model.may(agency), (seed, agency)
        if number % 4 == 0:
            roads += 1
            read = {
                path: desk.get(f"/people/{marek}/{path}", headers=HTML) for path in ("assessment", "assessment/home")
            }
            paper = desk.get(f"/people/{marek}/assessment-paper")
            shown = {path: "SECRET-OF-NEW-HOPE" in answer.text for path, answer in read.items()}
            assert shown == dict.fromkeys(read, model.may(cast.council.id)) and paper.status_code == 200, (seed, number)
            assert b"SECRET" not in deans.pull().content  # an answer of the desk that the short form does not ask
    assert roads == 10
    assert asked == 80 and held(phone, database) == held(deans, database) == []

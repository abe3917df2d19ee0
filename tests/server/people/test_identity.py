"""Two records of one person: found by evidence, joined after two have looked, remembered as different, parted again exactly."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.access import Door
from server.actions.people import identity as settling
from server.actions.people.health import record_fact as record_health
from server.actions.people.hiding import hide_person
from server.actions.people.identity import Finder
from server.database.engine import Database
from server.http.services import Services
from server.jobs.catalogue import rebuilder_of
from server.problems import Failure, NotFound
from server.queries.cases import cases
from server.queries.people import identity, subjects
from server.queries.people.erasure import delete_person
from server.queries.people.rebuilding import read_derived
from server.tables.cases.case import mdt_case
from server.tables.people.identity import identity_judgement, likely_same
from server.tables.people.person import person, person_merge
from server.tables.street.look import look
from shared.model.codes import IdentityWord
from shared.model.health import HealthFact, HealthKind
from tests.server.cast import WATFORD, Cast
from tests.server.phone import Phone
from tests.web.test_questions import questions

SAME, DIFFERENT = IdentityWord.SAME, IdentityWord.DIFFERENT
HERE = {"latitude": WATFORD[0], "longitude": WATFORD[1], "source": "gps", "accuracy_m": 12.0}
IN_DACORUM = {"latitude": 51.75, "longitude": -0.5, "source": "gps", "accuracy_m": 12.0}
NAMES = {"marek": "Marek Kowalski", "mark": "Marek Kowalsky"}


class Desk:
    """Aisha's phone, the finder of a server, and whoever settles."""

    def __init__(self, phone: Phone, database: Database, cast: Cast, clock: Any, services: Services) -> None:
        self.phone, self.database, self.cast, self.clock, self.services = phone, database, cast, clock, services
        self.new_id = services.new_id
        self.finder = Finder()

    def meet(self, name: str, days_ago: int = 0, position: Any = HERE, **told: Any) -> str:
        person_id = self.new_id()
        moment = self.clock() - timedelta(days=days_ago)
        answer = self.phone.push(
            self.phone.patch("person.patched", person_id, **{"name": name, "date_of_birth": "1975-03-02"} | told),
            self.phone.contact(
                person_ids=[person_id], position=position, seen_at=moment.isoformat(), night=moment.date().isoformat()
            ),
        )
        assert answer.status_code == 200, answer.text
        return person_id

    def record_death(self, person_id: str) -> None:
        told = HealthFact(id="", person_id=person_id, kind=HealthKind.DEATH, on=self.clock().date(), recorded_at=self.clock(),
                          recorded_by=self.cast.priya.id, agency_id="")  # fmt: skip
        with Door(self.database, self.cast.priya, self.clock(), self.new_id, may_change=True).open() as access:
            record_health(access, self.services.project, told)

    def find(self) -> list[tuple[str, str]]:
        self.finder.look_through(self.database, self.clock())
        with self.database.reading() as session:
            return [(row.one_id, row.other_id) for row in session.execute(select(likely_same))]

    def waiting(self, who: Any) -> list[settling.Open]:
        with self.enter(who) as access:
            likely = identity.list_likely(access.session, access.actor.team_ids, access.actor.district_ids)
            return settling.list_open(access, likely)

    def enter(self, who: Any) -> Any:
        return Door(self.database, who, self.clock(), self.new_id, may_change=True).open()

    def say(self, who: Any, one: str, other: str, said: IdentityWord = SAME) -> bool:
        with self.enter(who) as access:
            return settling.judge(access, self.services.project, one, other, said)

    def part(self, who: Any, one: str, other: str) -> None:
        with self.enter(who) as access:
            settling.part(access, self.services.project, one, other)

    def same(self, person_id: str) -> set[str]:
        with self.database.reading() as session:
            return set(subjects.list_same_person(session, person_id))

    def read_all(self, *person_ids: str) -> Any:
        """Everything derived about them, their cases' standing, and where anybody looked."""
        with self.database.reading() as session:
            columns = (
                mdt_case.c.id,
                mdt_case.c.person_id,
                mdt_case.c.state,
                mdt_case.c.district_id,
                mdt_case.c.closed_at,
            )
            standing = sorted(tuple(map(str, row)) for row in session.execute(select(*columns, mdt_case.c.outcome)))
            looks = sorted(tuple(map(str, row)) for row in session.execute(select(look)))
            return read_derived(session, person_ids), standing, looks


@pytest.fixture
def desk(phone: Phone, database: Database, cast: Cast, clock: Any, services: Services) -> Desk:
    return Desk(phone, database, cast, clock, services)


def test_a_pair_is_found_at_night_and_joined_once_a_second_has_looked(desk: Desk) -> None:
    marek, mark = desk.meet(NAMES["marek"], 2), desk.meet(NAMES["mark"])
    desk.meet("Wanda Nowak", date_of_birth="1990-01-31")
    pair = identity.in_order(marek, mark)
    assert desk.find() == [pair]
    assert [each.pair for each in desk.waiting(desk.cast.tom)] == [pair]
    assert desk.say(desk.cast.tom, marek, mark) is False
    assert desk.same(marek) == {marek}
    with pytest.raises(Failure) as refused:
        desk.say(desk.cast.tom, mark, marek)
    assert refused.value.problem.detail.startswith("You have said so already")
    assert [each.worker_id for each in desk.waiting(desk.cast.priya)[0].said_same] == [desk.cast.tom.id]
    assert desk.say(desk.cast.priya, marek, mark) is True
    assert desk.same(mark) == {marek, mark}
    assert desk.waiting(desk.cast.priya) == [] and desk.find() == []
    with desk.database.reading() as session:
        (joined,) = identity.list_joined(session, [marek])
    assert (joined.from_id, joined.into_id) == (mark, marek)  # into the one that is known longer


def test_who_lives_and_who_died_are_joined_only_once_the_death_is_said_of_both(desk: Desk) -> None:
    marek, mark = desk.meet(NAMES["marek"], 2), desk.meet(NAMES["mark"])
    desk.find()
    desk.record_death(marek)
    assert desk.say(desk.cast.tom, marek, mark) is False
    with pytest.raises(Failure) as refused:
        desk.say(desk.cast.priya, marek, mark)
    assert "says that they have died" in refused.value.problem.detail
    assert desk.same(mark) == {mark}
    with desk.database.reading() as session:
        (live,) = cases.list_live_cases_of(session, [mark])
        assert cases.list_live_cases_of(session, [marek]) == []
    desk.record_death(mark)
    assert desk.say(desk.cast.priya, marek, mark) is True
    with desk.database.reading() as session:
        assert cases.list_live_cases_of(session, [marek, mark]) == []
        assert cases.get_case(session, live.id).outcome.startswith("Died on")


def test_joining_and_parting_reach_the_phone_at_its_next_sync(desk: Desk) -> None:
    marek, mark = desk.meet(NAMES["marek"], 2), desk.meet(NAMES["mark"])
    desk.say(desk.cast.tom, marek, mark)
    desk.say(desk.cast.priya, marek, mark)
    desk.clock.advance(minutes=1)
    desk.part(desk.cast.tom, marek, mark)
    heard = [row[5] for row in desk.phone.pull().json()["rows"] if row[3] == "put"]
    told = [change["p"] for change in heard if change["t"] == "person.merged"]
    assert [(each["from_id"], each["into_id"], each.get("undone", False)) for each in told] == [
        (mark, marek, False), (mark, marek, True),
    ]  # fmt: skip


def test_different_is_remembered_and_not_asked_again(desk: Desk) -> None:
    marek, mark = desk.meet(NAMES["marek"], 2), desk.meet(NAMES["mark"])
    desk.find()
    desk.say(desk.cast.tom, marek, mark)
    desk.say(desk.cast.priya, marek, mark, DIFFERENT)
    desk.find()
    assert desk.waiting(desk.cast.tom) == [] and desk.same(marek) == {marek}
    # What was said before "different" counts no more: one new word joins nobody.
    assert desk.say(desk.cast.priya, marek, mark) is False
    assert desk.say(desk.cast.tom, marek, mark) is True


def test_parting_gives_both_their_histories_back_exactly_and_a_rebuild_says_the_same(desk: Desk) -> None:
    """Both are verified, so each has a case: the younger one gives way while they are one, and stands again."""
    marek, mark = desk.meet(NAMES["marek"], 3), desk.meet(NAMES["mark"], 1)
    desk.phone.push(desk.phone.contact(person_ids=[marek, mark], position=HERE))
    before = desk.read_all(marek, mark)
    assert len([row for row in before[1] if row[2] == "candidate"]) == 2
    desk.say(desk.cast.tom, marek, mark)
    desk.say(desk.cast.priya, marek, mark)
    joined = desk.read_all(marek, mark)
    assert [row[2] for row in joined[1]].count("candidate") == 1 and joined[2] != before[2]
    desk.clock.advance(minutes=5)
    desk.part(desk.cast.priya, mark, marek)
    assert desk.read_all(marek, mark) == before
    rebuilt = rebuilder_of(desk.services, desk.clock(), only_prove=True).run()
    assert rebuilt.differing == []
    with desk.database.reading() as session:
        assert {each.person_id for each in cases.list_live_cases_of(session, [marek, mark])} == {marek, mark}
    assert desk.waiting(desk.cast.tom) == []


def test_a_phone_whose_clock_is_ahead_is_parted_all_the_same(desk: Desk) -> None:
    marek, mark = desk.meet(NAMES["marek"], 2), desk.meet(NAMES["mark"])
    desk.say(desk.cast.tom, marek, mark)
    desk.say(desk.cast.priya, marek, mark)
    with desk.database.writing() as session:
        from server.tables.people.person import person_merge

        session.execute(person_merge.update().values(at=desk.clock() + timedelta(minutes=4)))
    desk.part(desk.cast.tom, marek, mark)
    assert desk.same(marek) == {marek}
    desk.say(desk.cast.tom, marek, mark)
    desk.say(desk.cast.priya, marek, mark)
    assert desk.same(marek) == {marek, mark}


def test_between_two_districts_each_looks_at_its_own(desk: Desk) -> None:
    """Priya knows the one in Watford, Carol the one in Dacorum: neither opens the other's, and together they join them."""
    with desk.database.writing() as session:
        from server.tables.people.person import person
        from server.tables.street.contact import contact_person

        here, there = desk.meet(NAMES["marek"], 2), desk.meet(NAMES["mark"])
        for table, column in ((person, person.c.id), (contact_person, contact_person.c.person_id)):
            values = {"district_id": desk.cast.dacorum.id, "team_id": desk.cast.other_team.id}
            session.execute(table.update().where(column == there).values(**values))
        session.execute(mdt_case.update().where(mdt_case.c.person_id == there).values(district_id=desk.cast.dacorum.id))
        from server.tables.people.verification import person_verification as verified

        session.execute(verified.update().where(verified.c.person_id == there).values(district_id=desk.cast.dacorum.id))
    desk.find()
    (open_,) = desk.waiting(desk.cast.priya)
    seen = dict(zip(open_.pair, (open_.sees_one, open_.sees_other), strict=True))
    assert seen == {here: True, there: False}
    assert desk.say(desk.cast.priya, here, there) is False
    assert desk.say(desk.cast.carol, here, there) is True
    assert desk.same(here) == {here, there}


def test_nobody_tries_ids_of_others_against_a_record_of_their_own(desk: Desk) -> None:
    marek, other = desk.meet(NAMES["marek"]), desk.meet("Wanda Nowak", date_of_birth="1990-01-31")
    desk.find()
    for who, one, two in (
        (desk.cast.carol, marek, other),
        (desk.cast.tom, marek, "no-such-record"),
        (desk.cast.tom, marek, marek),
    ):
        with pytest.raises(NotFound):
            desk.say(who, one, two)
    with desk.database.reading() as session:
        assert session.execute(select(identity_judgement)).all() == []


def test_a_record_of_another_district_is_judged_only_where_evidence_found_the_pair(desk: Desk) -> None:
    from server.tables.people.person import person
    from server.tables.people.verification import person_verification as verified
    from server.tables.street.contact import contact_person

    marek, other = desk.meet(NAMES["marek"]), desk.meet("Wanda Nowak", date_of_birth="1990-01-31")
    there = {"district_id": desk.cast.dacorum.id}
    with desk.database.writing() as session:
        for table, column in (
            (contact_person, "person_id"),
            (mdt_case, "person_id"),
            (verified, "person_id"),
            (person, "id"),
        ):
            moved = there if table in (mdt_case, verified) else there | {"team_id": desk.cast.other_team.id}
            session.execute(table.update().where(table.c[column] == other).values(**moved))
    desk.find()
    with pytest.raises(NotFound):
        desk.say(desk.cast.priya, marek, other)


def test_a_hidden_record_is_paired_with_nobody(desk: Desk) -> None:
    marek, mark = desk.meet(NAMES["marek"], 2), desk.meet(NAMES["mark"])
    desk.find()
    with desk.enter(desk.cast.tom) as access:
        hide_person(access, mark, [desk.cast.outreach.id], "Her former partner asks after her")
    assert desk.waiting(desk.cast.priya) == [] and desk.waiting(desk.cast.tom) == []
    with pytest.raises(NotFound):
        desk.say(desk.cast.priya, marek, mark)


def test_who_was_written_down_since_is_found_without_reading_everybody_again(desk: Desk) -> None:
    marek = desk.meet(NAMES["marek"], 2)
    before = desk.clock()
    assert desk.finder.look_up_new(desk.database, before, before) == 0
    desk.clock.advance(minutes=3)
    mark = desk.meet(NAMES["mark"])
    assert desk.finder.look_up_new(desk.database, before + timedelta(minutes=1), desk.clock()) == 1
    assert [each.pair for each in desk.waiting(desk.cast.tom)] == [identity.in_order(marek, mark)]
    desk.clock.advance(minutes=3)
    assert desk.phone.push(
        desk.phone.patch("person.patched", mark, name="Olga Brun", date_of_birth=str(date(2001, 9, 30)))
    ).status_code == 200  # fmt: skip
    assert desk.finder.look_up_new(desk.database, desk.clock() - timedelta(minutes=1), desk.clock()) == 0
    assert desk.waiting(desk.cast.tom) == []


def test_the_database_is_asked_as_often_for_many_pairs_as_for_one(desk: Desk) -> None:
    def ask() -> tuple[int, int]:
        with desk.enter(desk.cast.priya) as access:
            likely = identity.list_likely(access.session, access.actor.team_ids, access.actor.district_ids)
            with questions() as asked:
                return len(settling.list_open(access, likely)), len(asked)

    desk.meet(NAMES["marek"], 2), desk.meet(NAMES["mark"])
    desk.find()
    pairs, asked = ask()
    desk.meet("Marek Kowalski"), desk.meet("Marek Kovalski")
    desk.find()
    more, asked_of_more = ask()
    assert (pairs, asked_of_more) == (1, asked)
    assert more > pairs


def test_what_was_found_of_a_whole_county_is_found_anew_at_once(desk: Desk) -> None:
    pair = identity.Likely(one_id="p00001", other_id="p00002", bits=20.0, found_at=desk.clock())
    with desk.database.writing() as session:
        identity.replace_likely(session, [pair])
        identity.renew_likely(session, {f"p{n:05}" for n in range(2, 130_000)}, [])
        assert session.execute(select(likely_same)).all() == []


def test_who_is_erased_is_in_no_pair_any_more(desk: Desk) -> None:
    marek, mark = desk.meet(NAMES["marek"], 2), desk.meet(NAMES["mark"])
    desk.find()
    desk.say(desk.cast.tom, marek, mark)
    with desk.database.writing() as session:
        delete_person(session, [mark])
    with desk.database.reading() as session:
        assert session.execute(select(likely_same)).all() == session.execute(select(identity_judgement)).all() == []
    # What the finder still holds of them makes no pair.
    desk.clock.advance(minutes=1)
    desk.phone.push(desk.phone.patch("person.patched", marek, alias="Mars"))
    assert desk.finder.look_up_new(desk.database, desk.clock() - timedelta(minutes=1), desk.clock()) == 0


def send(client: Any, who: Callable[..., Any], **form: str) -> Any:
    html = {"accept": "text/html"}
    client.get("/same-person", headers=html)
    token = {"_csrf_token": client.cookies["lantern-form"]}
    return client.post("/same-person", data=form | token, headers=html, follow_redirects=False)


def test_the_desk_lays_them_side_by_side_with_the_reasons(desk: Desk, sign_in: Callable[..., Any]) -> None:
    marek, mark = desk.meet(NAMES["marek"], 2, alias="Red"), desk.meet(NAMES["mark"])
    desk.find()
    client = sign_in(desk.cast.tom)
    page = client.get("/same-person", headers={"accept": "text/html"}).text
    for words in ("1 pair of records", "Very likely", "The same date of birth", NAMES["marek"], NAMES["mark"], "Red"):
        assert words in page, words
    answer = send(client, sign_in, one=marek, other=mark, said="same")
    assert (answer.status_code, answer.headers["location"]) == (303, "/same-person?done=said_same")
    assert "You have said that they are the same" in client.get("/same-person", headers={"accept": "text/html"}).text
    assert send(client, sign_in, one=marek, other=mark, said="nonsense").status_code == 400
    sign_in(desk.cast.priya)
    assert "Tom B has said that they are the same" in client.get("/same-person", headers={"accept": "text/html"}).text
    assert send(client, sign_in, one=marek, other=mark, said="same").headers["location"] == "/same-person?done=joined"
    assert "part them" in client.get("/same-person", headers={"accept": "text/html"}).text
    assert send(client, sign_in, one=marek, other=mark, said="parted").headers["location"] == "/same-person?done=parted"
    assert send(client, sign_in, one=marek, other=mark, said="parted").status_code == 409


@pytest.mark.parametrize("who", ["aisha", "helen", "olu"])
def test_the_desk_is_for_leads_and_coordinators(desk: Desk, sign_in: Callable[..., Any], who: str) -> None:
    client = sign_in(getattr(desk.cast, who))
    assert client.get("/same-person", headers={"accept": "text/html"}).status_code == 403


def test_whoever_was_joined_long_ago_is_parted_from_the_page_too(desk: Desk, sign_in: Callable[..., Any]) -> None:
    marek = desk.meet(NAMES["marek"], 2)
    with desk.database.writing() as session:
        (row,) = session.execute(select(person).where(person.c.id == marek)).mappings()
        for number in range(44):
            session.execute(person.insert().values(dict(row) | {"id": f"p{number:02}", "name": f"Somebody {number}"}))
        for number in range(0, 44, 2):
            pair = {"from_id": f"p{number:02}", "into_id": f"p{number + 1:02}", "worker_id": desk.cast.tom.id}
            at = desk.clock() - timedelta(days=number)
            for told in ("here", "there"):  # a fact in each place that knows one of the two
                session.execute(
                    person_merge.insert().values(pair | {"id": f"m{number}{told}", "at": at, "undone": False})
                )
    client = sign_in(desk.cast.tom)

    first = client.get("/same-person", headers={"accept": "text/html"}).text
    assert first.count("part them") == 20
    assert "Joined before these: 2 more pairs" in first and "Somebody 42" not in first
    second = client.get("/same-person?joined_from=20", headers={"accept": "text/html"}).text
    assert second.count("part them") == 2 and "Somebody 42" in second
    alone = client.get("/same-person?person=p43", headers={"accept": "text/html"}).text
    assert alone.count("part them") == 1 and "Somebody 42" in alone
    assert client.get("/same-person?joined_from=-7", headers={"accept": "text/html"}).text.count("part them") == 20

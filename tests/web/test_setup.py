"""A first run by a page: its link is good once, for a day, while nobody was made, and ends with somebody who can sign in."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from litestar.testing import TestClient

from server.actions.operation.keyring import join_keyring
from server.database.engine import Database
from server.importers.county.beginning import First, begin, path_of
from server.problems import Failure
from server.queries.operation import audit
from server.queries.partnership import workers
from server.security.keys import load_keys
from server.settings import Settings
from tests.conftest import Clock
from tests.server.live import serving_as_set
from tests.server.running import lend_app
from tests.web.test_invitations import PASSWORD, send

ANSWERS = {"agency": "Watford Council", "name": "Dana Price", "email": "Dana@example.org"}
HTML = {"accept": "text/html"}


@pytest.fixture
def client(database: Database, settings: Settings, clock: Clock, new_id: Callable[[], str]) -> Iterator[Any]:
    """HTTP to a server in whose database nothing was entered."""
    with lend_app(settings, clock, new_id) as app, TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def link(client: Any, settings: Settings, clock: Clock) -> str:
    return path_of(clock.now, load_keys(settings).secret)


def list_names(database: Database) -> list[str]:
    with database.reading() as session:
        return [each.name for each in workers.list_workers(session)]


def test_three_answers_make_an_administrator_who_signs_in_and_end_the_link(
    client: Any, link: str, database: Database
) -> None:
    assert "Set this server up" in client.get(link, headers=HTML).text

    asked = send(client, link, **ANSWERS)

    assert "Set your password" in asked.text and "Dana Price" in asked.text
    assert "Your password is set." in send(client, asked.url.path, password=PASSWORD, again=PASSWORD).text
    signed_in = send(client, "/sign-in", email="dana@example.org", password=PASSWORD, code="", next="")
    assert "Sign out" in signed_in.text and "/county" in signed_in.text
    with database.reading() as session:
        (dana,) = workers.list_workers(session)
        (line,) = [each for each in audit.list_lines(session) if each.action == "set_up"]
        assert workers.has_administrator(session)
    assert (line.actor_id, line.subject_id, line.purpose) == (dana.id, dana.id, "by the link of a first run")

    assert client.get(link, headers=HTML).status_code == 404
    assert send(client, link, **ANSWERS | {"email": "eve@example.org"}).status_code == 404
    assert list_names(database) == ["Dana Price"]


def test_a_link_that_is_forged_or_over_says_always_the_same_and_makes_nobody(
    client: Any, link: str, database: Database, clock: Clock
) -> None:
    end, _, proof = link.removeprefix("/setup/").partition(".")
    forged = (
        f"/setup/{int(end) + 86_400}.{proof}",
        link[:-4] + "AAAA",
        "/setup/x",
        "/setup/x.y",
        "/setup/²." + proof,
    )
    told = {client.get(path, headers=HTML).text.partition("<main")[2].partition("</main>")[0] for path in forged}
    assert {client.get(path, headers=HTML).status_code for path in forged} == {404}
    assert {send(client, path, **ANSWERS).status_code for path in forged} == {404}
    clock.advance(hours=24)
    assert client.get(link, headers=HTML).status_code == 200
    clock.advance(seconds=1)
    assert client.get(link, headers=HTML).status_code == 404 == send(client, link, **ANSWERS).status_code
    assert len(told) == 1 and "does not work any more" in told.pop()
    assert list_names(database) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"agency": " "}, "agency"), ({"name": ""}, "name"), ({"email": ""}, "email"), ({"email": "dana"}, "email"),
        ({"email": "-"}, "email"), ({"name": "x" * 201}, "name"), ({"agency": "x" * 201}, "agency"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_beside_its_field_and_nothing_is_stored(
    client: Any, link: str, database: Database, wrong: dict[str, str], field: str
) -> None:
    answer = send(client, link, **ANSWERS | wrong)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text and f'id="{field}-error"' in answer.text
    assert all(text in answer.text for text in (ANSWERS | wrong).values())
    assert list_names(database) == []
    assert client.get(link, headers=HTML).status_code == 200


def test_without_the_forms_token_and_tried_too_often_nobody_is_made(client: Any, link: str, database: Database) -> None:
    assert client.post(link, data=ANSWERS, headers=HTML).status_code == 403
    answers = [send(client, link, **ANSWERS | {"email": "dana"}) for _ in range(11)]
    assert [each.status_code for each in answers] == [422] * 10 + [429]
    assert send(client, link, **ANSWERS).status_code == 429
    assert list_names(database) == []


def test_pressed_by_two_at_the_same_moment_one_is_made(
    client: Any, database: Database, settings: Settings, clock: Clock, new_id: Callable[[], str]
) -> None:
    both, secret = Barrier(2), load_keys(settings).secret

    def press(name: str) -> str:
        both.wait(60)
        try:
            with database.writing() as session:
                first = First(agency=f"Council of {name}", name=name, email=f"{name}@example.org".replace(" ", "."))
                return begin(session, first, clock.now, new_id, secret)[0].name
        except Failure:
            return ""

    with ThreadPoolExecutor(2) as pool:
        made = [each for each in pool.map(press, ("Dana Price", "Eve Stone")) if each]
    assert len(made) == 1 and list_names(database) == made


@pytest.mark.slow
def test_a_server_that_nobody_works_with_prints_the_link_once_it_is_served(
    database: Database, database_url: str, tmp_path: Path, clock: Clock, new_id: Callable[[], str]
) -> None:
    settings = {"LANTERN_DATABASE": database_url, "LANTERN_DATA": str(tmp_path / "server"), "LANTERN_ONE_ROLE": "on"}
    log = tmp_path / "server" / "serve.log"
    with serving_as_set(settings):
        said = log.read_text()
    assert said.count("/setup/") == 1 and "Nobody works with this server yet." in said
    secret = join_keyring(database, Settings(data=tmp_path / "server", database=database_url), clock.now).secret
    with database.writing() as session:
        begin(session, First(agency="Watford", name="Dana Price", email="d@example.org"), clock.now, new_id, secret)
    with serving_as_set(settings):
        assert "/setup/" not in log.read_text()

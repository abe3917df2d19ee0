"""Watford's list with eighteen people on it, and doors for those who come to its conference."""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.access import Access, Door
from server.database.engine import Database
from server.queries.conferences import conferences
from server.queries.operation.sessions import SignInSession, add_session, find_session
from server.queries.partnership.workers import get_worker
from server.security.documents import DocumentKeys
from server.security.tokens import hash_token
from tests.web import county
from tests.worlds import Write

FILES = DocumentKeys(b"k" * 32)
"""Seals what tests circulate without a server around them."""
Enter = Callable[..., AbstractContextManager[Access]]


@pytest.fixture
def watford(database: Database, world: Callable[[Write], Any]) -> Database:
    """The cast, and sixteen more on Watford's list: P01 waited longest."""
    world(county.watford)
    return database


@pytest.fixture
def enter(watford: Database, now: datetime, new_id: Callable[[], str]) -> Enter:
    """Opens the door for one of the cast: `with enter("priya") as access`."""

    def open_for(worker_id: str, later: timedelta = timedelta()) -> AbstractContextManager[Access]:
        with watford.reading() as session:
            worker = get_worker(session, worker_id)
        return Door(watford, worker, now + later, new_id, may_change=True).open()

    return open_for


def item_at(access: Access, conference_id: str, position: int) -> str:
    """The id of the item that has this place on the agenda now."""
    return conferences.list_items(access.session, conference_id)[position - 1].id


class Browser:
    """A browser over the whole application, signed in as one of the cast at a time."""

    def __init__(self, client: Any, watford: Database, now: datetime) -> None:
        self.client = client
        self.watford = watford
        self.now = now
        self._formed: tuple[str | None, str | None] | None = None

    def sign_in(self, worker_id: str) -> "Browser":
        """Becomes somebody else, by a session of their own."""
        token = f"token-of-{worker_id}"
        with self.watford.writing() as session:
            if find_session(session, hash_token(token)) is None:
                add_session(
                    session,
                    SignInSession(
                        token_hash=hash_token(token), worker_id=worker_id, created_at=self.now, last_seen_at=self.now
                    ),
                )
        self.client.cookies.set("lantern-session", token)
        return self

    def get(self, path: str) -> Any:
        return self.client.get(path, headers={"accept": "text/html"}, follow_redirects=False)

    def case(self, conference_path: str, position: int) -> str:
        """The address of the case that has this place on the agenda now, as the page's own forms have it."""
        shown = self.get(f"{conference_path}/discussion/{position}").text
        found = re.search(r'action="([^"]+)/note"', shown)
        assert found is not None, shown
        return found[1]

    def finish(self, conference_path: str, **ends: str) -> Any:
        """Presses Finish on what the page of it shows now; `ends` are what to choose otherwise, such as end_2="close"."""
        shown = self.get(f"{conference_path}/end").text
        hidden = dict(re.findall(r'name="(seen|item_\d+)"[^>]* value="([^"]+)"', shown))
        checked = self.post(f"{conference_path}/end", **{**hidden, **ends})
        return self.confirm(checked) if checked.status_code == 200 else checked

    def confirm(self, checked: Any) -> Any:
        """Presses what a page asks before it does something."""
        assert 'id="checked"' in checked.text, checked.text
        action = re.search(r'<form method="post" action="(/[^"]+)" novalidate>', checked.text)
        assert action is not None
        form = checked.text[action.end() :]
        hidden = re.findall(r'<input type="hidden" name="(?!_)([^"]+)" value="([^"]*)">', form)
        return self.post(action[1], **{name: html.unescape(value) for name, value in hidden})

    def circulate(self, conference_path: str) -> Any:
        """Circulates the agenda as it is now, checked first."""
        checked = self.get(f"{conference_path}/circulate")
        return self.confirm(checked) if checked.status_code == 200 else checked

    def circulate_minutes(self, conference_path: str) -> Any:
        """Circulates the minutes as their page shows them now."""
        shown = self.get(f"{conference_path}/minutes").text
        seen = re.search(r'name="seen" value="([^"]+)"', shown)
        return self.post(f"{conference_path}/minutes/circulate", seen=seen[1] if seen else "")

    def form_token(self) -> str:
        """The token of this session's forms: any page brings it. It stands until the session, or the token, is another."""
        if self._cookies() != self._formed:
            self.get("/sign-in")
            self._formed = self._cookies()
        return str(self.client.cookies["lantern-form"])

    def _cookies(self) -> tuple[str | None, str | None]:
        return self.client.cookies.get("lantern-session"), self.client.cookies.get("lantern-form")

    def find(self, **fields: str) -> Any:
        """Looks for somebody, and goes to what was found."""
        return self.get(self.post("/cases/search", **fields).headers["location"])

    def post(self, path: str, accept: str = "text/html", **fields: str) -> Any:
        data = {**fields, "_csrf_token": self.form_token()}
        return self.client.post(path, data=data, headers={"accept": accept}, follow_redirects=False)


@pytest.fixture
def browser(
    watford: Database, settings: Any, clock: Any, now: datetime, new_id: Callable[[], str]
) -> Iterator[Browser]:
    from litestar.testing import TestClient

    from tests.server.running import lend_app

    with lend_app(settings, clock, new_id) as app, TestClient(app, raise_server_exceptions=True) as client:
        yield Browser(client, watford, now)


# ------------------------------------------------------------------------------------------------------------ Chromium
@pytest.fixture
def url(watford: Any, settings: Any, clock: Any, new_id: Callable[[], str]) -> Iterator[str]:
    """The whole server on a port of its own."""
    from tests.server.live import listening
    from tests.server.running import lend_app

    with lend_app(settings, clock, new_id) as app, listening(app) as address:
        yield address


@pytest.fixture
def open_page(chromium: Any, url: str, watford: Any, now: Any) -> Iterator[Callable[..., Any]]:
    """A browser of somebody's own, signed in; closed at the end."""
    contexts = []

    def open_for(worker_id: str, **options: Any) -> Any:
        Browser(_Jar(), watford, now).sign_in(worker_id)
        context = chromium.new_context(base_url=url, **options)
        contexts.append(context)
        context.add_cookies([{"name": "lantern-session", "value": f"token-of-{worker_id}", "url": url}])
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
        return page

    yield open_for
    for context in contexts:
        context.close()


class _Jar:
    """Takes the cookie that a test's own client would keep."""

    class cookies:  # noqa: N801 - named as the client names it
        @staticmethod
        def set(name: str, value: str) -> None:
            """The browser gets its cookie from the context."""


@pytest.fixture
def database_role() -> str:
    return "app"

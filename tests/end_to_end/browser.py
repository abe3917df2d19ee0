"""A real headless browser in a thread of its own (its driver wants to own a thread, and so does the phone app).

It fails on a request to any other host, on a script error and on a breach of the page's content policy.
"""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tests.chromium import CHROMIUM, FLAGS

Answer = TypeVar("Answer")
PATIENCE_MS = 60_000


class Browser:
    """What a person does at a browser."""

    def __init__(self, run: Callable[[Callable[[], Any]], Any], page: Any, faults: list[str]) -> None:
        self._run = run
        self._page = page
        self._faults = faults

    def sign_in(self, url: str, email: str, password: str) -> None:
        """Sign in as somebody, whoever was signed in before."""

        def go() -> None:
            self._page.context.clear_cookies()
            self._page.goto(f"{url}/sign-in")
            self._page.fill("input[type=email], input[name=email]", email)
            self._page.fill("input[type=password]", password)
            self._page.click("main button[type=submit]")
            self._page.wait_for_load_state()

        self._do(go)

    def read(self, url: str) -> str:
        """The words of a page."""
        self._do(lambda: self._page.goto(url))
        return self.text()

    def follow(self, text: str) -> None:
        """Press the first link with these words."""

        def go() -> None:
            self._page.locator("main a", has_text=text).first.click()
            self._page.wait_for_load_state()

        self._do(go)

    @property
    def path(self) -> str:
        """The path of the page that is open."""
        return urlsplit(self._do(lambda: str(self._page.url))).path

    def fill(self, **fields: str) -> None:
        """Type into fields, by their names."""

        def go() -> None:
            for name, text in fields.items():
                self._page.fill(f"main [name='{name}']", text)

        self._do(go)

    def choose(self, **places: int) -> None:
        """Choose the n-th option of lists, by their names; the first tells to choose."""

        def go() -> None:
            for name, place in places.items():
                self._page.select_option(f"main select[name='{name}']", index=place)

        self._do(go)

    def pick(self, name: str, value: str) -> None:
        """Press the one of several buttons of a choice that stands for a value."""
        self._do(lambda: self._page.check(f"main input[name='{name}'][value='{value}']"))

    def upload(self, name: str, file: Path) -> None:
        """Choose a file."""
        self._do(lambda: self._page.set_input_files(f"main input[name='{name}']", str(file)))

    def press(self, text: str) -> None:
        """Press the first button whose words begin so."""

        def go() -> None:
            button = self._page.locator("main button").filter(has_text=re.compile(rf"^\s*{re.escape(text)}")).first
            with self._page.expect_navigation():
                button.click()
            self._page.wait_for_load_state()

        self._do(go)

    def let_go(self, name: str) -> None:
        """On the page of workers: they leave."""

        def go() -> None:
            row = self._page.locator("tr", has_text=name)
            row.locator("summary").click()
            row.get_by_label(f"I mean {name}").check()
            with self._page.expect_navigation():
                row.get_by_role("button", name="revoke the phones").click()
            self._page.wait_for_load_state()

        self._do(go)

    def rows(self, table: str) -> list[list[str]]:
        """The cells of the rows of the first such table, its heads left out."""

        def go() -> list[list[str]]:
            found = self._page.locator(table).first.locator("tbody tr").all()
            return [[cell.strip() for cell in row.locator("th, td").all_inner_texts()] for row in found]

        return self._do(go)

    def text(self) -> str:
        """The words of the page that is open."""
        return self._do(lambda: str(self._page.inner_text("main")))

    def picture(self, file: Path | None) -> None:
        """Take a picture of the page as somebody sees it at first; none without a file."""
        if file is not None:
            self._do(lambda: self._page.screenshot(path=file))

    def count(self, selector: str) -> int:
        """How many such elements the page has, once it has one."""

        def go() -> int:
            self._page.wait_for_selector(selector, state="attached")
            return int(self._page.locator(selector).count())

        return self._do(go)

    def _do(self, action: Callable[[], Answer]) -> Answer:
        answer: Answer = self._run(action)
        assert not self._faults, self._faults
        return answer


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A browser with nothing in it, closed at the end."""
    from playwright.sync_api import sync_playwright

    with ThreadPoolExecutor(max_workers=1) as thread:

        def run(action: Callable[[], Any]) -> Any:
            return thread.submit(action).result(timeout=120)

        faults: list[str] = []
        driver = run(lambda: sync_playwright().start())
        chromium = run(lambda: driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS))
        try:
            yield Browser(run, run(lambda: _new_page(chromium, faults)), faults)
        finally:
            run(chromium.close)
            run(driver.stop)


def _new_page(chromium: Any, faults: list[str]) -> Any:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("request", lambda request: _note_other_host(request.url, faults))
    return page


def _note_other_host(url: str, faults: list[str]) -> None:
    parts = urlsplit(url)
    if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "127.0.0.1":
        faults.append(f"a request to {parts.hostname}")

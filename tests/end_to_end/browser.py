"""A real headless browser in a thread of its own (its driver wants to own a thread, and so does the phone app).

It fails on a request to any other host, on a script error and on a breach of the page's content policy.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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

    def text(self) -> str:
        """The words of the page that is open."""
        return self._do(lambda: str(self._page.inner_text("main")))

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

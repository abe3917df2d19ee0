"""WebKit, the engine of Safari, driven by its own WebDriver on a display of its own: Debian's `webkit2gtk-driver` and
`xvfb`. Where they are missing, a test that asks for it is skipped."""

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.server.live import held_port

DRIVER, DISPLAY = "WebKitWebDriver", "Xvfb"
BROWSERS = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"))
PATIENCE_S = 60


def why_not() -> str:
    """Why no WebKit can be driven here, or nothing."""
    missing = [name for name in (DRIVER, DISPLAY) if shutil.which(name) is None]
    return f"not on this machine: {', '.join(missing or ['MiniBrowser'])}" if missing or not BROWSERS else ""


class WebKit:
    """One window."""

    def __init__(self, driver: str, profile: Path) -> None:
        self._driver = driver
        wanted = {"binary": str(BROWSERS[0]), "args": ["--automation"]}
        told = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": wanted}}})
        self._session = f"/session/{told['sessionId']}"
        self._ask("POST", f"{self._session}/timeouts", {"script": PATIENCE_S * 1000})

    def open(self, url: str) -> None:
        self._ask("POST", f"{self._session}/url", {"url": url})

    def reload(self) -> None:
        self._ask("POST", f"{self._session}/refresh", {})

    def run(self, script: str, *arguments: Any) -> Any:
        """What an async function with this body returns."""
        work = f"(async (...given) => {{ {script} }})(...arguments)"
        body = f"const done = arguments[arguments.length - 1]; {work}.then(done, (e) => done(String(e)));"
        return self._ask("POST", f"{self._session}/execute/async", {"script": body, "args": list(arguments)})

    def wait(self, condition: str, *arguments: Any) -> None:
        """Until an expression over `given` holds."""
        ends = time.monotonic() + PATIENCE_S
        while not self.run(f"return Boolean({condition});", *arguments):
            assert time.monotonic() < ends, (
                f"{condition} {arguments}: {self.run('return document.body.innerText')[:600]}"
            )

    def close(self) -> None:
        self._ask("DELETE", self._session)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._driver + path, sent, {"content-type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE_S * 2) as answer:
            return json.load(answer)["value"]


@contextmanager
def open_webkit(data: Path) -> Iterator[WebKit]:
    """A browser with nothing in it."""
    reader, writer = os.pipe()
    display = subprocess.Popen(
        [DISPLAY, "-displayfd", str(writer), "-screen", "0", "420x900x24"], pass_fds=[writer], stderr=subprocess.DEVNULL
    )
    os.close(writer)
    with os.fdopen(reader) as told:
        number = told.readline().strip()
    homes = {name: str(data / name) for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    # WebKit's own sandbox wants namespaces that a container does not give.
    own = {
        "DISPLAY": f":{number}",
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
        "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
    }
    with held_port() as port:
        driver = subprocess.Popen(
            [DRIVER, f"--port={port}"],
            env=os.environ | homes | own,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address)
            browser = WebKit(address, data)
            yield browser
            browser.close()
        finally:
            driver.terminate()
            driver.wait(PATIENCE_S)
            display.terminate()
            display.wait(PATIENCE_S)


def _wait_for(address: str) -> None:
    ends = time.monotonic() + PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(f"{address}/status", timeout=PATIENCE_S).close()
            return
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < ends, "the driver did not answer"
            time.sleep(0.05)

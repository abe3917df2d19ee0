"""Asking another system's GeoReport v2 server for its requests: page by page, a span at a time, and by number for those we hold.

The other side is not believed: an answer has a size, a time and a form; no redirect is followed, since a key goes to the address
that was set and nowhere else; a page that brings nothing new ends the pages. What it says is data for the importer, never more.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from server.settings import GeoreportSettings

PAGE_SIZE, MOST_PAGES = 200, 100
AT_ONCE = 50
"""So many requests are asked for by number in one go."""
MOST_BYTES = 8 << 20
PIECE_BYTES = 1 << 16
LONGEST_SPAN = timedelta(days=89)
"""A server need not answer for more than ninety days at once (GeoReport v2, GET service requests)."""
LONGEST_NUMBER = 200


class PullTrouble(Exception):
    """The other server cannot be asked now; the message says why, without a key."""


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class GeoreportClient:
    """One other server. `clock` limits how long an answer may trickle in; `heartbeat` is called before each question."""

    def __init__(
        self, settings: GeoreportSettings, clock: Callable[[], datetime], heartbeat: Callable[[], None]
    ) -> None:
        self._settings, self._clock, self._heartbeat = settings, clock, heartbeat
        self._opener = build_opener(_NoRedirects)

    def list_since(self, since: datetime, until: datetime) -> Iterator[Mapping[str, Any]]:
        """Every request of these services asked for since a moment, each once. Raises PullTrouble."""
        seen: set[str] = set()
        while since < until:
            end = min(until, since + LONGEST_SPAN)
            for page in range(1, MOST_PAGES + 1):
                found = [each for each in self._ask_page(since, end, page) if number_of(each) not in seen]
                seen.update(number_of(each) for each in found)
                yield from (each for each in found if self._is_wanted(each))
                if not found:
                    break
            else:
                raise PullTrouble(
                    f"It answers more than {MOST_PAGES} pages for {LONGEST_SPAN.days} days: narrow the services."
                )
            since = end

    def list_numbered(self, numbers: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """How the requests of these numbers stand now; those that it does not answer together are asked for one by one."""
        for start in range(0, len(numbers), AT_ONCE):
            asked = list(numbers[start : start + AT_ONCE])
            # Some say of several that there is none where one is missing: not believed, each is asked for alone.
            together = self._ask("requests.json", missing_is_none=True, service_request_id=",".join(asked))
            found = {number_of(each): each for each in together}
            for number in asked:
                alone = [found[number]] if number in found else self._ask_alone(number)
                yield from (each for each in alone if number_of(each) == number and self._is_wanted(each))

    def _ask_page(self, since: datetime, until: datetime, page: int) -> list[Mapping[str, Any]]:
        return self._ask(
            "requests.json", service_code=",".join(self._settings.services), start_date=_say(since), end_date=_say(until),
            status="open,closed", page=str(page), page_size=str(PAGE_SIZE),
        )  # fmt: skip

    def _ask_alone(self, number: str) -> list[Mapping[str, Any]]:
        return self._ask("requests.json", missing_is_none=True, service_request_id=number)

    def _is_wanted(self, request: Mapping[str, Any]) -> bool:
        """Of a service that was asked for? One that names none is believed to be."""
        code = request.get("service_code")
        return code is None or str(code) in self._settings.services

    def _ask(self, path: str, *, missing_is_none: bool = False, **asked: str) -> list[Mapping[str, Any]]:
        self._heartbeat()
        if self._settings.jurisdiction:
            asked["jurisdiction_id"] = self._settings.jurisdiction
        headers = {"accept": "application/json", "user-agent": "Lantern"}
        if self._settings.key_file is not None:
            headers["x-api-key"] = asked["api_key"] = self._settings.key_file.read_text(encoding="utf-8").strip()
        request = Request(f"{self._settings.url.rstrip('/')}/{path}?{urlencode(asked)}", headers=headers)
        try:
            with self._opener.open(request, timeout=self._settings.timeout.total_seconds()) as answer:
                return _read_list(self._read(answer))
        except HTTPError as error:
            error.close()
            if error.code == 404 and missing_is_none:
                return []
            raise PullTrouble(f"The Open311 server answered {error.code}.") from None
        except (URLError, OSError, ValueError, HTTPException) as error:
            raise PullTrouble(f"The Open311 server could not be asked: {type(error).__name__}.") from None

    def _read(self, answer: Any) -> bytes:
        """The whole answer, within its size and its time however slowly it comes."""
        until = self._clock() + self._settings.timeout
        pieces, size = [], 0
        while piece := answer.read(PIECE_BYTES):
            size += len(piece)
            if size > MOST_BYTES:
                raise PullTrouble(f"The Open311 server answered more than {MOST_BYTES >> 20} MB for one page.")
            if self._clock() > until:
                raise PullTrouble("The Open311 server answered too slowly.")
            pieces.append(piece)
        if answer.length:
            raise PullTrouble("The Open311 server broke off within its answer.")
        return b"".join(pieces)


def number_of(request: Mapping[str, Any]) -> str:
    """What a request is known by; empty where it has none yet."""
    number = request.get("service_request_id")
    plain = str(number).strip() if isinstance(number, str | int) and not isinstance(number, bool) else ""
    return plain if len(plain) <= LONGEST_NUMBER else ""


def _read_list(data: bytes) -> list[Mapping[str, Any]]:
    try:
        whole = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise PullTrouble("The Open311 server answered what is no JSON.") from None
    if isinstance(whole, Mapping):
        whole = whole.get("service_requests", whole.get("requests"))
    if not isinstance(whole, list):
        raise PullTrouble("The Open311 server answered no list of requests.")
    return [each for each in whole if isinstance(each, Mapping) and number_of(each)]


def _say(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"

"""A feed of Open Referral UK, fetched page by page, each service whole. Only a person who types its address makes us ask it."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx

from server.importers.files import UnusableFile
from server.importers.openreferral.parse import is_last_page, list_items

MOST_PAGES = 2_000
MOST_BYTES = 20_000_000
WAIT_S = 30.0
LARGE_PAGE = 100


def fetch_items(address: str, transport: httpx.BaseTransport | None = None) -> Iterator[Any]:
    """Each service of the feed at `address`, as it stands. Raises UnusableFile where the feed does not answer as one."""
    base = address.rstrip("/")
    if not base.startswith(("https://", "http://")):
        raise UnusableFile("The address of a feed begins with https://.")
    with httpx.Client(timeout=WAIT_S, transport=transport) as line:
        for number in range(1, MOST_PAGES + 1):
            data = _get(line, f"{base}/services", {"page": number, "per_page": LARGE_PAGE})
            listed = list_items(data)
            for each in listed:
                yield _fetch_whole(line, base, each)
            if not listed or _is_last(data):
                return
    raise UnusableFile(f"The feed has more than {MOST_PAGES:,} pages: nothing was taken.")


def _fetch_whole(line: httpx.Client, base: str, listed: Any) -> Any:
    """The service with everything that belongs to it: a list tells only its own fields."""
    if (
        not isinstance(listed, dict)
        or not listed.get("id")
        or "schedules" in listed
        or "service_at_locations" in listed
    ):
        return listed
    try:
        return list_items(_get(line, f"{base}/services/{quote(str(listed['id']), safe='')}", {}))[0]
    except IndexError as error:
        raise UnusableFile("The feed answers nothing for a service that it lists.") from error


def _get(line: httpx.Client, address: str, query: dict[str, int]) -> bytes:
    try:
        answer = line.get(address, params=query, headers={"accept": "application/json"})
    except httpx.InvalidURL as error:
        raise UnusableFile("That is no address of a feed, such as https://directory.example.org/api.") from error
    except httpx.HTTPError as error:
        raise UnusableFile(
            f"The feed does not answer ({type(error).__name__}): nothing was taken. Try again later."
        ) from error
    if answer.status_code != httpx.codes.OK:
        raise UnusableFile(f"The feed answers {answer.status_code}: is the address its beginning, before /services?")
    if len(answer.content) > MOST_BYTES:
        raise UnusableFile(f"The feed answers more than {MOST_BYTES // 1_000_000} MB at once.")
    return answer.content


def _is_last(data: bytes) -> bool:
    told = json.loads(data)
    return not isinstance(told, dict) or is_last_page(told)

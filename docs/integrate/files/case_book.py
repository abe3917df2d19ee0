"""An example of a partner's case system that works with Lantern. Python 3.9 or newer, and nothing else.

    case_book.py send REFERENCE LATITUDE LONGITUDE WORDS    sends a referral, and says what is answered
    case_book.py follow FILE                                adds new contacts to FILE; says what is owed

Needs LANTERN (the address), LANTERN_ID and LANTERN_KEY (a file that holds the secret) in the environment.
"""

import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any


class Lantern:
    """Asks Lantern, with a token that is renewed when it has ended."""

    def __init__(self, address: str, system_id: str, secret: str) -> None:
        self._base, self._id, self._secret = f"{address.rstrip('/')}/api/v1", system_id, secret
        self._token = ""

    def ask(self, path: str, body: Any = None) -> Any:
        """Read an address, or send a body to it. Raises urllib.error.HTTPError; its body is a problem (RFC 9457) in JSON."""
        try:
            return self._send(path, body)
        except urllib.error.HTTPError as refused:
            if refused.code != 401:
                raise
        self._renew()
        return self._send(path, body)

    def _send(self, path: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        request = urllib.request.Request(self._base + path, data, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def _renew(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": self._id, "client_secret": self._secret}
        data = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(f"{self._base}/token", data, timeout=60) as answer:
            self._token = json.load(answer)["access_token"]


def send(lantern: Lantern, reference: str, latitude: float, longitude: float, words: str) -> None:
    """Send a referral. The same reference again is the same referral, so that it may be sent until it was answered."""
    position = {"latitude": latitude, "longitude": longitude}
    told = lantern.ask("/referrals", {"reference": reference, "position": position, "appearance": words})
    print(f"{told['number']}: {told['answer']}")


def follow(lantern: Lantern, kept: Path) -> None:
    """Add the contacts that are new, and list what is owed. What was read is written down before it is asked on from there."""
    book = json.loads(kept.read_text()) if kept.exists() else {"after": "", "contacts": []}
    while True:
        page = lantern.ask(f"/contacts?after={urllib.parse.quote(book['after'] or '', safe='')}")
        book = {"after": page["after"], "contacts": book["contacts"] + page["contacts"]}
        kept.write_text(json.dumps(book))
        if not page["is_more"]:
            break
    print(f"{len(book['contacts'])} contacts")
    after = ""
    while after is not None:
        page = lantern.ask(f"/actions?after={urllib.parse.quote(after, safe='')}")
        after = page["after"]
        for each in page["actions"]:
            if each["done_at"] is None:
                print(f"{'LATE ' if each['is_overdue'] else ''}{each['due_on']} {each['id']} {each['text']}")


def main(arguments: list[str]) -> None:
    """Do what was asked for at the terminal."""
    secret = Path(os.environ["LANTERN_KEY"]).read_text().strip()
    lantern = Lantern(os.environ["LANTERN"], os.environ["LANTERN_ID"], secret)
    command, *rest = arguments
    if command == "send":
        send(lantern, rest[0], float(rest[1]), float(rest[2]), rest[3])
    else:
        follow(lantern, Path(rest[0]))


if __name__ == "__main__":
    main(sys.argv[1:])

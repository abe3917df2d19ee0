"""The link that an enrolment page shows as a picture, and that a phone's camera opens Lantern with (privacy rule B12).

    lantern://enrol?server=https%3A%2F%2Flantern.example.org&code=ABCD-EFGH-…

It says where the server is and one code that works once, for ten minutes: no lasting secret. Anybody can print such a
picture, so reading one is strict, and decides nothing: a worker still sees the address, chooses a PIN and compares digits.
"""

import re
from typing import Final

from shared.model.value import Value

SCHEME: Final = "lantern"
HOST: Final = "enrol"
LENGTH_MAX: Final = 400

SERVER: Final = re.compile(r"https?://([A-Za-z0-9.-]+|\[::1\])(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~-]+)*")
"""A bare address: no name, query or fragment to mislead the eye. Whether plain http will do is judged before anything is sent."""

CODE: Final = re.compile(r"(?=(-?[A-Za-z0-9]){26,64}$)[A-Za-z0-9-]+")
"""26 letters and digits of base32 are the 128 bits that rule B12 asks for."""

LINK: Final = re.compile(rf"{SCHEME}://{HOST}\?server=([A-Za-z0-9%._~-]+)&code=([A-Za-z0-9-]+)")

QUOTED: Final = {":": "%3A", "/": "%2F", "[": "%5B", "]": "%5D"}
"""Every character of an address that a query may not hold as it is."""


class NotALink(ValueError):
    """This text is no enrolment link: another picture was scanned, or somebody tampered with it."""


class EnrolmentLink(Value, frozen=True, kw_only=True):
    """Where to enrol, and with which code."""

    server: str
    code: str


def is_link(text: str) -> bool:
    """Does this text claim to be a link of ours? It may still be a bad one."""
    return text.strip().casefold().startswith(f"{SCHEME}:")


def write_link(link: EnrolmentLink) -> str:
    """The link as text, plain ASCII."""
    server = "".join(QUOTED.get(character, character) for character in link.server)
    return f"{SCHEME}://{HOST}?server={server}&code={link.code}"


def read_link(text: str) -> EnrolmentLink:
    """The link in this text. Raises `NotALink` for whatever `write_link` would not have written for a server of ours."""
    text = text.strip()
    found = LINK.fullmatch(text) if len(text) <= LENGTH_MAX else None
    if found is None:
        raise NotALink("not an enrolment link")
    server, code = found[1], found[2]
    for character, quoted in QUOTED.items():
        server = server.replace(quoted, character)
    if not SERVER.fullmatch(server):
        raise NotALink("the address is none")
    if not CODE.fullmatch(code):
        raise NotALink("the code is none")
    return EnrolmentLink(server=server, code=code)

"""The telephone gateway: a message handed to whoever sends text messages or rings telephones, by one HTTP request.

The request is `POST {url}` with JSON: `to` (the number), `text`, `channel` ("sms" or "voice") and `id`, which is the same
whenever a message is tried again, so that a gateway may drop the second. 2xx means that it was taken. Most providers are
reached by a few lines in front of them. Whether and when to try again is decided elsewhere.
"""

from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from server.mail.smtp import MailRefused, TryLater, Unreachable
from server.security.outgoing import post
from server.settings import Settings
from shared.model.alarm import AlarmStep

WORDS: dict[AlarmStep | str | bool | None, str] = {
    AlarmStep.WORKER: "Lantern: {name}, you were to be heard by now. Press I am well, or tell a colleague: {link}",
    None: "Lantern: {name} was to be heard by now and was not. Find out, and press I have it: {link}",
    "put_back": "Lantern: {name} was to be heard. After a fault Lantern may say so twice. Find out, and press I have it: {link}",
    "help": "Lantern: {name} asks for help now. Find out where they are, and press I have it: {link}",
    "duress": "Lantern: {name} checked in under duress. Do not ring them. Press I have it, and say to 999 what is known: {link}",
    True: "Lantern: {name} was heard, or somebody has said what came of it. It is over: {link}",
}
NOW_OR_EVER = frozenset({400, 401, 403, 404, 410, 413, 422})
"""Answers after which the same request fares no better."""


class Text(msgspec.Struct, frozen=True):
    """One message for one telephone."""

    id: str
    to: str
    text: str
    channel: str


class Gateway(Protocol):
    """Hands messages on."""

    def send(self, text: Text) -> None:
        """Hand one on. Raises Refused, TryLater or Unreachable."""


class HttpGateway:
    """A Gateway that is spoken to by HTTP. Whatever it does, a message takes no longer than twice the timeout of the settings;
    a number and a token go to the address that was set, and nowhere else."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.alarm
        self._host = urlsplit(settings.alarm.url).hostname or ""

    def send(self, text: Text) -> None:
        """Hand one on. Errors say nothing of the number."""
        headers = {"content-type": "application/json", "idempotency-key": text.id}
        if self._settings.token_file is not None:
            headers["authorization"] = f"Bearer {self._settings.token_file.read_text().strip()}"
        body, patience_s = msgspec.json.encode(text), self._settings.timeout.total_seconds()
        try:
            status = post(self._settings.url, body, headers, {self._host}, patience_s=patience_s)
        except OSError as error:
            raise Unreachable(f"The telephone gateway could not be reached: {type(error).__name__}.") from None
        if status in NOW_OR_EVER:
            raise MailRefused(f"The telephone gateway answered {status}.")
        if not 200 <= status < 300:
            raise TryLater(f"The telephone gateway answered {status}.")


def make_gateway(settings: Settings) -> Gateway | None:
    """The gateway of these settings; None where there is none."""
    return HttpGateway(settings) if settings.alarm.url else None


def write_text(
    name: str,
    step: AlarmStep,
    is_over: bool,
    link: str,
    asks_help: bool = False,
    is_silent: bool = False,
    is_put_back: bool = False,
) -> str:
    """What a message says: a first name and a link, no place and nothing else."""
    kind = (
        True
        if is_over
        else "duress"
        if is_silent
        else "help"
        if asks_help
        else step
        if step is AlarmStep.WORKER
        else "put_back"
        if is_put_back
        else None
    )
    return WORDS[kind].format(name=name, link=link)

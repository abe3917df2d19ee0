"""A first run: a few questions that end with an administrator who can sign in, at the terminal or by a page with a link.

The link needs no table: it is `end.proof`, good for a day and only while nobody works with this database: its use ends it.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from server.actions.operation import invitations
from server.database.locks import lock_records
from server.importers.county.plan import REMOVED, Verb
from server.importers.county.sheets import BY_NAME, County, Row
from server.importers.county.store import apply, keep_plan, make_box
from server.problems import CONFLICTING, Failure, InvalidFields
from server.queries.partnership import workers
from server.security.tokens import derive, same
from shared.model.value import Id, Value
from shared.model.worker import Worker

LIVES = timedelta(days=1)
USED = "Somebody works with this database already: nothing was changed. See `lantern worker list`."
ASKED = {("Agencies", "Name"): "agency", ("Workers", "Name"): "name", ("Workers", "E-mail"): "email"}
MISSING = {
    "agency": "Enter the organisation that runs this server.", "name": "Enter your whole name.",
    "email": "Enter your work e-mail address.",
}  # fmt: skip
LOCK = "first run"


class First(Value, frozen=True, kw_only=True):
    """What is asked: the organisation that runs the server, and its first administrator."""

    agency: str
    name: str
    email: str


def path_of(now: datetime, secret: bytes) -> str:
    """The path of a link that is good from now."""
    end = str(int((now + LIVES).timestamp()))
    return f"/setup/{end}.{derive(secret, 'setup', end)}"


def is_open(session: Session, token: str, secret: bytes, now: datetime) -> bool:
    """Does a link lead anywhere: is it ours, not over, and was nobody made yet?"""
    end, _, proof = token.partition(".")
    if not same(proof, derive(secret, "setup", end)):
        return False
    return now <= datetime.fromtimestamp(int(end), UTC) and not workers.list_workers(session)


def begin(session: Session, first: First, now: datetime, new_id: Callable[[], Id], secret: bytes) -> tuple[Worker, str]:
    """Make the first administrator; returns them, and the path by which they set their password.

    Raises InvalidFields, and Failure where somebody works with this database.
    """
    lock_records(session, {LOCK})
    if workers.list_workers(session):
        raise Failure(CONFLICTING, USED)
    missing = {field: MISSING[field] for field in ASKED.values() if getattr(first, field).strip() in ("", REMOVED)}
    if missing:
        raise InvalidFields(missing)
    box = make_box(secret)
    batch = keep_plan(session, box, _county(first), "setup", None, now, new_id())
    wrong: dict[str, str] = {}
    for line in apply(session, box, batch.id, now, new_id).of(Verb.REFUSE):
        for fault in line.faults:
            wrong.setdefault(ASKED.get((line.sheet, fault.column), "agency"), fault.words)
    if wrong:
        raise InvalidFields(wrong)
    made = workers.list_workers(session)[0]
    return made, invitations.path_of(invitations.invite(session, made, None, now, new_id).id, secret)


def _county(first: First) -> County:
    named = {"Name": first.agency.strip(), "Kind": "other"}
    worker = {
        "E-mail": first.email.strip(), "Name": first.name.strip(), "Agency": first.agency.strip(), "Roles": "administrator",
    }  # fmt: skip
    return County(
        {
            sheet: (Row(2, dict.fromkeys(BY_NAME[sheet].columns, "") | cells),)
            for sheet, cells in (("Agencies", named), ("Workers", worker))
        }
    )

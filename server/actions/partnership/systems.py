"""Letting a program of a partner agency in: registering it, its secret, its tokens, and what it is told of when it is new.

A system is nobody: a worker of the agency answers for it, and it may do what that worker may today, within its scopes. When
they leave, or their agency's agreement ends, it sees nobody. A token lives a quarter of an hour, is kept nowhere, and dies with
the secret it was given for.
"""

import hmac
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from server.access import Access
from server.actions.operation.orders import order_system_ended, order_system_moved, order_system_secret
from server.problems import CONFLICTING, Failure, Forbidden, Invalid
from server.queries.partnership import systems, workers
from server.queries.partnership.systems import ListedSystem, NewAction, Notice, NoticeKind, PartnerSystem, Scope
from server.queries.partnership.workers import Acting
from server.queries.people import subjects
from server.security.tokens import decode, derive, hash_token, new_token, same
from shared.model.case import Action
from shared.model.value import Id, Value
from shared.policy import Act, Actor, Allow, Subject, SubjectKind, decide

TOKEN_LIFE = timedelta(minutes=15)
LONGEST_NAME = 100
LONGEST_URL = 500
HOOK_KEY = "whsec_"
"""How a signing secret begins, as the published specification has it (standardwebhooks.com)."""
NO_HOOK = (
    "Give the hook’s address as https://…, without a password in it. http, and hosts inside your network, are for those that "
    "LANTERN_HOOK_HOSTS names."
)
NO_SYSTEM = "There is no such system, or it was ended."
NOBODY_ANSWERS = (
    "Nobody of that agency answers for this system any more. Register it anew, with somebody who works there."
)


class Bearer(Value, frozen=True, kw_only=True):
    """A system whose token is good, and whom it acts for."""

    system: PartnerSystem
    acting: Acting


class Wanted(Value, frozen=True, kw_only=True):
    """A system as somebody would have it."""

    name: str
    worker_id: Id
    scopes: tuple[str, ...]
    hook_url: str = ""


def register(session: Session, wanted: Wanted, hook_hosts: Collection[str], now: datetime, system_id: Id) -> str:
    """Let a system in; returns its secret, this once. Raises Invalid with every fault."""
    worker = workers.find_worker(session, wanted.worker_id)
    name, scopes = wanted.name.strip(), sorted({*wanted.scopes})
    known = [each.value for each in Scope]
    errors = [
        *([] if 0 < len(name) <= LONGEST_NAME else [f"Give the system a name of at most {LONGEST_NAME} letters."]),
        *([] if worker is not None and worker.active else ["Name a worker who works there now: they answer for it."]),
        *(f"There is no scope {each}. There are: {', '.join(known)}." for each in scopes if each not in known),
        *([] if scopes else ["Say what it may do: at least one scope."]),
        *([] if not wanted.hook_url or is_hook_url(wanted.hook_url, hook_hosts) else [NO_HOOK]),
    ]  # fmt: skip
    if errors or worker is None:
        raise Invalid(*errors)
    secret = new_token()
    systems.add_system(
        session,
        PartnerSystem(
            id=system_id, agency_id=worker.agency_id, worker_id=worker.id, name=name, hook_url=wanted.hook_url,
            scopes=tuple(Scope(each) for each in scopes), secret_hash=hash_token(secret), made_at=now,
        ),
    )  # fmt: skip
    return secret


def renew_secret(session: Session, system_id: Id, now: datetime, order_id: Id) -> str:
    """Another secret, at once in the place of the one before. Raises Failure for a system that is none."""
    secret = new_token()
    if not systems.set_secret(session, system_id, hash_token(secret)):
        raise Failure(CONFLICTING, NO_SYSTEM)
    order_system_secret(session, system_id, hash_token(secret), now, order_id)
    return secret


def end(session: Session, system_id: Id, now: datetime, order_id: Id) -> None:
    """Let a system in no more. Raises Failure for one that is none, or was ended before."""
    if not systems.end_system(session, system_id, now):
        raise Failure(CONFLICTING, NO_SYSTEM)
    order_system_ended(session, system_id, now, order_id)


def set_hook(
    session: Session, system_id: Id, hook_url: str, hook_hosts: Collection[str], now: datetime, order_id: Id
) -> None:
    """Say where a system hears of what is new; nowhere, with an empty address. Raises Invalid, Failure."""
    if hook_url and not is_hook_url(hook_url, hook_hosts):
        raise Invalid(NO_HOOK)
    if not systems.set_hook(session, system_id, hook_url):
        raise Failure(CONFLICTING, NO_SYSTEM)
    order_system_moved(session, system_id, now, order_id)


def is_hook_url(url: str, hook_hosts: Collection[str]) -> bool:
    """Could a hook be sent there, as far as can be read off it? Where its host lies is asked anew at every sending; http is for
    hosts that an operator named."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    is_plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    is_bare = parts.username is None and parts.password is None and port != 0 and not parts.fragment
    is_sealed = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in hook_hosts)
    return is_plain and is_bare and bool(parts.hostname) and is_sealed


def hook_secret(secret: bytes, system_id: Id) -> str:
    """By what a system knows that a hook is ours. Made anew whenever it is asked for; it changes with the server's secret."""
    return HOOK_KEY + b64encode(_hook_key(secret, system_id)).decode()


def sign_hook(secret: bytes, system_id: Id, notice_id: Id, at_s: int, body: bytes) -> str:
    """The signature of a hook, as Standard Webhooks write it: `v1,` and the HMAC-SHA256 of id, seconds and body."""
    signed = f"{notice_id}.{at_s}.".encode() + body
    return "v1," + b64encode(hmac.digest(_hook_key(secret, system_id), signed, sha256)).decode()


def _hook_key(secret: bytes, system_id: Id) -> bytes:
    return decode(derive(secret, "hooks of a system", system_id))


def list_of_theirs(access: Access) -> list[ListedSystem]:
    """The systems of the agencies whose workers the actor answers for."""
    access.require(Act.MANAGE_WORKERS, _of_agency(access.actor.agency_id), purpose="partners' systems")
    return [
        each
        for each in systems.list_systems(access.session)
        if access.allows(Act.MANAGE_WORKERS, _of_agency(each.system.agency_id))
    ]


def end_by_page(access: Access, system_id: Id, *, is_sure: bool) -> None:
    """Let a system in no more. Raises NotFound, Forbidden, Failure for one that was ended before; Invalid for who is not sure."""
    found = systems.find_system(access.session, system_id)
    subject = _of_agency(found.agency_id) if found else None
    access.require(Act.MANAGE_WORKERS, subject, purpose="end a partner's system", detail=system_id)
    if not is_sure:
        raise Invalid("Tick the box to say which system you mean. Nothing was changed.")
    end(access.session, system_id, access.now, access.new_id())


def _of_agency(agency_id: Id) -> Subject:
    return Subject(kind=SubjectKind.AGENCY, id=agency_id, owner_agency_id=agency_id)


# --------------------------------------------------------------------------------------------------------------- tokens
def issue_token(
    session: Session, secret: bytes, system_id: str, given: str, now: datetime
) -> tuple[PartnerSystem, str] | None:
    """A token for a system that shows its secret; None for any other."""
    found = systems.find_system(session, system_id)
    kept = found.secret_hash if found is not None else hash_token("")
    if not same(hash_token(given), kept) or found is None or found.ended_at is not None:
        return None
    ends = str(int((now + TOKEN_LIFE).timestamp()))
    return found, f"{found.id}.{ends}.{_prove(secret, found, ends)}"


def find_bearer(session: Session, secret: bytes, token: str, now: datetime, today: date) -> Bearer | None:
    """Who shows a token; None for one that is not ours, or good no more. Raises Forbidden where nobody answers for the system."""
    system_id, _, rest = token.partition(".")
    ends, _, proof = rest.partition(".")
    if not (ends.isascii() and ends.isdecimal() and len(ends) < 12) or int(ends) <= now.timestamp():
        return None
    found = systems.find_system(session, system_id)
    if found is None or found.ended_at is not None or not same(proof, _prove(secret, found, ends)):
        return None
    acting = workers.find_acting(session, found.worker_id, today)
    if acting is None or not acting[0].active or acting[0].agency_id != found.agency_id:
        raise Forbidden(NOBODY_ANSWERS)
    return Bearer(system=found, acting=acting)


def _prove(secret: bytes, system: PartnerSystem, ends: str) -> str:
    return derive(secret, "token of a system", system.id, ends, system.secret_hash)


# --------------------------------------------------------------------------------------------------------- what is new
def write_notices(session: Session, since: datetime, now: datetime, today: date, new_id: Callable[[], Id]) -> int:
    """Let each system hear of the cases and actions of its agency that are new; returns how many notices were added."""
    subjects.count_relations_from(session, now)
    listening = _list_listening(session, today)
    if not listening:
        return 0
    agreed = systems.list_newly_agreed(session, since, {each.agency_id for each, _ in listening})
    listed = systems.list_newly_listed(session, since)
    about = subjects.list_cases(session, {*listed, *(each.case_id for each in agreed)})
    before = systems.count_notices(session)

    systems.add_notices(
        session,
        [
            Notice(id=new_id(), system_id=system.id, kind=NoticeKind.CASE, about_id=case_id, made_at=now)
            for system, actor in listening
            for case_id in listed
            if Scope.CASES in system.scopes and case_id in about and _is_theirs(actor, about[case_id], today)
        ],
    )
    _tell_of_actions(session, listening, agreed, about, now, today, new_id)
    return systems.count_notices(session) - before


def tell_of_given(access: Access, action: Action) -> None:
    """Let the systems of the agency that an action was given to hear of it: it was agreed long ago, as another's."""
    session = access.session
    listening = _list_listening(session, access.today)
    given = NewAction(id=action.id, case_id=action.case_id, agency_id=action.agency_id)
    about = subjects.list_cases(session, [action.case_id]) if listening else {}
    _tell_of_actions(session, listening, [given], about, access.now, access.today, access.new_id)


def _list_listening(session: Session, today: date) -> list[tuple[PartnerSystem, Actor]]:
    """The systems that are told of what is new, each with the worker who answers for it still."""
    hooked = systems.list_hooked(session)
    actors = {each.id: workers.find_actor(session, each.worker_id, today) for each in hooked}
    return [(each, actor) for each in hooked if (actor := actors[each.id]) and actor.agency_id == each.agency_id]


def _tell_of_actions(
    session: Session, listening: Sequence[tuple[PartnerSystem, Actor]], agreed: Sequence[NewAction],
    about: Mapping[Id, Subject], now: datetime, today: date, new_id: Callable[[], Id],
) -> None:  # fmt: skip
    systems.add_notices(
        session,
        [
            Notice(id=new_id(), system_id=system.id, kind=NoticeKind.ACTION, about_id=each.id, made_at=now)
            for system, actor in listening
            for each in agreed
            if Scope.ACTIONS in system.scopes and each.agency_id == system.agency_id and each.case_id in about
            if _may_know_action(actor, about[each.case_id], today)
        ],
    )


def _is_theirs(actor: Actor, case: Subject, today: date) -> bool:
    is_allowed = isinstance(decide(actor, Act.SEE_CASE, case, today), Allow)
    return is_allowed and actor.agency_id in case.working_agency_ids


def _may_know_action(actor: Actor, case: Subject, today: date) -> bool:
    """Their own action, of a person whom they may know of."""
    owned = Subject(
        kind=case.kind, id=case.id, owner_agency_id=actor.agency_id, district_ids=case.district_ids, hidden=case.hidden,
        known_to_agency_ids=case.known_to_agency_ids,
    )  # fmt: skip
    return isinstance(decide(actor, Act.SEE_ACTIONS, owned, today), Allow)

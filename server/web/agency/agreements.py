"""Who has signed what (privacy rule A2): an agency without both agreements, unexpired, sees no person. What is
missing stands
first; an administrator adds a signed agreement."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from server.access import Access, Door
from server.actions.conferences.readers import why_withheld
from server.problems import NotFound
from server.queries.partnership import agencies
from server.web.layout.forms import Errors, Form, read_date, require_choice, require_text
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say
from shared.model.agency import Agency, Agreement
from shared.model.codes import AgreementKind
from shared.model.value import Id, Value
from shared.policy import Act, Subject, SubjectKind
from shared.policy.actor import agreements_valid_until

SECTION = "/agreements"
REMIND_DAYS = 60
LASTS_AT_MOST_DAYS = 366


class Signed(Value, frozen=True, kw_only=True):
    """One agency with its agreements. `missing` says why it sees nobody; `renew` asks for a renewal in time."""

    agency: Agency
    agreements: tuple[Agreement, ...]
    missing: str = ""
    renew: str = ""


class AgreementForm(Form, frozen=True, kw_only=True):
    """A signed agreement."""

    agency: str = ""
    kind: str = ""
    version: str = ""
    signatory: str = ""
    signed_on: str = ""
    expires_on: str = ""


@get(SECTION, opt={"action": Act.SEE_AGREEMENTS}, sync_to_thread=True, include_in_schema=False)
def show_agreements(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """The agreements of every agency for those who answer for them, else of one's own."""
    with door.open() as access:
        return _answer(request, access)


@post(SECTION, opt={"action": Act.MANAGE_AGREEMENTS}, sync_to_thread=True, include_in_schema=False)
def add_agreement(
    request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[AgreementForm]
) -> Response[Any]:
    """Keeps a signed agreement. Earlier versions stay."""
    with door.open() as access:
        access.require(Act.MANAGE_AGREEMENTS, detail=data.agency)
        known = {agency.id for agency in agencies.list_agencies(access.session)}
        errors: Errors = {}
        new = _read(errors, data, known, access.new_id())
        if new is None:
            return _answer(request, access, data, errors)
        agencies.add_agreement(access.session, new)
    return go_to(SECTION, "agreement_added")


def _read(errors: Errors, form: AgreementForm, known: set[Id], new_id: Id) -> Agreement | None:
    require_choice(errors, "agency", form.agency, known, "Choose the agency.")
    require_choice(errors, "kind", form.kind, {str(kind) for kind in AgreementKind}, "Choose what was signed.")
    version = require_text(errors, "version", form.version, "Enter the version that was signed.", longest=40)
    signatory = require_text(errors, "signatory", form.signatory, "Enter who signed it.", longest=200)
    signed_on = read_date(errors, "signed_on", form.signed_on, "Enter the day it was signed.")
    expires_on = read_date(errors, "expires_on", form.expires_on, "Enter its last day.")
    if signed_on and expires_on and not timedelta() <= expires_on - signed_on <= timedelta(days=LASTS_AT_MOST_DAYS):
        errors["expires_on"] = "An agreement lasts at most 12 months, and ends after it was signed."
    if errors or signed_on is None or expires_on is None:
        return None
    return Agreement(
        id=new_id, agency_id=form.agency, kind=AgreementKind(form.kind), version=version, signatory=signatory,
        signed_on=signed_on, expires_on=expires_on,
    )  # fmt: skip


def _answer(
    request: AnyRequest, access: Access, form: AgreementForm | None = None, errors: Errors | None = None
) -> Response[str]:
    shown = [
        agency
        for agency in agencies.list_agencies(access.session)
        if access.allows(Act.SEE_AGREEMENTS, _subject(agency))
    ]
    if not shown:
        raise NotFound
    every = agencies.list_every_agreement(access.session)
    signed = sorted(
        (_signed(access, agency, every.get(agency.id, ())) for agency in shown),
        key=lambda each: (not each.missing, not each.renew, each.agency.name),
    )
    return page(
        request, "agency/agreements.html", title="Agreements", section=SECTION, worker=access.worker, signed=signed,
        status=422 if errors else 200, errors=errors or {}, form=form or AgreementForm(signed_on=access.today.isoformat()),
        may_add=access.allows(Act.MANAGE_AGREEMENTS), agencies=[("", "Choose"), *((each.id, each.name) for each in shown)],
        kinds=[("", "Choose"), *((str(kind), say(kind)) for kind in AgreementKind)], today=access.today,
    )  # fmt: skip


def _subject(agency: Agency) -> Subject:
    return Subject(kind=SubjectKind.AGENCY, id=agency.id, owner_agency_id=agency.id)


def _signed(access: Access, agency: Agency, found: Sequence[Agreement]) -> Signed:
    until = agreements_valid_until(found, access.today)
    missing = why_withheld(agency.name, until, access.today)
    soon = until is not None and not missing and until <= access.today + timedelta(days=REMIND_DAYS)
    renew = f"Renew by {until.day} {until:%B %Y}." if soon and until is not None else ""
    return Signed(agency=agency, agreements=tuple(found), missing=missing, renew=renew)

"""Who has signed what (privacy rule A2): an agency without both agreements, unexpired, sees no person. What is
missing stands
first; an administrator adds a signed agreement."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, URLEncodedBody
from msgspec import structs

from server.access import Access, Door
from server.actions.conferences.readers import why_withheld
from server.actions.partnership import agreement_texts as texts
from server.http.services import Services
from server.importers.files import make_storable
from server.problems import Failure, Invalid, NotFound
from server.queries.partnership import agencies
from server.queries.partnership.agreement_texts import list_texts
from server.queries.partnership.county import hold_county
from server.security.contents import PDF
from server.settings import DOCUMENT_FORM_BYTES
from server.web.layout.forms import Errors, Form, read_date, read_upload, require_choice, require_text
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say
from shared.model.agency import Agency, Agreement
from shared.model.codes import AgreementKind
from shared.model.document import DOCUMENT_BYTES_MAX
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
        hold_county(access.session)
        known = {agency.id for agency in agencies.list_agencies(access.session)}
        errors: Errors = {}
        new = _read(errors, data, known, access.new_id())
        if new is None:
            return _answer(request, access, data, errors)
        before = agencies.list_agreements(access.session, new.agency_id)
        if all(structs.replace(each, id=new.id) != new for each in before):  # a button that is pressed twice signs once
            agencies.add_agreement(access.session, new)
    return go_to(SECTION, "agreement_added")


@post(
    f"{SECTION}/texts",
    opt={"action": Act.MANAGE_AGREEMENTS},
    sync_to_thread=True,
    include_in_schema=False,
    request_max_body_size=DOCUMENT_FORM_BYTES,
)
def keep_text(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Keeps a version of what is signed, as a PDF."""
    kind, version = str(data.get("text_kind", "")), make_storable(str(data.get("text_version", ""))).strip()
    _, content = read_upload(data.get("data"), DOCUMENT_BYTES_MAX + 1)
    with door.open() as access:
        access.require(Act.MANAGE_AGREEMENTS, purpose="agreement text")
    try:
        if not content:
            raise Invalid("Choose a file.")
        safe = services.filing.judge(content)
        with door.open() as access:
            texts.keep_text(access, kind, version, safe)
    except Failure as refused:
        if refused.kind.status not in (400, 413, 503):
            raise
        said = refused.errors[0] if isinstance(refused, Invalid) else refused.detail
        with door.open() as access:
            return _answer(request, access, errors={"data": said}, typed={"kind": kind, "version": version})
    return go_to(SECTION, "agreement_text_kept")


@get(
    f"{SECTION}/texts/{{text_id:str}}", opt={"action": Act.SEE_AGREEMENTS}, sync_to_thread=True, include_in_schema=False
)
def read_text(door: NamedDependency[Door], text_id: FromPath[Id]) -> Response[bytes]:
    """One text, as a file to save."""
    with door.open() as access:
        found, content = texts.read_text(access, text_id)
    headers = {"content-disposition": f'attachment; filename="{texts.name_of(found)}"', "cache-control": "no-store"}
    return Response(content, media_type=PDF, headers=headers)


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
    request: AnyRequest,
    access: Access,
    form: AgreementForm | None = None,
    errors: Errors | None = None,
    typed: dict[str, str] | None = None,
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
        texts=list_texts(access.session), typed=typed or {}, now=access.now,
    )  # fmt: skip


def _subject(agency: Agency) -> Subject:
    return Subject(kind=SubjectKind.AGENCY, id=agency.id, owner_agency_id=agency.id)


def _signed(access: Access, agency: Agency, found: Sequence[Agreement]) -> Signed:
    until = agreements_valid_until(found, access.today)
    missing = why_withheld(agency.name, until, access.today)
    soon = until is not None and not missing and until <= access.today + timedelta(days=REMIND_DAYS)
    renew = f"Renew by {until.day} {until:%B %Y}." if soon and until is not None else ""
    return Signed(agency=agency, agreements=tuple(found), missing=missing, renew=renew)

"""Tell us about someone sleeping rough: two minutes, no account, nothing required but where."""

from functools import cache
from pathlib import Path

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody
from sqlalchemy.orm import Session

from server.actions.referrals.public_reports import PublicReport, receive_report
from server.http.services import Services
from server.places.districts import CurrentDistricts
from server.places.postcodes import find_position
from server.queries.partnership.districts import list_districts
from server.web.layout.forms import Errors, Form, read_whole, require_text
from server.web.layout.page import AnyRequest, page
from server.web.referrer.limits import check_limit
from shared.policy import Act

MOST_PEOPLE = 500


class ReportForm(Form, frozen=True, kw_only=True):
    """What somebody typed. `key` was made with the empty form, so that sending it twice is one report."""

    key: str = ""
    place: str = ""
    postcode: str = ""
    district: str = ""
    seen: str = ""
    appearance: str = ""
    concerns: str = ""
    people: str = ""
    tell: str = ""
    email: str = ""


@get("/report", opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def show_report_form(request: AnyRequest, services: NamedDependency[Services]) -> Response[str]:
    """The empty form."""
    return _form(request, services, ReportForm(key=services.new_id()), {})


@post("/report", opt={"action": Act.PUBLIC}, status_code=200, sync_to_thread=True, include_in_schema=False)
def send_report(
    request: AnyRequest, services: NamedDependency[Services], data: URLEncodedBody[ReportForm]
) -> Response[str]:
    """Keeps the report and says its reference. What is wrong is told beside its field, with nothing lost."""
    check_limit(request, services)
    errors: Errors = {}
    report = _read(services, data, errors)
    if errors:
        return _form(request, services, data, errors)
    with services.database.writing() as session:
        finder = _districts(services.settings.data).get_finder(session)
        received = receive_report(session, report, finder, services.clock(), services.new_id)
    return page(request, "referrer/thanks.html", title="Thank you", received=received, will_hear=bool(report.email))


@cache
def _districts(data: Path) -> CurrentDistricts:
    return CurrentDistricts(data)


def _read(services: Services, data: ReportForm, errors: Errors) -> PublicReport:
    place = require_text(errors, "place", data.place, "Say where, as you would to a friend.", longest=1000)
    postcode = data.postcode.strip()[:10]
    if postcode and find_position(postcode) is None:
        errors["postcode"] = "We do not know this postcode. Check it, or leave it empty and choose an area."
    with services.database.reading() as session:
        known = _areas(session)
    if not postcode and data.district not in known:
        errors["district"] = "Choose the area, or give a postcode near by."
    people = _read_people(data.people, errors)
    email = data.email.strip()
    if data.tell == "yes" and ("@" not in email or len(email) > 254):
        errors["email"] = "Give an e-mail address, or choose No."
    return PublicReport(
        key=data.key or services.new_id(), place=place, postcode=postcode, people_count=people,
        district_id=data.district if data.district in known else None, seen_text=data.seen.strip()[:200],
        appearance=data.appearance.strip()[:2000], concerns=data.concerns.strip()[:2000],
        email=email if data.tell == "yes" else "",
    )  # fmt: skip


def _read_people(text: str, errors: Errors) -> int | None:
    plain = text.strip()
    if not plain:
        return None
    number = read_whole(plain, MOST_PEOPLE)
    if not number:
        errors["people"] = "Give a number, such as 1, or leave it empty."
        return None
    return number


def _areas(session: Session) -> dict[str, str]:
    return {each.id: each.name for each in list_districts(session)}


def _form(request: AnyRequest, services: Services, form: ReportForm, errors: Errors) -> Response[str]:
    with services.database.reading() as session:
        areas = _areas(session)
    return page(
        request, "referrer/report.html", title="Tell us about someone sleeping rough", form=form, errors=errors,
        areas=[("", "Choose an area"), *areas.items()], status=422 if errors else 200,
    )  # fmt: skip

"""Tell us about someone sleeping rough: two minutes, no account, nothing required but where; in English, Welsh or Polish.

Whatever goes wrong, what was typed stands in the form again.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
import shapely
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from markupsafe import Markup
from sqlalchemy.orm import Session

from server.actions.referrals.public_reports import PublicReport, receive_report
from server.database.deadlocks import is_deadlock
from server.database.engine import BUSY
from server.http.headers import POSITION_ALONE
from server.http.local_time import to_local
from server.http.services import Services
from server.importers.files import make_storable
from server.importers.points import read_typed_point
from server.importers.report import MAIL_ADDRESS
from server.places.districts import CurrentDistricts
from server.places.postcodes import find_position
from server.problems import TooManyTries
from server.queries.maps.boundaries import get_places_version, list_boundaries
from server.queries.partnership.districts import list_districts
from server.web.layout.forms import Errors, Form, read_whole, require_text
from server.web.layout.limits import check_limit
from server.web.layout.maps import OUTLINE, Ground, Shape, map_data
from server.web.layout.page import AnyRequest, page
from server.web.referrer.words import NAMES, words_of
from shared.model.codes import PinSource
from shared.model.position import Position
from shared.policy import Act
from shared.rules.replies import ENGLISH, say_day, spoken

MOST_PEOPLE = 500
LONGEST = {"place": 1000, "seen": 200, "appearance": 2000, "concerns": 2000}
"""In characters; whatever is longer is told, for nothing is cut unseen."""
SIMPLIFIED_DEGREES = 0.001
MAY_LOCATE = {"permissions-policy": POSITION_ALONE}
"""This page may ask a phone where it is, when its reader presses for it."""
ATTRIBUTION = "Place names: GeoNames, CC BY 4.0"


class ReportForm(Form, frozen=True, kw_only=True):
    """What somebody typed. `key` was made with the empty form, so that sending it twice is one report."""

    key: str = ""
    lang: str = ENGLISH
    place: str = ""
    postcode: str = ""
    district: str = ""
    point: str = ""
    seen: str = ""
    appearance: str = ""
    concerns: str = ""
    people: str = ""
    tell: str = ""
    email: str = ""


@get("/report", opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def show_report_form(
    request: AnyRequest, services: NamedDependency[Services], lang: FromQuery[str] = ENGLISH
) -> Response[str]:
    """The empty form."""
    return _form(request, services, ReportForm(key=services.new_id(), lang=spoken(lang)), {})


@post("/report", opt={"action": Act.PUBLIC}, status_code=200, sync_to_thread=True, include_in_schema=False)
def send_report(
    request: AnyRequest, services: NamedDependency[Services], data: URLEncodedBody[ReportForm]
) -> Response[str]:
    """Keeps the report and says its reference. What is wrong is told, beside its field, with nothing lost."""
    words = words_of(data.lang)
    data = ReportForm(**{name: make_storable(text) for name, text in msgspec.structs.asdict(data).items()})
    try:
        return _send(request, services, data, words)
    except TooManyTries as refused:
        response = _form(request, services, data, {"place": words["too_many"]}, status=429)
        response.headers.update(refused.headers)
    except BUSY as error:
        if is_deadlock(error):
            raise  # it is done again
        response = _form(request, services, data, {"place": words["busy"]}, status=503)
        response.headers["retry-after"] = "2"
    return response


def _send(request: AnyRequest, services: Services, data: ReportForm, words: Mapping[str, str]) -> Response[str]:
    check_limit(request, services)
    errors: Errors = {}
    report = _read(services, data, errors, words)
    if errors:
        return _form(request, services, data, errors, status=422)
    with services.database.writing() as session:
        finder = _districts(services.settings.data).get_finder(session, to_local(services.clock()).date())
        received = receive_report(session, report, finder, services.clock(), services.new_id)
    return page(
        request, "referrer/thanks.html", title=words["thanks"], received=received, will_hear=bool(report.email), w=words,
        lang=spoken(data.lang), day=say_day(received.due_on, data.lang),
    )  # fmt: skip


@cache
def _districts(data: Path) -> CurrentDistricts:
    return CurrentDistricts(data)


def _read(services: Services, data: ReportForm, errors: Errors, words: Mapping[str, str]) -> PublicReport:
    place = require_text(errors, "place", data.place, words["bad_place"])
    for field, longest in LONGEST.items():
        if len(getattr(data, field).strip()) > longest:
            errors[field] = words["too_long"].replace("{most}", f"{longest:,}")
    postcode = data.postcode.strip()[:10]
    if postcode and find_position(postcode) is None:
        errors["postcode"] = words["bad_postcode"]
    point = read_typed_point(data.point.strip()) if data.point.strip() else None
    if data.point.strip() and point is None:
        errors["point"] = words["bad_point"]
    with services.database.reading() as session:
        known = _areas(session)
    if not postcode and point is None and "point" not in errors and data.district not in known:
        errors["district"] = words["bad_district"]
    people = _read_people(data.people, errors, words)
    email = data.email.strip()
    if data.tell == "yes" and (MAIL_ADDRESS.fullmatch(email) is None or len(email) > 254):
        errors["email"] = words["bad_email"]
    return PublicReport(
        key=data.key or services.new_id(), place=place, postcode=postcode, people_count=people,
        district_id=data.district if data.district in known else None, seen_text=data.seen.strip(),
        appearance=data.appearance.strip(), concerns=data.concerns.strip(),
        email=email if data.tell == "yes" else "", language=spoken(data.lang),
        position=Position(latitude=point[0], longitude=point[1], source=PinSource.MAP_TAP) if point else None,
    )  # fmt: skip


def _read_people(text: str, errors: Errors, words: Mapping[str, str]) -> int | None:
    plain = text.strip()
    if not plain:
        return None
    number = read_whole(plain, MOST_PEOPLE)
    if not number:
        errors["people"] = words["bad_people"]
        return None
    return number


def _areas(session: Session) -> dict[str, str]:
    return {each.id: each.name for each in list_districts(session)}


def _form(
    request: AnyRequest, services: Services, form: ReportForm, errors: Errors, status: int = 200
) -> Response[str]:
    words = words_of(form.lang)
    with services.database.reading() as session:
        areas = _areas(session)
        data = _maps.draw(session)
    response = page(
        request, "referrer/report.html", title=words["title"], form=form, errors=errors, w=words, lang=spoken(form.lang),
        languages=NAMES, language_path="/report",
        areas=[("", words["choose_area"]), *areas.items()], data=data, attribution=ATTRIBUTION,
        status=status,
    )  # fmt: skip
    response.headers.update(MAY_LOCATE)
    return response


class _Maps:
    """The map of all districts, made once for each version of them: outlines and towns, nothing else. None without outlines."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: tuple[tuple[Any, ...], Markup | None] | None = None

    def draw(self, session: Session) -> Markup | None:
        """What the page's script draws."""
        version = (str(session.get_bind().engine.url), *get_places_version(session))
        with self._lock:
            if self._made is None or self._made[0] != version:
                self._made = (version, self._draw(session))
            return self._made[1]

    def _draw(self, session: Session) -> Markup | None:
        drawn = [shapely.from_geojson(each.geojson) for each in list_boundaries(session)]
        simple = [str(shapely.to_geojson(shapely.simplify(each, SIMPLIFIED_DEGREES))) for each in drawn]
        shapes = [Shape(geojson=each, label="", words="", band=OUTLINE) for each in simple]
        return map_data(shapes, Ground([each.geojson for each in shapes])) if shapes else None


_maps = _Maps()

"""The snapshot night: its plan, what it comes to, and the sheet that two people of two organisations sign."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody

from server.access import Door
from server.actions.partnership import snapshots as acts
from server.actions.partnership.snapshots import Night, Sheet
from server.actions.street.contacts import unused_id
from server.database.sql import storable_words
from server.http.local_time import to_local
from server.problems import Invalid, NotFound
from server.queries.maps.snapshots import Snapshot, list_signed, list_snapshots
from server.queries.partnership import agencies, workers
from server.queries.partnership.districts import list_districts
from server.web.coordinator.conferences import choose_district
from server.web.layout.forms import Form, read_date
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.spreadsheets import Rows, write_csv
from server.web.layout.words import say, say_day
from shared.model.codes import Gender
from shared.model.value import Id
from shared.policy import Act
from shared.rules.snapshot import AgeBand, Approach, Exclusion, Named

PATH, SHEETS = "/snapshot", "/snapshot-sheets"
APPROACHES = {
    Approach.COUNT: "A count: teams walk every area",
    Approach.ESTIMATE: "An estimate: partners bring evidence to a meeting",
    Approach.SPOTLIGHT: "An estimate with a spotlight count of some areas",
}
EXCLUSIONS = {
    Exclusion.HOSTEL_OR_SHELTER: "In a hostel or shelter",
    Exclusion.SOFA_SURFING: "Sofa-surfing",
    Exclusion.CAMPSITE: "On a campsite or other site for recreation",
    Exclusion.PROTEST: "At an organised protest",
    Exclusion.SQUAT: "Squatting",
    Exclusion.TRAVELLER: "Travellers",
    Exclusion.NOT_THAT_NIGHT: "There on another night, or earlier that evening",
    Exclusion.NOT_BEDDED_DOWN: "Not bedded down or about to be",
}
LEFT_OUT = {str(key): words for key, words in EXCLUSIONS.items()} | {
    "before_start": "Met before the count began",
    "not_in_plan": "Met by a team that is not in the plan",
    "not_countable_place": "At a place where nobody is bedded down as the definition says",
    "twice": "Told of by several, or met as well",
}
AGES = {
    AgeBand.UNDER_18: "Under 18", AgeBand.TO_25: "18 to 25", AgeBand.OVER_25: "26 and over", AgeBand.NOT_KNOWN: "Not known",
}  # fmt: skip
BY_HAND = "Other breakdowns of the form are entered there by hand, as totals: Lantern lists nobody for them."
HIDDEN = "People whose record is hidden from whoever signed first are in no figure."


class PlanForm(Form, frozen=True, kw_only=True):
    """The typical night, and how the figure is found."""

    district: str = ""
    night: str = ""
    approach: str = ""
    partner: str = ""
    evidence_day: str = ""


class WalkForm(Form, frozen=True, kw_only=True):
    """A team walks an area."""

    area: str = ""
    team: str = ""
    starts: str = ""
    second: str = ""


class NamedForm(Form, frozen=True, kw_only=True):
    """A partner told of somebody. `key` was made with the empty form, so that sending it twice is one person."""

    key: str = ""
    said_by: str = ""
    gender: str = ""
    age: str = ""
    exclusion: str = ""
    same_as: str = ""


class LineForm(Form, frozen=True, kw_only=True):
    """A line is taken back, or a pair is judged."""

    line: str = ""
    one: str = ""
    other: str = ""
    same: str = ""


class SignForm(Form, frozen=True, kw_only=True):
    """The first signature. `seen` names the figure that the page showed."""

    seen: str = ""
    women: str = ""
    hidden: str = ""


class PressForm(Form, frozen=True, kw_only=True):
    """The second signature."""


RUNS: dict[str, Any] = {"opt": {"action": Act.SHARE_TRACKER}, "sync_to_thread": True, "include_in_schema": False}
SIGNS: dict[str, Any] = {"opt": {"action": Act.APPROVE_PUBLICATION}, "sync_to_thread": True, "include_in_schema": False}


@get(PATH, **RUNS)
def show_snapshots(request: AnyRequest, door: NamedDependency[Door], district: FromQuery[str] = "") -> Response[str]:
    """The nights of a district, and planning one."""
    with door.open() as access:
        chosen = choose_district(access, district, Act.SHARE_TRACKER)
        found = [
            (each.id, say_day(each.night), APPROACHES[each.approach], _say_signed(each))
            for each in list_snapshots(access.session, chosen.id)
        ]
        partners = [("", "Nobody yet"), *((each.id, each.name) for each in agencies.list_agencies(access.session))]
        return page(
            request, "coordinator/snapshots.html", title="Snapshot night", section="/cases", worker=access.worker,
            district=chosen, nights=found, partners=partners,
            approaches=[(str(key), words) for key, words in APPROACHES.items()],
        )  # fmt: skip


@post(PATH, **RUNS)
def plan_snapshot(door: NamedDependency[Door], data: URLEncodedBody[PlanForm]) -> Response[Any]:
    """Keeps the plan of a night."""
    with door.open() as access:
        chosen = choose_district(access, data.district, Act.SHARE_TRACKER)
        errors: dict[str, str] = {}
        night = read_date(errors, "night", data.night, "Give the night, such as 2026-11-12.")
        evidence_on = None
        if data.evidence_day.strip():
            evidence_on = read_date(errors, "evidence_day", data.evidence_day, "Give the day on which partners meet.")
        if errors or night is None:
            raise Invalid(*errors.values())
        made = acts.plan_night(access, chosen.id, night, data.approach, data.partner, evidence_on)
    return go_to(f"{PATH}/{made}", done="snapshot_kept")


@get(f"{PATH}/{{snapshot_id:str}}", **RUNS)
def show_snapshot(request: AnyRequest, door: NamedDependency[Door], snapshot_id: FromPath[Id]) -> Response[str]:
    """A night: its plan, and what it comes to now."""
    with door.open() as access:
        night = acts.look_at(access, snapshot_id)
        teams = [each for each in agencies.list_teams(access.session) if night.plan.district_id in each.district_ids]
        names = {each.id: each.name for each in agencies.list_teams(access.session)}
        partners = {each.id: each.name for each in agencies.list_agencies(access.session)}
        return page(
            request, "coordinator/snapshot.html", title="Snapshot night", section="/cases", worker=access.worker,
            plan=night.plan, night=say_day(night.plan.night), approach=APPROACHES[night.plan.approach],
            partner=partners.get(night.plan.partner_agency_id or "", "Nobody yet"),
            evidence_day=say_day(night.plan.evidence_on) if night.plan.evidence_on else "", counted=night.counted,
            walks=[
                (key, walk.area, names.get(walk.team_id, ""), f"{to_local(walk.starts_at):%H:%M}", walk.is_second)
                for key, walk in night.walks
            ],
            teams=[(each.id, each.name) for each in teams], named=_say_named(night), parts=_say_parts(night.counted),
            left_out=_say_left_out(night.counted.left_out), pairs=_say_pairs(night, names),
            evidence=acts.list_evidence(night),
            is_walked=night.plan.approach is not Approach.ESTIMATE,
            is_told=night.plan.approach is not Approach.COUNT, same=_same_choices(night, names),
            genders=[(str(each), say(each)) for each in Gender], ages=[(str(key), words) for key, words in AGES.items()],
            key=access.new_id(), seen=acts.name_figure(night),
            exclusions=[("", "They were sleeping rough"), *((str(key), words) for key, words in EXCLUSIONS.items())],
        )  # fmt: skip


@post(f"{PATH}/{{snapshot_id:str}}/walks", **RUNS)
def keep_walk(door: NamedDependency[Door], snapshot_id: FromPath[Id], data: URLEncodedBody[WalkForm]) -> Response[Any]:
    """A team walks an area."""
    with door.open() as access:
        acts.add_walk(access, snapshot_id, data.area, data.team, data.starts, data.second == "yes")
    return go_to(f"{PATH}/{snapshot_id}", done="snapshot_kept")


@post(f"{PATH}/{{snapshot_id:str}}/named", **RUNS)
def keep_named(
    door: NamedDependency[Door], snapshot_id: FromPath[Id], data: URLEncodedBody[NamedForm]
) -> Response[Any]:
    """A partner told of somebody."""
    with door.open() as access:
        acts.hold(access, snapshot_id)
        if data.gender not in {str(each) for each in Gender} or data.age not in {str(each) for each in AgeBand}:
            raise Invalid("Choose gender and age, or “Not known”.")
        if data.exclusion and data.exclusion not in {str(each) for each in Exclusion}:
            raise Invalid("Choose why they do not count.")
        named = Named(
            id=unused_id(access, data.key), said_by=storable_words(data.said_by), gender=Gender(data.gender),
            age=AgeBand(data.age), exclusion=Exclusion(data.exclusion) if data.exclusion else None,
            same_as=data.same_as or None,
        )  # fmt: skip
        acts.tell_of(access, snapshot_id, named)
    return go_to(f"{PATH}/{snapshot_id}", done="snapshot_kept")


@post(f"{PATH}/{{snapshot_id:str}}/lines", **RUNS)
def change_line(
    door: NamedDependency[Door], snapshot_id: FromPath[Id], data: URLEncodedBody[LineForm]
) -> Response[Any]:
    """Takes a line back, or says whether two contacts met the same strangers."""
    with door.open() as access:
        acts.hold(access, snapshot_id)
        if data.line:
            acts.drop_line(access, snapshot_id, data.line)
        elif data.same in ("yes", "no"):
            acts.judge_pair(access, snapshot_id, (data.one, data.other), data.same == "yes")
        else:
            raise Invalid("Say whether they are the same people.")
    return go_to(f"{PATH}/{snapshot_id}", done="snapshot_kept")


@post(f"{PATH}/{{snapshot_id:str}}/sign", **RUNS)
def sign_snapshot(
    door: NamedDependency[Door], snapshot_id: FromPath[Id], data: URLEncodedBody[SignForm]
) -> Response[Any]:
    """The first signature."""
    with door.open() as access:
        acts.sign(access, snapshot_id, data.women, data.hidden, data.seen)
    return go_to(f"{PATH}/{snapshot_id}", done="snapshot_signed")


@get(SHEETS, **SIGNS)
def show_sheets(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """What was signed, of every district: counts alone, to be signed by a second organisation."""
    with door.open() as access:
        access.require(Act.APPROVE_PUBLICATION)
        districts = {each.id: each.name for each in list_districts(access.session)}
        found = list_signed(access.session)
        names = workers.list_short_names(
            access.session, {who for each in found for who in (each.first_by, each.second_by) if who}
        )
        return page(
            request, "coordinator/snapshot_sheets.html", title="Snapshot sheets", section="/publications", worker=access.worker,
            sheets=[
                (
                    each.id, districts.get(each.district_id, ""), list_rows(acts.read_sheet(each)),
                    [names.get(who or "", "") for who in (each.first_by, each.second_by) if who],
                    each.second_by is None and each.first_agency_id != access.actor.agency_id,
                )
                for each in found
            ],
        )  # fmt: skip


@post(f"{SHEETS}/{{snapshot_id:str}}/sign", **SIGNS)
def sign_sheet(
    door: NamedDependency[Door], snapshot_id: FromPath[Id], data: URLEncodedBody[PressForm]
) -> Response[Any]:
    """The second signature."""
    with door.open() as access:
        acts.sign_second(access, snapshot_id)
    return go_to(SHEETS, done="snapshot_signed")


@get(f"{SHEETS}/{{snapshot_id:str}}/table", **SIGNS)
def download_sheet(door: NamedDependency[Door], snapshot_id: FromPath[Id]) -> Response[bytes]:
    """The sheet to key into DELTA from, once two have signed."""
    with door.open() as access:
        access.require(Act.APPROVE_PUBLICATION, purpose="snapshot sheet", detail=snapshot_id)
        found = next((each for each in list_signed(access.session) if each.id == snapshot_id and each.second_by), None)
        if found is None:
            raise NotFound
        rows = list_rows(acts.read_sheet(found))
    headers = {"content-disposition": f'attachment; filename="snapshot-{found.night.isoformat()}.csv"'}
    return Response(write_csv(rows), media_type="text/csv", headers=headers)


def list_rows(sheet: Sheet) -> Rows:
    """The sheet in the order of the form: the figure, who they are, how it was found, what does not count."""
    counted = sheet.counted
    rows: list[tuple[str | int, ...]] = [
        ("Single figure", counted.total),
        ("Typical night", sheet.night.isoformat()),
        ("Approach", APPROACHES[sheet.approach]),
        ("Seen that night", counted.seen), ("Told of by partners", counted.named),
        ("Nobody knew who they are", counted.strangers),
    ]  # fmt: skip
    rows += [(words, number) for words, number in _say_parts(counted)]
    rows += [("Independent partner", sheet.partner or "none"), ("How women were looked for", sheet.women)]
    rows += [("How people who sleep hidden were looked for", sheet.hidden)]
    rows += [(f"Evidence: {words}", "yes" if is_so else "no") for words, is_so in sheet.evidence]
    if counted.recapture is not None:
        told = counted.recapture
        words = f"about {told.about:.0f}, {told.low:.0f} to {told.high:.0f}"
        words += f"; {told.first} and {told.second} met, {told.both} twice"
        rows.append(("By two passes of the areas that were walked twice", words))
    rows += [("Areas where nobody was met", ", ".join(counted.not_walked) or "none")]
    rows += [(f"Does not count: {words}", number) for words, number in _say_left_out(counted.left_out)]
    return [*rows, ("Beside it", HIDDEN), ("Beside it", BY_HAND)]


def _say_parts(counted: Any) -> list[tuple[str, int]]:
    parts = [(f"Gender: {say(each)}", counted.genders.get(str(each), 0)) for each in Gender]
    return [*parts, *((f"Age: {words}", counted.ages.get(str(key), 0)) for key, words in AGES.items())]


def _say_left_out(left_out: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(LEFT_OUT.get(why, why), number) for why, number in left_out.items() if number]


def _say_signed(one: Snapshot) -> str:
    if one.second_by is not None:
        return "Signed by two organisations"
    return "Signed once: another organisation has to sign" if one.first_by is not None else "Not signed"


def _say_named(night: Night) -> list[tuple[Id, str, str]]:
    numbers = {each.id: number for number, each in enumerate(night.named, start=1)}
    return [
        (
            each.id,
            f"{number}. {each.said_by}: {say(each.gender)}, {AGES[each.age].lower()}",
            _say_whether_counts(each, numbers, night),
        )
        for number, each in enumerate(night.named, start=1)
    ]


def _say_whether_counts(named: Named, numbers: Mapping[Id, int], night: Night) -> str:
    if named.exclusion:
        return EXCLUSIONS[named.exclusion]
    if named.id in night.counted.told_of:
        return "Counts"
    if number := numbers.get(named.same_as or ""):
        return f"The same as number {number}"
    return "Met as well"


def _same_choices(night: Night, teams: Mapping[Id, str]) -> list[tuple[Id, str]]:
    told = [(each.id, f"Number {number}, by {each.said_by}") for number, each in enumerate(night.named, start=1)]
    met = [
        (each.id, f"Met {to_local(each.at):%H:%M} by {teams.get(each.team_id, '')}")
        for each in sorted(night.sightings.values(), key=lambda one: one.at)
    ]
    return [("", "Nobody else"), *told, *met]


def _say_pairs(night: Night, teams: Mapping[Id, str]) -> list[tuple[Id, Id, str]]:
    def words(of: Id) -> str:
        each = night.sightings[of]
        whom = f"{each.strangers} whom nobody knew" if each.strangers else f"{len(each.person_ids)} whom they know"
        return f"{whom} at {to_local(each.at):%H:%M} by {teams.get(each.team_id, '')}"

    def where(one: Id, other: Id) -> str:
        has_place = all(night.sightings[each].position is not None for each in (one, other))
        return "less than 250 m from each other" if has_place else "and of one of them no place is known"

    return [
        (one, other, f"{words(one)}, and {words(other)}, {where(one, other)}.") for one, other in night.counted.doubtful
    ]

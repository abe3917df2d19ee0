"""Fills a database with the demo county, through the real doors: enrolment, push, projection, importer, publication.

Only workers, agencies, districts and teams are written directly, as an administrator's first day would. Everything
follows from the seed and from `now`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from server.access import Access
from server.actions.cases.cases import decline_case, list_case
from server.actions.partnership.figures import bring_in_quarters
from server.actions.partnership.publications import approve, prepare_share
from server.actions.partnership.recipients import found_partnership
from server.demo import by_every_door, county
from server.demo.alerts import write_alerts
from server.demo.conference import answer_actions, call_next, hold_conference
from server.demo.earlier import earlier_quarters
from server.demo.ids import Ids
from server.demo.nights import describe, make_contact, walk_nights
from server.demo.people import Patch, draw_patches, make_marek
from server.demo.phones import PastPhone, enrol_past_phone
from server.hotspots.authority import load_authority
from server.hotspots.disclosure import Rule
from server.hotspots.periods import Period, is_settled, last_complete_quarter
from server.hotspots.publication import Beside, count_people, publish_map
from server.hotspots.quarter import count_quarter, name_leaves
from server.http.services import Services
from server.importers.accounting import Account, Importing
from server.importers.referrals import import_referrals
from server.importers.report import Reading
from server.importers.streetlink.parse import parse
from server.places.districts import CurrentDistricts
from server.queries.cases import case_actions
from server.queries.cases.case_list import CaseListView, list_cases
from server.queries.conferences import seats
from server.queries.maps.publications import list_releases
from server.queries.operation.sessions import set_password_hash
from server.queries.partnership import agencies, districts, workers
from server.security.passwords import Passwords
from shared.model.agency import Agency, Agreement, Team
from shared.model.codes import CaseState, ContactState, Role
from shared.model.contact import Contact
from shared.model.district import District
from shared.model.person import PERSON_FIELDS, Person
from shared.model.shift import Shift, ShiftEnded
from shared.model.site import Site
from shared.model.value import Id
from shared.model.worker import Worker
from shared.policy.actor import NEEDED_AGREEMENTS

HISTORY_DAYS = 90
NIGHTLY_DAYS = 14
"""How lately phones pushed each night; longer ago they did on Sundays, which costs the demo less time."""
SUNDAY = 6
LONDON = ZoneInfo("Europe/London")


@dataclass
class Staff:
    """Who works in the county, by name."""

    district_ids: dict[str, Id]
    agency_ids: dict[str, Id]
    team_ids: dict[str, Id]
    worker_ids: dict[str, Id]


@dataclass(frozen=True)
class Filled:
    """What was filled in, told in numbers."""

    rounds: int
    people: int
    alerts: Account
    people_shown: int | None


@dataclass
class County:
    """One filling of one database."""

    services: Services
    now: datetime
    seed: int
    tell: Callable[[str], None]
    times: int = 1
    """How many times as many people as the published snapshot."""

    def fill(self) -> Filled:
        """Fill the county, from the staff to the published map."""
        self.chance, self.ids = Random(self.seed), Ids(Random(self.seed + 1))
        self.services = replace(self.services, new_id=self.ids, project=self._project_with(self.ids))
        today = self.now.astimezone(LONDON).date()
        first = min(today - timedelta(days=HISTORY_DAYS), self._find_quarter(today).first)
        last = today - timedelta(days=1)
        began_at = datetime.combine(first, datetime.min.time(), UTC) - timedelta(days=1)
        self.ids.at(began_at)
        self.tell("Agencies, teams and the cast")
        staff = self._hire(began_at, today)
        patches = draw_patches(self.chance, self.ids, first, last, self.services.settings.data, self.times)
        self.tell(f"{(last - first).days + 1} nights of shifts in ten districts")
        phones = self._hand_out_phones(staff, began_at)
        rounds = self._walk(patches, phones, first, last)
        self._meet_marek(patches, phones)
        self.tell("Alerts from the public")
        account = self._bring_alerts_in(patches)
        self.tell("Reports and notices by every other door")
        self._hear_by_every_door(staff, patches)
        self.tell("The coordinator's decisions")
        self._decide_cases(staff)
        self._confer(staff)
        self.tell("Who has moved in somewhere, was referred on, and has a plan")
        self._house(staff)
        self.tell("The quarter's map")
        shown = self._publish(staff, self._find_quarter(today))
        return Filled(rounds, sum(len(patch.sleepers) for patch in patches) + 1, account, shown)

    # ------------------------------------------------------------------------------------------------------ first day

    def _hire(self, began_at: datetime, today: date) -> Staff:
        password_hash = Passwords(self.services.settings.password_cost).hash(county.PASSWORD)
        with self.services.database.writing() as session:
            held = districts.by_code(session)
            staff = Staff({}, {}, {}, {})
            for one in county.DISTRICTS:
                staff.district_ids[one.name] = held.get(one.code) or self.ids()
                if one.code not in held:
                    districts.add_district(
                        session, District(id=staff.district_ids[one.name], code=one.code, name=one.name)
                    )
            for name, kind in county.AGENCIES.items():
                self._sign_up(session, name, Agency(id=self.ids(), name=name, kind=kind), staff, today)
            for name in sorted({one.team for one in county.DISTRICTS}):
                walked = tuple(staff.district_ids[one.name] for one in county.DISTRICTS if one.team == name)
                staff.team_ids[name] = self.ids()
                team = Team(
                    id=staff.team_ids[name], agency_id=staff.agency_ids[county.OUTREACH], name=name, district_ids=walked
                )
                agencies.add_team(session, team)
            for each in county.WORKERS:
                staff.worker_ids[each.name] = self._hire_one(session, each, staff, began_at, today)
                if each.shown:
                    set_password_hash(session, staff.worker_ids[each.name], password_hash, began_at)
            for district_id in staff.district_ids.values():
                for asked in seats.list_to_ask(session, district_id):
                    if asked.name not in county.AT_NO_TABLE:
                        seats.add_seat(session, district_id, asked.id, began_at, None)
            found_partnership(session, began_at, self.ids)
        return staff

    def _sign_up(self, session: Session, name: str, agency: Agency, staff: Staff, today: date) -> None:
        agencies.add_agency(session, agency)
        staff.agency_ids[name] = agency.id
        expires_on = today - timedelta(days=21) if name == county.LAPSED_AGENCY else today + timedelta(days=200)
        for kind in sorted(NEEDED_AGREEMENTS):
            agencies.add_agreement(
                session,
                Agreement(
                    id=self.ids(),
                    agency_id=agency.id,
                    kind=kind,
                    version="2.1",
                    signatory="Chief Executive",
                    signed_on=expires_on - timedelta(days=364),
                    expires_on=expires_on,
                ),
            )

    def _hire_one(self, session: Session, each: county.DemoWorker, staff: Staff, at: datetime, today: date) -> Id:
        worker = Worker(
            id=self.ids(),
            name=each.name,
            short_name=each.short_name,
            agency_id=staff.agency_ids[each.agency],
            roles=frozenset({each.role}),
            team_ids=(staff.team_ids[each.team],) if each.team else (),
            district_ids=tuple(staff.district_ids[name] for name in each.districts),
            trained_on=today - timedelta(days=120),
        )
        workers.add_worker(session, worker, email=each.email, now=at)
        return worker.id

    # ---------------------------------------------------------------------------------------------------- the nights

    def _hand_out_phones(self, staff: Staff, at: datetime) -> dict[str, list[PastPhone]]:
        phones: dict[str, list[PastPhone]] = {}
        for each in county.WORKERS:
            if each.role is Role.WORKER:
                worker_id, team_id = staff.worker_ids[each.name], staff.team_ids[each.team]
                label = f"{each.short_name}'s phone"
                phones.setdefault(each.team, []).append(enrol_past_phone(self.services, worker_id, team_id, label, at))
        return phones

    def _walk(self, patches: list[Patch], phones: dict[str, list[PastPhone]], first: date, last: date) -> int:
        rounds = 0
        with self.services.database.writing() as session:
            for done in walk_nights(self.chance, self.ids, patches, phones, first, last):
                rounds += 1
                if done.night >= last - timedelta(days=NIGHTLY_DAYS) or done.night.weekday() == SUNDAY:
                    self._push_all(session, phones, done.ended_at)
            self._push_all(session, phones, self.now - timedelta(hours=2))
        return rounds

    def _push_all(self, session: Session, phones: dict[str, list[PastPhone]], at: datetime) -> None:
        for phone in (phone for of_team in phones.values() for phone in of_team):
            if phone.waiting:
                phone.push(session, self.services.project, at)

    def _meet_marek(self, patches: list[Patch], phones: dict[str, list[PastPhone]]) -> None:
        """Dean met Marek by day five days ago: known, with his needs, and not yet seen bedded down."""
        watford = next(patch for patch in patches if patch.district.name == county.WATFORD)
        phone = phones[county.WATFORD_TEAM][-1]
        at = self.now - timedelta(days=5, hours=3)
        self.ids.at(at)
        marek, stairwell = make_marek(self.ids()), watford.sites[0]
        shift = Shift(
            id=self.ids(), team_id=phone.team_id, worker_id=phone.worker_id, started_at=at, night=at.date(), area="Town"
        )
        phone.say_fact("shift.started", shift, at)
        describe(phone, "person.patched", marek, PERSON_FIELDS, at)
        phone.say_fact("contact.recorded", self._met_by_day(phone, shift, at, marek, stairwell), at)
        home = at + timedelta(minutes=20)
        phone.say_fact(
            "shift.ended", ShiftEnded(id=self.ids(), shift_id=shift.id, worker_id=phone.worker_id, at=home), home
        )
        with self.services.database.writing() as session:
            phone.push(session, self.services.project, at + timedelta(minutes=30))

    def _met_by_day(self, phone: PastPhone, shift: Shift, at: datetime, marek: Person, site: Site) -> Contact:
        return make_contact(
            self.ids(), phone, shift, at,
            state=ContactState.NOT_BEDDED_DOWN, person=marek, site=site, chance=self.chance,
            note="Met by the ticket office. Says he sleeps on the stairs when it rains.",
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------------------ the rest

    def _bring_alerts_in(self, patches: list[Patch]) -> Account:
        data = write_alerts(self.chance, patches, self.now)
        zone = self.services.settings.timezone
        run = Importing(
            "referrals", "streetlink", "streetlink-demo.csv", data, self.now, self.ids, zone, tray=self.services.tray
        )
        self.ids.at(self.now)
        return import_referrals(
            self.services.database, run, parse(data, Reading(zone, self.now)), self.services.settings.data
        )

    def _hear_by_every_door(self, staff: Staff, patches: list[Patch]) -> None:
        watford = next(patch for patch in patches if patch.district.name == county.WATFORD)
        self.ids.at(self.now - timedelta(days=2))
        with self.services.database.writing() as session:
            finder = CurrentDistricts(self.services.settings.data).get_finder(session, self.now.date())
            by_every_door.send_reports(session, watford, finder, self.now, self.chance, self.ids)
            by_every_door.send_notices(session, staff.district_ids[county.WATFORD], self.now, self.ids)

    def _house(self, staff: Staff) -> None:
        """Those whose cases have been on Watford's list for longest."""
        watford = staff.district_ids[county.WATFORD]
        with self.services.database.writing() as session:
            priya = self._access(session, staff, "Priya Shah", self.now - timedelta(hours=9))
            view = CaseListView(states=(CaseState.LISTED, CaseState.OPEN))
            listed = list_cases(session, watford, view, today=priya.today, limit=1000)
            longest = sorted(listed, key=lambda case: (case.since, case.case_id))
            people = [case.person_id for case in longest]
            by_every_door.house(priya, watford, people)
            made = by_every_door.open_services(session, staff.agency_ids, priya.now, self.ids)
            by_every_door.refer(priya, people[3:5], made["Alcohol and drug clinic"])
            by_every_door.plan(priya, people[5])

    def _decide_cases(self, staff: Staff) -> None:
        """Priya has taken most candidates of the past onto Watford's list, and declined one with a reason."""
        today = self.now.astimezone(LONDON).date()
        with self.services.database.writing() as session:
            priya = workers.find_actor(session, staff.worker_ids["Priya Shah"], today)
            if priya is None:
                raise RuntimeError("The demo county's coordinator is not there.")
            access = Access(session, priya, self.now - timedelta(days=6), self.ids)
            view = CaseListView(states=(CaseState.CANDIDATE,))
            candidates = list_cases(session, staff.district_ids[county.WATFORD], view, today=today, limit=1000)
            old = [case for case in candidates if case.since < self.now - timedelta(days=7)]
            for number, case in enumerate(sorted(old, key=lambda case: (case.since, case.case_id))):
                if number == 1:
                    decline_case(
                        access, case.case_id, "Moved into his sister's flat in September; outreach confirmed it."
                    )
                elif number % 5:
                    list_case(access, case.case_id, "Agreed with outreach at the weekly call.")

    def _confer(self, staff: Staff) -> None:
        """Five days ago the district's conference was held; agencies have answered since, and the next one is
        called."""
        held_at = datetime.combine((self.now - timedelta(days=5)).astimezone(LONDON).date(), time(10), LONDON)
        watford, tom = staff.district_ids[county.WATFORD], staff.worker_ids["Tom Hughes"]
        with self.services.database.writing() as session:
            priya = self._access(session, staff, "Priya Shah", held_at)
            held = hold_conference(priya, self.services.files, watford, tom)
            for name in ("Priya Shah", "Leila Haddad"):
                later = self._access(session, staff, name, held_at + timedelta(days=4))
                owed = case_actions.list_agency_actions(session, later.actor.agency_id, None)
                answer_actions(later, [(each.action.id, each.action.text) for each in owed])
            lately = self._access(session, staff, "Priya Shah", self.now - timedelta(hours=8))
            call_next(lately, self.services.files, held, tom)

    def _access(self, session: Session, staff: Staff, name: str, at: datetime) -> Access:
        """The door, opened by somebody of the staff at a moment of the past."""
        self.ids.at(at)
        actor = workers.find_actor(session, staff.worker_ids[name], at.astimezone(LONDON).date())
        if actor is None:
            raise RuntimeError(f"{name} is not in the demo county.")
        return Access(session, actor, at, self.ids)

    def _publish(self, staff: Staff, quarter: Period) -> int | None:
        """The map of the last quarter that has settled."""
        settings = self.services.settings
        with self.services.database.writing() as session:
            prepare_share(session, quarter, self.now, self.ids, self.chance)
            ground = load_authority(session, settings.data, settings.crs, quarter.last, staff.district_ids.values())
            people = count_people(session, quarter, settings.crs, ground)
            district_of_leaf = name_leaves(session, settings.data, quarter.last, settings.crs, ground)
            counted = count_quarter(session, quarter, settings.crs, ground, district_of_leaf)
            published = publish_map(
                session, people, ground, quarter, settings.crs, Rule(), self.now, self.ids, self.chance,
                beside=Beside(counted, district_of_leaf),
            )  # fmt: skip
            bring_in_quarters(session, earlier_quarters(quarter, self.chance), self.now, self.ids)
            for each in (each for each in list_releases(session) if not each.founding):
                for name in ("Priya Shah", "Helen Marsh"):
                    approve(self._access(session, staff, name, self.now), each.id)
        return published.people_shown

    def _find_quarter(self, today: date) -> Period:
        quarter = last_complete_quarter(today)
        return quarter if is_settled(quarter, today) else last_complete_quarter(quarter.first)

    def _project_with(self, ids: Ids) -> Callable[..., None]:
        """The real projection, with ids that follow from the seed."""
        from server.actions.sync.projection import Projection

        settings = self.services.settings
        projection = Projection(
            districts=CurrentDistricts(settings.data), new_id=ids, crs=settings.crs, timezone=settings.timezone
        )
        return projection.project

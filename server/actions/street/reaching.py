"""Whom each step of an alarm reaches, of those who can be told at all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from sqlalchemy.orm import Session

from server.queries.partnership import workers
from server.queries.street import duties, leaves
from server.queries.street.duties import Reachable
from server.queries.street.lone_working import OnShift
from server.settings import Settings
from shared.model.alarm import Alarm, AlarmEventKind, AlarmStep
from shared.model.value import Id
from shared.rules.alarms import Ladder


class Ways(NamedTuple):
    """How this server can tell anybody: a telephone is none where no gateway is set, an address none without a mail server. Where
    neither is, what it would tell stands on the page alone."""

    mail: bool = True
    telephone: bool = True


EVERY_WAY = Ways()


def ways_of(settings: Settings) -> Ways:
    """How a server can tell anybody, by its settings."""
    ways = Ways(mail=bool(settings.mail.host), telephone=bool(settings.alarm.url))
    return ways if any(ways) else EVERY_WAY


@dataclass(frozen=True)
class Reach:
    """Who could be told at one moment; `out` is everybody who is out then."""

    session: Session
    now: datetime
    ladder: Ladder
    out: dict[Id, OnShift]
    ways: Ways = EVERY_WAY

    @cached_property
    def _away(self) -> Mapping[Id, datetime]:
        """Who is on leave."""
        return leaves.find_away(self.session, self.now)

    def list_people(self, alarm: Alarm) -> dict[AlarmStep, list[Reachable]]:
        """Whom each step reaches: never the worker in question but in their own step, and nobody by an earlier step again.
        Who is on leave is passed over, unless they are out after all."""
        team_ids = self._list_teams(alarm)
        colleagues = [each.worker_id for each in self.out.values() if team_ids & set(each.team_ids)]
        away = self._away
        holders = _gather(duties.list_holders(self.session, each, away) for each in sorted(team_ids))
        asked: dict[AlarmStep, list[Id]] = {
            AlarmStep.WORKER: [alarm.worker_id],
            AlarmStep.COLLEAGUES: [each for each in colleagues if each != alarm.worker_id],
            **{step: [each for each in held if each != alarm.worker_id] for step, held in holders.items()},
        }
        everybody = {each for step, ids in asked.items() if step is not AlarmStep.WORKER for each in ids}
        for team_id in team_ids:
            everybody |= set(duties.list_team(self.session, team_id)) - {alarm.worker_id, *away}
        reach = {each.worker_id: each for each in duties.list_reachable(self.session, {alarm.worker_id, *everybody})}
        if not any(self._can_be_told(reach[each]) for each in everybody & reach.keys()):
            reach |= self._rouse(alarm)
            everybody = reach.keys() - {alarm.worker_id}
        asked[AlarmStep.EVERYBODY] = sorted(everybody)
        for step, told in self._told_before(alarm).items():
            asked[step] = [each for each in asked[step] if each not in told]
        found = {step: [reach[each] for each in ids if each in reach] for step, ids in asked.items()}
        return {
            step: [each for each in people if self._can_be_told(each) or step is AlarmStep.WORKER]
            for step, people in found.items()
        }

    def _list_teams(self, alarm: Alarm) -> set[Id]:
        """The teams that somebody walks with tonight. Whoever calls for help and walks with none calls every team of theirs."""
        mine = self.out.get(alarm.worker_id)
        walked = set(mine.team_ids if mine else ()) | {alarm.team_id}
        caller = workers.find_worker(self.session, alarm.worker_id) if mine is None and alarm.help is not None else None
        return walked | set(caller.team_ids if caller else ())

    def _rouse(self, alarm: Alarm) -> dict[Id, Reachable]:
        """Rather somebody than nobody at all: of the team and its posts, on leave or not; else whoever works for the same agency;
        else whoever administers."""
        held = duties.list_holders(self.session, alarm.team_id).values()
        ids = {each for ids in held for each in ids} | set(duties.list_team(self.session, alarm.team_id))
        for asked in (
            ids,
            duties.list_of_agency(self.session, alarm.worker_id),
            duties.list_administrators(self.session),
        ):
            found = duties.list_reachable(self.session, asked)
            if any(self._can_be_told(each) for each in found if each.worker_id != alarm.worker_id):
                return {each.worker_id: each for each in found}
        return {}

    def _can_be_told(self, each: Reachable) -> bool:
        return bool((each.email and self.ways.mail) or (each.telephone and self.ways.telephone))

    def _told_before(self, alarm: Alarm) -> dict[AlarmStep, frozenset[Id]]:
        """Whom an earlier step told already, for each step that was not told yet: they are not asked and waited for twice."""
        told = [each for each in alarm.events if each.kind is AlarmEventKind.TOLD]
        begun = {each.step for each in told}
        known = frozenset(each.worker_id for each in told if each.worker_id is not None)
        return {
            rung.step: known for rung in self.ladder if rung.step not in begun and rung.step is not AlarmStep.WORKER
        }


def _gather(held: Iterable[dict[AlarmStep, list[Id]]]) -> dict[AlarmStep, list[Id]]:
    """Who holds each post of several teams: whoever walks with two is missed by both."""
    found: dict[AlarmStep, list[Id]] = {post: [] for post in duties.POSTS}
    for each in held:
        for post, ids in each.items():
            found[post] += [one for one in ids if one not in found[post]]
    return found

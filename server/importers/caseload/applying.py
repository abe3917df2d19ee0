"""A planned caseload brought in as one batch, undone as one, and let onto phones when the district says so."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct, json

from server.access import Access
from server.actions.cases.cases import may_decide
from server.actions.cases.machine import Step, begin_cases, move_case
from server.actions.people.erasure import forget_person
from server.actions.sync.projection.holding import hold_people
from server.actions.sync.saying import say
from server.importers.caseload.grid import Grid
from server.importers.caseload.meanings import say_meaning
from server.importers.caseload.reading import UNREADABLE, Draft
from server.importers.caseload.store import (
    NEW,
    OUT,
    SAME_ROW,
    CaseloadConversation,
    Line,
    Plan,
    read_day,
    refuse_if_open,
    require,
    said_of,
    tell_apart,
)
from server.problems import CONFLICTING, Failure, NotFound
from server.queries.cases import cases, priorities
from server.queries.people import brought_in, subjects
from server.queries.people.brought_in import Batch, BroughtIn
from server.queries.people.worked_with import list_touched
from server.queries.referrals import referrals
from server.queries.sync.store import Project, find_scopes, place_entity
from shared.model.case import Case
from shared.model.codes import CaseState, CaseStep, EvidenceBasis, ReceivingSupport, ReviewStatus, SupportNeed
from shared.model.person import NeedRecorded
from shared.model.value import Id
from shared.model.verification import Verification
from shared.policy import Act
from sync.authoring import NewChange


class Made(Struct):
    """What a batch made: people that were new, and cases."""

    people: list[Id] = []
    cases: list[Id] = []


def bring_in(
    access: Access, project: Project, batch: Batch, state: CaseloadConversation, plan: Plan, mapping_id: Id
) -> Made:
    """Bring a plan in, all of it or nothing; the file itself is forgotten. Raises Failure while a row waits for an answer."""
    require(access, batch.district_id, "applied")
    refuse_if_open(plan)
    bringing = _Bringing(access, project, batch, plan)
    made = bringing.run()
    account = {"people": len(made.people), "rows": len(plan.lines), "out": sum(x.answer == OUT for x in plan.lines)}
    brought_in.set_batch(
        access.session, batch.id, held="", applied_at=access.now, made=json.encode(made).decode(),
        account=json.encode({**account, **plan.account}).decode(),
    )  # fmt: skip
    name = state.mapping_name.strip()[:200] or "Our tracker"
    meanings = json.encode(dict(zip(tell_apart(plan.headings), state.meanings, strict=True))).decode()
    brought_in.keep_mapping(access.session, mapping_id, batch.district_id, name, meanings, access.now)
    return made


class _Bringing:
    """One batch on its way in."""

    def __init__(self, access: Access, project: Project, batch: Batch, plan: Plan) -> None:
        self.access, self.project, self.batch, self.plan = access, project, batch, plan
        self.made = Made()
        self.ids: dict[str, Id] = {}
        self.now_ms = int(access.now.timestamp() * 1000)

    def run(self) -> Made:
        lines = self.plan.coming
        for line in lines:
            self.ids[line.draft.key] = self._identify(line)
        hold_people(self.access.session, self.ids.values())  # all of them before the feed, which the first is told to
        new = [line for line in lines if line.answer == NEW]
        self.made.people = [self.ids[line.draft.key] for line in new]
        self._publish([self._person(line) for line in new])
        for line in lines:
            self._begin_case(line)
        self._publish([change for line in new for change in self._facts(line)])
        brought_in.add_facts(self.access.session, [fact for line in lines for fact in self._list_brought(line)])
        return self.made

    def _identify(self, line: Line) -> Id:
        if line.answer == NEW:
            return self.access.new_id()
        if line.answer.startswith(SAME_ROW):
            same = self.ids.get(line.answer.removeprefix(SAME_ROW))
            if same is None:
                raise Failure(CONFLICTING, f"Row {line.draft.row} is said to be a row that is left out: answer again.")
            return same
        return line.answer

    def _publish(self, new: list[NewChange]) -> None:
        if new:
            say(self.access.session, self.project, new, self.access.now)

    def _change(self, line: Line, kind: str, **said: Any) -> NewChange:
        return NewChange(
            id=self.access.new_id(), type=kind, scope=f"district:{line.district_id}", entity=self.ids[line.draft.key],
            who=self.access.actor.worker_id, at_ms=self.now_ms, **said,
        )  # fmt: skip

    def _person(self, line: Line) -> NewChange:
        return self._change(line, "person.patched", sets=said_of(line.draft))

    def _facts(self, line: Line) -> Iterator[NewChange]:
        """Needs as they stand on the list today, and that the district holds the person for verified."""
        draft, person_id, access = line.draft, self.ids[line.draft.key], self.access
        for need, support in draft.needs.items():
            fact = NeedRecorded(
                id=access.new_id(), person_id=person_id, need=SupportNeed(need), at=access.now,
                receiving_support=ReceivingSupport(support), worker_id=access.actor.worker_id,
            )  # fmt: skip
            yield self._change(line, "need.recorded", payload=msgspec.Raw(json.encode(fact)))
        if draft.verified:
            said = Verification(
                id=access.new_id(), person_id=person_id, basis=EvidenceBasis.PROFESSIONAL_JUDGEMENT,
                review_status=ReviewStatus.CONFIRMED, district_id=line.district_id, at=access.now,
                worker_id=access.actor.worker_id, reason=f"Brought in: verified on the district's own list ({self._source})",
            )  # fmt: skip
            yield self._change(line, "verification.recorded", payload=msgspec.Raw(json.encode(said)))

    @property
    def _source(self) -> str:
        return self.batch.file_name or "a spreadsheet"

    def _begin_case(self, line: Line) -> None:
        """A case where the person has none here; whoever is on a list already stays where they are."""
        draft, person_id, access = line.draft, self.ids[line.draft.key], self.access
        same = subjects.list_same_person(access.session, person_id) or [person_id]
        if line.answer.startswith(SAME_ROW) or cases.list_live_cases_of(access.session, same):
            return
        listed = may_decide(access, line.district_id) and draft.status != "candidate"
        new = Case(
            id=access.new_id(), person_id=person_id, district_id=line.district_id,
            state=CaseState.LISTED if listed else CaseState.CANDIDATE, since=access.now,
            reason=f"Brought in from {self._source}, row {draft.row}.", put_forward_by=access.actor.worker_id,
            basis=EvidenceBasis.PROFESSIONAL_JUDGEMENT, mdt_number=draft.mdt_number,
        )  # fmt: skip
        step = CaseStep.LISTED if listed else CaseStep.PUT_FORWARD
        if not begin_cases(access.session, [(new, step)], access.new_id):
            return
        self.made.cases.append(new.id)
        if draft.general:
            said: Mapping[str, bool] = draft.general
            priorities.change_general(access.session, new.id, said, access.now, access.actor.worker_id)
        if draft.status == "closed" and listed:
            reason = draft.outcome or "Closed on the district's own list"
            taken = Step(step=CaseStep.CLOSED, at=access.now, worker_id=access.actor.worker_id, reason=reason[:200])
            move_case(access.session, new.id, taken, access.new_id, reason=reason)

    def _list_brought(self, line: Line) -> Iterator[BroughtIn]:
        """Whatever the row says that is history, a note, or not taken since the person is known already."""
        for kind, day, number, text in _tell(line, self.plan):
            yield BroughtIn(
                id=self.access.new_id(), batch_id=self.batch.id, person_id=self.ids[line.draft.key], kind=kind,
                day=read_day(day), mdt_number=number, text=text,
            )  # fmt: skip


def _tell(line: Line, plan: Plan) -> Iterator[tuple[str, str, int | None, str]]:
    draft = line.draft
    if draft.first_seen:
        yield "first_seen", draft.first_seen, None, "First seen"
    if draft.accommodation:
        yield "accommodation", "", None, draft.accommodation
    for mdt in draft.mdts:
        parts = (("update", mdt.update), ("action", _owned(mdt.actions, mdt.owner)), ("outcome", mdt.outcome))
        told = [(kind, text) for kind, text in parts if text]
        for kind, text in told or ([("held", "Discussed")] if mdt.date else []):
            yield kind, mdt.date, mdt.number, text
    if draft.outcome:
        yield "outcome", "", None, draft.outcome
    for note in draft.notes:
        yield "note", "", None, note
    if line.answer != NEW:
        for text in _not_taken(draft):
            yield "note", "", None, text
    for cell in plan.caseload.of(UNREADABLE):
        if cell.row == draft.row:
            yield "note", "", None, f"{cell.heading}: {cell.text}"


def _owned(actions: str, owner: str) -> str:
    return f"{actions} ({owner})" if actions and owner else actions or (f"Owner: {owner}" if owner else "")


def _not_taken(draft: Draft) -> Iterator[str]:
    """What the file says of somebody who is known already: beside their record, which stays as it is."""
    for name, value in said_of(draft).items():
        if not name.endswith("_quality"):
            yield f"{name.replace('_', ' ').capitalize()} in the file: {value}"
    for need, support in draft.needs.items():
        yield f"Need in the file: {need.replace('_', ' ')}, receiving support: {support.replace('_', ' ')}"
    for name, is_so in draft.general.items():
        yield f"{say_meaning(f'general.{name}')} in the file: {'yes' if is_so else 'no'}"
    if draft.mdt_number > 1:
        yield f"MDT number in the file: {draft.mdt_number}"
    if draft.verified is not None:
        yield f"Verified in the file: {'yes' if draft.verified else 'no'}"
    if draft.status == "closed":
        yield f"Closed in the file{': ' + draft.outcome if draft.outcome else ''}"


def list_left_out_sheets(state: CaseloadConversation) -> list[Grid]:
    """Sheets of the file with something in them that are not brought in."""
    return [grid for index, grid in enumerate(state.file.sheets) if index != state.sheet and grid.rows]


# --------------------------------------------------------------------------------------------------- after it is brought in
def undo(access: Access, batch_id: Id) -> list[str]:
    """Take out again whom a batch brought in; returns sentences about who stays, since somebody worked with them since.

    Raises NotFound, and Failure for one undone before.
    """
    batch = _applied(access, batch_id, "undone")
    if batch.undone_at is not None:
        raise Failure(CONFLICTING, "This file was undone before.")
    made = json.decode(batch.made, type=Made)
    touched = list_touched(access.session, made.people, batch_id, batch.applied_at or access.now)
    names = {each.id: each.known_as for each in brought_in.list_everybody(access.session)} if touched else {}
    left = [
        f"{names.get(person_id) or 'Somebody'} stays: somebody has worked with them since."
        for person_id in made.people
        if person_id in touched
    ]
    gone = [person_id for person_id in made.people if person_id not in touched]
    brought_in.set_batch(access.session, batch_id, undone_at=access.now)
    for case in cases.list_cases_by_id(access.session, made.cases):
        if case.person_id in touched or case.person_id in gone or case.state is CaseState.CLOSED:
            continue
        step = CaseStep.DECLINED if case.state is CaseState.CANDIDATE else CaseStep.CLOSED
        reason = "The file that brought this in was undone."
        taken = Step(step=step, at=access.now, worker_id=access.actor.worker_id, reason=reason)
        move_case(access.session, case.id, taken, access.new_id, reason=reason)
    brought_in.delete_facts_of_others(access.session, batch_id, touched)
    if gone:
        forget_person(access.session, gone, int(access.now.timestamp() * 1000))
    return left


def let_onto_phones(access: Access, batch_id: Id) -> int:
    """From now on the team that walks their district has them on its phones, beside whoever has met them since; returns how many
    people. Whose row named another district, which no team walks, is on no phone by it.

    Raises Failure without a team, and for a second time.
    """
    batch = _applied(access, batch_id, "on phones")
    teams = referrals.list_team_of_districts(access.session)
    if batch.district_id not in teams:
        raise Failure(CONFLICTING, "No team walks this district yet: add one under Teams.")
    if batch.on_phones_at is not None or batch.undone_at is not None:
        raise Failure(CONFLICTING, "This was done before, or the file was undone.")
    made = json.decode(batch.made, type=Made)
    brought_in.set_batch(access.session, batch_id, on_phones_at=access.now)
    told = 0
    for person_id in made.people:
        scopes = find_scopes(access.session, person_id)
        heard = {each for each in scopes if not each.startswith("district:")}
        theirs = {each.removeprefix("district:") for each in scopes - heard} or {batch.district_id}
        new = {f"team:{teams[each]}" for each in theirs if each in teams}
        if new:
            place_entity(access.session, person_id, heard | new)
            told += 1
    return told


def _applied(access: Access, batch_id: Id, detail: str) -> Batch:
    batch = brought_in.lock_batch(access.session, batch_id)
    if batch is None or batch.applied_at is None:
        access.require(Act.SHARE_TRACKER, None)
        raise NotFound
    require(access, batch.district_id, detail)
    return batch

"""Placing cases: the rule's order, the coordinator's own places, and the general data that both rest on."""

from collections.abc import Mapping, Sequence

from server.access import Access
from server.database.locks import lock_records
from server.problems import Invalid
from server.queries.cases import priorities
from server.queries.cases.priorities import ListedCase
from server.queries.partnership import workers
from server.queries.people import concealment, subjects
from shared.model.value import Id
from shared.policy import Act
from shared.rules.prioritisation import Override, RankedCase, rank_cases


def rank_district(
    access: Access, district_id: Id, *, shared: bool = False
) -> tuple[list[RankedCase], dict[Id, ListedCase]]:
    """The cases of a district's list in the order of discussion, and the facts of each by case.

    `shared`: for the screen of a conference, where nobody is hidden even from some (privacy rule A5).
    """
    found = priorities.list_listed_cases(access.session, district_id, access.tonight)
    if shared:
        hidden = concealment.list_hidden(access.session)
        found = [case for case in found if case.row.person_id not in hidden]
    listed = {case.row.case_id for case in found}
    overrides = [
        each for each in priorities.list_overrides(access.session, district_id) if not shared or each.case_id in listed
    ]
    names = workers.list_short_names(access.session, {override.worker_id for override in overrides})
    return rank_cases([case.facts for case in found], overrides, names), {case.row.case_id: case for case in found}


def place_case(access: Access, case_id: Id, rank: int, reason: str) -> Override:
    """Place a case at `rank`, counted from 1, against the rule. The reason is kept. Raises Invalid without one."""
    access.require(Act.OVERRIDE_PRIORITY, subjects.find_case(access.session, case_id), purpose="prioritisation")
    if not reason.strip():
        raise Invalid("Say why this case is placed otherwise. The reason is kept with it.")
    if not 1 <= rank <= priorities.MOST_CASES:
        raise Invalid("A place is a number from 1.")
    lock_records(access.session, [f"place of {case_id}"])  # of two places at one moment the later one holds, alone
    priorities.lift_overrides(access.session, case_id, access.now, access.actor.worker_id)
    override = Override(
        case_id=case_id, rank=rank, reason=reason.strip(), worker_id=access.actor.worker_id, at=access.now
    )
    priorities.add_override(access.session, access.new_id(), override)
    return override


def lift_place(access: Access, case_id: Id) -> None:
    """Let the rule place a case again."""
    access.require(Act.OVERRIDE_PRIORITY, subjects.find_case(access.session, case_id), purpose="prioritisation")
    priorities.lift_overrides(access.session, case_id, access.now, access.actor.worker_id)


def change_general(access: Access, case_id: Id, changed: Mapping[str, bool], *, let_in: bool = False) -> None:
    """Store these fields of the toolkit's general data of a case, and no others: what somebody else ticks meanwhile stays.

    `let_in`: the meeting has let the actor in to the case (decision 84)."""
    said = ", ".join(f"{name}: {'yes' if value else 'no'}" for name, value in sorted(changed.items()))
    if not let_in:
        access.require(
            Act.CHANGE_CASE, subjects.find_case(access.session, case_id), purpose="general data", detail=said
        )
    unknown = set(changed) - set(priorities.GENERAL_FIELDS)
    if unknown:
        raise Invalid(f"General data has no field “{sorted(unknown)[0]}”.")
    if changed:
        priorities.change_general(access.session, case_id, changed, access.now, access.actor.worker_id)


def in_order(ranked: Sequence[RankedCase], cases: Mapping[Id, ListedCase]) -> list[tuple[RankedCase, ListedCase]]:
    """Each ranked case beside its facts."""
    return [(each, cases[each.case_id]) for each in ranked]

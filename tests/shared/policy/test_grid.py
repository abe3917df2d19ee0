"""The permission grid as a whole: role x relationship x record state x action, against an oracle written out by hand.

The oracle is a text that a person can read and disagree with. Columns are relationships to a record:
  own      the actor's team or own work, no district in common      district  in the actor's district
  works    the actor's agency works with the person, elsewhere      agency    the record belongs to the actor's
  agency, elsewhere
  stranger nothing in common
A cell says what happens to an ordinary record: y allowed, n refused as if the record were missing, a ask the service
(notes), c refused in words until the person agrees (or another lawful basis is said).
An action that a role has no row for is refused outright.
"""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from shared.model.codes import Role
from shared.model.consent import ConsentSaid
from shared.model.telling import ConsentAnswer, LawfulBasis, Shareable
from shared.policy import Act, Actor, Allow, Deny, Subject, decide, teams_within
from shared.policy.actions import is_personal
from shared.policy.consent import RESTS_ON_CONSENT

TODAY = date(2026, 11, 20)

RELATIONSHIPS = {
    "own": Subject(id="x", team_id="our-team", worker_id="me"),
    "district": Subject(id="x", district_ids=frozenset({"watford"})),
    "works": Subject(id="x", district_ids=frozenset({"dacorum"}), working_agency_ids=frozenset({"us"})),
    "agency": Subject(id="x", district_ids=frozenset({"dacorum"}), owner_agency_id="us"),
    "stranger": Subject(id="x", district_ids=frozenset({"dacorum"}), working_agency_ids=frozenset({"them"})),
}

PATCH, DISTRICT, WORKS, DISTRICT_WORKS, AGENCY, TEAM, OWN, ANY = (
    "yyynn",
    "nynnn",
    "nnynn",
    "nyynn",
    "nnnyn",
    "ynnyn",
    "ynnnn",
    "yyyyy",
)

#                                 own district works agency stranger
OUTREACH = {
    "see_learning": ANY, "write_on_board": ANY, "take_down": AGENCY, "write_case_study": WORKS,
    "signed_in": ANY, "sync": ANY, "see_recipients": ANY, "see_services": ANY, "edit_services": ANY,
    "see_person": PATCH, "see_person_list": PATCH, "see_place": PATCH, "edit_person": PATCH, "break_glass": PATCH,
    "see_notes": "aaynn", "see_own_record": WORKS, "see_document": WORKS, "add_document": PATCH,
    "see_consent": PATCH, "record_consent": PATCH, "see_assessment": "cccnn", "record_assessment": PATCH,
    "see_health": WORKS, "record_health": WORKS, "record_equality": WORKS, "see_doors": "cccnn", "record_at_door": PATCH,
        "see_plan": "cccnn", "change_plan": PATCH, "see_wellbeing": "cccnn", "record_wellbeing": PATCH,
    "record_contact": PATCH, "correct_contact": PATCH, "edit_site": PATCH, "see_map": PATCH, "see_shifts": PATCH,
    "see_referrals": PATCH, "see_referral": PATCH, "progress_referral": PATCH,
}  # fmt: skip
ORACLE = {
    Role.WORKER: OUTREACH,
    Role.TEAM_LEAD: OUTREACH | {
        "review_harm": DISTRICT,
        "merge_people": PATCH, "hide_person": WORKS, "plan_shift": PATCH, "see_live_map": PATCH,
        "settle_versions": PATCH, "assign_referral": PATCH, "import_referrals": PATCH,
        "put_forward_case": PATCH, "see_who_looked": WORKS, "decide_held": PATCH,
        "see_case_list": DISTRICT, "see_case": DISTRICT_WORKS,
        "see_conference": DISTRICT_WORKS, "run_conference": OWN, "write_update": DISTRICT_WORKS,
        "see_actions": AGENCY, "answer_action": AGENCY, "ask_service": DISTRICT_WORKS, "answer_question": WORKS,
        "see_devices": TEAM, "enrol_device": TEAM, "wipe_device": TEAM, "manage_workers": AGENCY,
    },
    Role.COORDINATOR: {
        "see_learning": ANY, "write_on_board": ANY, "take_down": ANY, "write_case_study": DISTRICT_WORKS,
        "see_exact_counts": OWN,
        "signed_in": ANY, "see_recipients": ANY, "see_services": ANY, "edit_services": ANY, "see_agreements": ANY,
        "manage_agreements": ANY, "approve_recipient": ANY,
        "approve_publication": ANY,
        "see_person": DISTRICT_WORKS, "see_person_list": DISTRICT_WORKS, "see_place": DISTRICT_WORKS,
        "edit_person": DISTRICT_WORKS, "merge_people": DISTRICT, "hide_person": DISTRICT_WORKS,
        "break_glass": DISTRICT_WORKS, "see_notes": "naynn", "see_who_looked": DISTRICT_WORKS, "see_own_record": DISTRICT_WORKS,
        "see_consent": DISTRICT_WORKS, "record_consent": DISTRICT_WORKS, "state_basis": DISTRICT_WORKS,
        "see_assessment": "nccnn", "record_assessment": DISTRICT_WORKS,
        "see_plan": "nccnn", "change_plan": DISTRICT_WORKS,
        "see_wellbeing": "nccnn", "record_wellbeing": DISTRICT_WORKS,
        "manage_questions": ANY,
        "see_health": DISTRICT_WORKS, "record_health": DISTRICT_WORKS, "record_equality": WORKS, "review_harm": DISTRICT,
        "see_doors": "nccnn", "record_at_door": DISTRICT_WORKS,
        "export_person": DISTRICT, "see_document": DISTRICT_WORKS, "add_document": DISTRICT_WORKS,
        "record_contact": DISTRICT, "correct_contact": DISTRICT, "edit_site": DISTRICT, "see_map": DISTRICT,
        "see_live_map": DISTRICT,
        "settle_versions": DISTRICT,
        "see_shifts": DISTRICT, "see_referrals": DISTRICT, "see_referral": DISTRICT, "assign_referral": DISTRICT,
        "progress_referral": DISTRICT, "import_referrals": DISTRICT,
        "see_case_list": DISTRICT, "see_case": DISTRICT_WORKS, "judge_verification": DISTRICT,
        "put_forward_case": DISTRICT, "change_case": DISTRICT, "override_priority": DISTRICT,
        "see_conference": DISTRICT, "prepare_conference": DISTRICT, "run_conference": DISTRICT,
        "write_update": DISTRICT, "see_actions": DISTRICT, "answer_action": AGENCY, "chase_action": DISTRICT,
        "share_tracker": DISTRICT, "ask_service": DISTRICT_WORKS, "answer_question": DISTRICT_WORKS,
        "decide_held": DISTRICT,
        "see_devices": DISTRICT, "enrol_device": DISTRICT, "wipe_device": DISTRICT, "manage_workers": DISTRICT,
    },
    Role.AGENCY_MEMBER: {
        "see_learning": ANY, "write_on_board": ANY, "take_down": AGENCY, "write_case_study": WORKS,
        "see_exact_counts": OWN,
        "signed_in": ANY, "see_recipients": ANY, "see_services": ANY, "edit_services": ANY,
        "see_consent": WORKS, "record_consent": WORKS, "see_assessment": "nncnn", "record_assessment": WORKS,
        "see_health": WORKS, "record_health": WORKS, "record_equality": WORKS, "see_doors": "nccnn", "record_at_door":
        DISTRICT_WORKS,
        "see_plan": "nncnn", "change_plan": WORKS,
        "see_wellbeing": "nncnn", "record_wellbeing": WORKS,
        "see_person": WORKS, "see_own_record": WORKS, "see_document": WORKS, "add_document": WORKS,
        "see_notes": "naynn", "break_glass": DISTRICT_WORKS, "hide_person": WORKS,
        "see_case_list": DISTRICT, "see_case": DISTRICT_WORKS, "put_forward_case": DISTRICT,
        "see_conference": DISTRICT_WORKS, "run_conference": OWN, "write_update": DISTRICT_WORKS,
        "see_actions": AGENCY, "answer_action": AGENCY, "ask_service": DISTRICT_WORKS, "answer_question": WORKS,
        "see_agreements": AGENCY,
    },
    Role.COMMISSIONER: {
        "see_exact_counts": OWN,
        "signed_in": ANY, "see_hotspots": ANY, "see_recipients": ANY, "see_services": ANY, "see_agreements": AGENCY,
        "approve_recipient": ANY, "approve_publication": ANY,
    },
    Role.ADMINISTRATOR: {
        "signed_in": ANY, "see_recipients": ANY, "see_services": ANY, "edit_services": ANY, "see_devices": ANY, "enrol_device":
        ANY,
        "wipe_device": ANY, "see_agreements": ANY, "manage_agreements": ANY, "manage_workers": ANY,
        "manage_districts": ANY, "review_access": ANY, "see_outbox": ANY,
    },
}  # fmt: skip
IMPERSONAL = {
    "see_exact_counts", "see_services", "edit_services",
    "signed_in", "sync", "see_hotspots", "see_recipients", "see_devices",
    "enrol_device", "wipe_device", "see_agreements", "manage_agreements", "manage_questions",
    "manage_workers", "manage_districts", "see_outbox",
    "approve_recipient", "approve_publication", "public",
}  # fmt: skip


def actor(role: Role, **changes) -> Actor:
    facts: dict[str, Any] = {
        "worker_id": "me", "agency_id": "us", "roles": frozenset({role}), "team_ids": frozenset({"our-team"}),
        "district_ids": frozenset({"watford"}), "agreements_valid_until": TODAY, "trained_on": TODAY - timedelta(days=730),
    }  # fmt: skip
    return Actor(**(facts | changes))


def outcome(decision) -> str:
    """One letter for a decision: y allowed, n as missing, a ask (flagged), r refused outright."""
    if isinstance(decision, Allow):
        return "y"
    return "n" if decision.as_missing else "a" if decision.flagged else "r"


def expected(role: Role, act: Act, relationship: str, state: str) -> str:
    if act is Act.PUBLIC:
        return "y"
    row = ORACLE[role].get(act.value)
    if row is None:
        return "r"
    if state in {"no_agreement", "expired_agreement", "untrained", "old_training"} and act.value not in IMPERSONAL:
        return "r"
    if state in {"hidden", "hidden_and_opened"}:
        return "n"
    cell = row[list(RELATIONSHIPS).index(relationship)]
    if cell == "c":
        return "y" if state in {"agreed", "shared_by_law"} else "r"
    return "y" if cell == "a" and state == "opened" else cell


def word(answer="agreed", agency_id=None, day=1, **changes) -> ConsentSaid:
    told: dict[str, Any] = {
        "what": Shareable.ASSESSMENT,
        "answer": ConsentAnswer(answer),
        "at": datetime(2026, 11, day, 12, tzinfo=UTC),
    }
    ids = {"id": f"{answer}-{agency_id}-{day}", "person_id": "x", "worker_id": "me"}
    return ConsentSaid(**(ids | told | {"agency_id": agency_id} | changes))


BY_LAW = {"basis": LawfulBasis.LEGAL_OBLIGATION, "words": "a court asks for it"}
CONSENTS = {
    "nobody asked": ((), "r"),
    "agreed for all": ((word(),), "y"),
    "agreed for us": ((word(agency_id="us"),), "y"),
    "agreed for others": ((word(agency_id="them"),), "r"),
    "agreed to something else": ((word(what=Shareable.PLAN),), "r"),
    "refused": ((word("refused"),), "r"),
    "withdrawn": ((word(), word("withdrawn", day=2)), "r"),
    "withdrawn, heard first": ((word("withdrawn", day=2), word()), "r"),
    "agreed again": ((word("withdrawn", day=2), word(day=3)), "y"),
    "withdrawn in the same moment": ((word(), word("withdrawn")), "r"),
    "all but us": ((word("refused", agency_id="us"), word(day=2)), "r"),
    "all but others": ((word("refused", agency_id="them"), word(day=2)), "y"),
    "us, then nobody": ((word(agency_id="us"), word("withdrawn", day=2)), "r"),
    "nobody, then us": ((word("refused"), word(agency_id="us", day=2)), "y"),
    "until today": ((word(until=TODAY),), "y"),
    "until yesterday": ((word(until=TODAY - timedelta(days=1)),), "r"),
    "us until yesterday, all before": ((word(), word(agency_id="us", day=2, until=TODAY - timedelta(days=1))), "r"),
    "us until yesterday, all since": ((word(agency_id="us", until=TODAY - timedelta(days=1)), word(day=2)), "y"),
    "by law, though refused": ((word("refused", day=5), word(**BY_LAW)), "y"),
    "by law no longer": ((word(**BY_LAW), word("withdrawn", day=2, **BY_LAW)), "r"),
    "by law no longer, and agreed": ((word(day=3), word(**BY_LAW), word("withdrawn", day=5, **BY_LAW)), "y"),
    "by law for others": ((word(agency_id="them", **BY_LAW),), "r"),
}  # fmt: skip
"""What was said, in the order in which it was heard, and whether it lets our service read."""


def about_all(*words: ConsentSaid) -> tuple[ConsentSaid, ...]:
    """The same words about each thing that may be shared."""
    return tuple(msgspec.structs.replace(each, what=what) for what in Shareable for each in words)


STATES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "ordinary": ({}, {}),
    "hidden": ({}, {"hidden": True, "known_to_agency_ids": frozenset({"them"})}),
    "hidden_and_known_to_us": ({}, {"hidden": True, "known_to_agency_ids": frozenset({"us"})}),
    "hidden_and_opened": ({}, {"hidden": True, "opened_for_worker_ids": frozenset({"me"})}),
    "opened": ({}, {"opened_for_worker_ids": frozenset({"me"})}),
    "agreed": ({}, {"consents": about_all(word(agency_id="us"))}),
    "agreed_with_another": ({}, {"consents": about_all(word(agency_id="them"))}),
    "shared_by_law": ({}, {"consents": about_all(word("refused", day=2), word(**BY_LAW))}),
    "no_agreement": ({"agreements_valid_until": None}, {}),
    "expired_agreement": ({"agreements_valid_until": TODAY - timedelta(days=1)}, {}),
    "untrained": ({"trained_on": None}, {}),
    "old_training": ({"trained_on": TODAY - timedelta(days=731)}, {}),
}


def subject(relationship: str, **changes) -> Subject:
    base = RELATIONSHIPS[relationship]
    return Subject(**({name: getattr(base, name) for name in base.__struct_fields__} | changes))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("role", list(ORACLE))
def test_every_cell_of_the_grid_is_as_written(role, state):
    actor_changes, subject_changes = STATES[state]
    wrong = []
    for act, relationship in itertools.product(Act, RELATIONSHIPS):
        got = outcome(decide(actor(role, **actor_changes), act, subject(relationship, **subject_changes), TODAY))
        want = expected(role, act, relationship, state)
        if got != want:
            wrong.append(f"{role} {act} {relationship} {state}: got {got}, want {want}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", list(ORACLE))
def test_a_list_asks_for_the_actors_teams_where_the_act_reaches_what_is_theirs(role):
    wrong = []
    for act in set(Act) - {Act.PUBLIC}:
        row = ORACLE[role].get(act.value, "nnnnn")
        want = {"our-team"} if row[0] == "y" and row != OWN else set()
        if teams_within(actor(role), act, TODAY) != want:
            wrong.append(f"{role} {act}: want {want}")
    assert not wrong, "\n".join(wrong)


def test_a_list_asks_for_a_coordinators_teams_only_as_far_as_another_role_reaches():
    both = actor(Role.COORDINATOR, roles=frozenset({Role.COORDINATOR, Role.WORKER}))
    assert teams_within(both, Act.SEE_REFERRAL, TODAY) == {"our-team"}
    assert teams_within(both, Act.ASSIGN_REFERRAL, TODAY) == set()
    assert teams_within(actor(Role.WORKER, trained_on=None), Act.SEE_REFERRAL, TODAY) == set()


@pytest.mark.parametrize("case", CONSENTS)
def test_what_rests_on_consent_asks_what_was_said_in_whatever_order_it_was_heard(case):
    said, want = CONSENTS[case]
    wrong = []
    for act, role, relationship in itertools.product(RESTS_ON_CONSENT, ORACLE, RELATIONSHIPS):
        if ORACLE[role].get(act.value, "nnnnn")[list(RELATIONSHIPS).index(relationship)] != "c":
            continue
        about = tuple(
            msgspec.structs.replace(each, what=RESTS_ON_CONSENT[act])
            if each.what is Shareable.ASSESSMENT
            else msgspec.structs.replace(
                each, what=next(other for other in Shareable if other is not RESTS_ON_CONSENT[act])
            )
            for each in said
        )
        for heard in itertools.permutations(about):
            got = outcome(decide(actor(role), act, subject(relationship, consents=heard), TODAY))
            wrong += [] if got == want else [f"{role} {act} {relationship}: got {got}, want {want}"]
    assert not wrong, "\n".join(wrong)


def test_what_a_service_wrote_itself_it_reads_without_consent():
    own = subject("works", owner_agency_id="us", consents=(word("refused"),))
    assert isinstance(decide(actor(Role.AGENCY_MEMBER), Act.SEE_ASSESSMENT, own, TODAY), Allow)


def test_the_oracle_names_only_actions_that_exist():
    written = {name for row in ORACLE.values() for name in row} | IMPERSONAL
    assert written <= {act.value for act in Act}


def test_every_action_but_the_listed_ones_is_personal():
    assert {act.value for act in Act if not is_personal(act)} == IMPERSONAL


def test_every_action_can_be_done_by_somebody():
    assert {act.value for act in Act} - {"public", "ours_alone"} == {name for row in ORACLE.values() for name in row}


def test_a_commissioner_has_no_personal_action_at_all():
    assert not [act for act in Act if act.value in ORACLE[Role.COMMISSIONER] and is_personal(act)]


def test_a_role_of_a_newer_version_may_do_nothing():
    assert isinstance(decide(actor(Role("inspector")), Act.SIGNED_IN, Subject(), TODAY), Deny)


def test_two_roles_reach_as_far_as_the_farther():
    both = actor(Role.WORKER, roles=frozenset({Role.WORKER, Role.AGENCY_MEMBER}))
    assert isinstance(decide(both, Act.SEE_CASE, subject("district"), TODAY), Allow)
    assert isinstance(decide(both, Act.RECORD_CONTACT, subject("own"), TODAY), Allow)


def test_a_hidden_person_and_another_districts_person_are_refused_alike():
    aisha = actor(Role.WORKER)
    hidden = decide(aisha, Act.SEE_PERSON, subject("district", hidden=True), TODAY)
    elsewhere = decide(aisha, Act.SEE_PERSON, subject("stranger"), TODAY)
    assert hidden == elsewhere == Deny(reason="There is no such record.", as_missing=True)


def test_what_depends_on_the_actor_alone_never_tells_whether_a_record_exists():
    expired = actor(Role.COORDINATOR, agreements_valid_until=date(2026, 11, 1))
    decisions = {
        decide(expired, Act.SEE_PERSON, subject(r, hidden=h), TODAY) for r in RELATIONSHIPS for h in (True, False)
    }
    assert decisions == {
        Deny(
            reason="Your organisation's agreement expired on 1 November 2026. People are not shown until it is signed again."
        )
    }


def test_a_refused_note_names_whom_to_ask_and_nothing_else():
    decision = decide(actor(Role.COORDINATOR), Act.SEE_NOTES, subject("district", ask_agency="CGL Spectrum"), TODAY)
    assert decision == Deny(reason="Notes exist. Ask CGL Spectrum.", flagged=True)


def test_reading_notes_through_the_glass_is_marked():
    decision = decide(
        actor(Role.COORDINATOR), Act.SEE_NOTES, subject("district", opened_for_worker_ids=frozenset({"me"})), TODAY
    )
    assert decision == Allow(by_break_glass=True)

"""Who is discussed first, by the order that the RS MDT toolkit gives, each rank with its grounds in words.

Source: RS MDT toolkit, Prioritisation of Cases and Terms of Reference, Definition of client group: verified rough
sleepers
first, then people temporarily housed; within a tier by the toolkit's five grounds, in its order. There is no score.
People
of the same standing come in the order in which they have waited. The coordinator may place a case otherwise, with a
reason.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum

from shared.model.codes import ReceivingSupport, SupportNeed
from shared.model.contact import NeedSeen
from shared.model.value import Id, Value
from shared.rules.wording import say_list

TOOLKIT_NEEDS = frozenset(
    {
        SupportNeed.MENTAL_HEALTH, SupportNeed.DRUGS, SupportNeed.ALCOHOL, SupportNeed.OFFENDING,
        SupportNeed.SAFEGUARDING,
    }
)  # fmt: skip
"""The needs that the toolkit's order names. Other needs are shown, and do not change the order. The toolkit names one more,
no recourse to public funds, which comes apart from these and is never named (privacy rule A10)."""

WITH_HOUSING = "A need recorded with Housing"

NOT_A_NEED = frozenset({SupportNeed.NONE, SupportNeed.NOT_KNOWN})


class Tier(int, Enum):
    """The toolkit's two tiers, and everyone else."""

    VERIFIED = 1
    TEMPORARILY_HOUSED = 2
    OTHER = 3


class Ground(int, Enum):
    """The toolkit's grounds for priority, in its order. All but the last hold only without support."""

    UNMET_NEED = 1
    EVICTION_RISK = 2
    CLINICALLY_EXTREMELY_VULNERABLE = 3
    EVICTED = 4
    MOVE_ON_WITH_UNMET_NEED = 5


GROUND_WORDS = {
    Ground.EVICTION_RISK: "at risk of eviction or on a final warning, not receiving support",
    Ground.CLINICALLY_EXTREMELY_VULNERABLE: "clinically extremely vulnerable, not receiving support",
    Ground.EVICTED: "evicted, not receiving support",
    Ground.MOVE_ON_WITH_UNMET_NEED: "assessed for move-on with needs still unmet",
}


class CaseFacts(Value, frozen=True, kw_only=True):
    """What the order rests on. `verification_reason` is the status in words; `receiving_support` is False when no
    service
    helps the person with anything. `need_with_housing` is an unmet need that only those who work with the person may name."""

    case_id: Id
    since: datetime
    verified: bool = False
    verification_reason: str = ""
    temporarily_housed: bool = False
    needs: tuple[NeedSeen, ...] = ()
    need_with_housing: bool = False
    receiving_support: bool = False
    eviction_risk: bool = False
    clinically_extremely_vulnerable: bool = False
    evicted: bool = False
    assessed_for_move_on: bool = False
    nights_in_14_days: int = 0
    date_of_birth_missing: bool = False


class Override(Value, frozen=True, kw_only=True):
    """A coordinator's own place for a case, counted from 1, with the reason. It is kept until they lift it."""

    case_id: Id
    rank: int
    reason: str
    worker_id: Id
    at: datetime


class RankedCase(Value, frozen=True, kw_only=True):
    """A case in its place. `by_rule` is the place that the rule alone gives it."""

    case_id: Id
    rank: int
    by_rule: int
    tier: Tier
    grounds: tuple[str, ...]
    flags: tuple[str, ...] = ()
    override: Override | None = None


def rank_cases(
    cases: Iterable[CaseFacts],
    overrides: Iterable[Override] = (),
    worker_names: Mapping[Id, str] | None = None,
) -> list[RankedCase]:
    """All cases in the order of discussion, each with its grounds. The newest override of a case counts."""
    by_rule = sorted(cases, key=priority_key)
    rule_rank = {facts.case_id: rank for rank, facts in enumerate(by_rule, start=1)}
    pinned: dict[Id, Override] = {}
    for override in sorted(overrides, key=lambda o: o.at):
        if override.case_id in rule_rank:
            pinned[override.case_id] = override
    ordered = [facts for facts in by_rule if facts.case_id not in pinned]
    facts_of = {facts.case_id: facts for facts in by_rule}
    for override in sorted(pinned.values(), key=lambda o: (o.rank, -o.at.timestamp())):
        ordered.insert(max(override.rank, 1) - 1, facts_of[override.case_id])
    names = worker_names or {}
    return [
        _ranked(facts, rank, rule_rank[facts.case_id], pinned.get(facts.case_id), names)
        for rank, facts in enumerate(ordered, start=1)
    ]


def priority_key(facts: CaseFacts) -> tuple[object, ...]:
    """What cases are sorted by: the tier; each ground in the toolkit's order; who has waited longest; the id."""
    held = grounds(facts)
    return tier(facts), *(ground not in held for ground in Ground), facts.since, facts.case_id


def tier(facts: CaseFacts) -> Tier:
    """The toolkit's tier of a case."""
    if facts.verified:
        return Tier.VERIFIED
    return Tier.TEMPORARILY_HOUSED if facts.temporarily_housed else Tier.OTHER


def unmet_needs(needs: Iterable[NeedSeen]) -> tuple[SupportNeed, ...]:
    """The needs that nobody helps with. "Not known" is not "no": it is something to find out."""
    seen = {item.need: item for item in needs if item.need not in NOT_A_NEED}
    return tuple(need for need, item in seen.items() if item.receiving_support is ReceivingSupport.NO)


def grounds(facts: CaseFacts) -> frozenset[Ground]:
    """Which of the toolkit's grounds hold."""
    unmet = unmet_needs(facts.needs)
    held = {
        Ground.UNMET_NEED: facts.need_with_housing or any(need in TOOLKIT_NEEDS for need in unmet),
        Ground.EVICTION_RISK: facts.eviction_risk and not facts.receiving_support,
        Ground.CLINICALLY_EXTREMELY_VULNERABLE: (facts.clinically_extremely_vulnerable and not facts.receiving_support),
        Ground.EVICTED: facts.evicted and not facts.receiving_support,
        Ground.MOVE_ON_WITH_UNMET_NEED: facts.assessed_for_move_on and (facts.need_with_housing or bool(unmet)),
    }
    return frozenset(ground for ground, holds in held.items() if holds)


def say_need(need: SupportNeed) -> str:
    """ "mental health"."""
    return need.value.replace("_", " ")


def _ranked(
    facts: CaseFacts, rank: int, by_rule: int, override: Override | None, names: Mapping[Id, str]
) -> RankedCase:
    words = _say_grounds(facts)
    if override is not None:
        who = names.get(override.worker_id, "The coordinator")
        words = (f"{who} placed this at {override.rank} (the rule: {by_rule}): {override.reason}", *words)
    return RankedCase(
        case_id=facts.case_id,
        rank=rank,
        by_rule=by_rule,
        tier=tier(facts),
        grounds=words,
        flags=_say_flags(facts),
        override=override,
    )


def _say_grounds(facts: CaseFacts) -> tuple[str, ...]:
    first = {
        Tier.VERIFIED: facts.verification_reason or "verified",
        Tier.TEMPORARILY_HOUSED: "temporarily housed",
        Tier.OTHER: facts.verification_reason or "not verified",
    }[tier(facts)]
    words = [first[:1].upper() + first[1:]]
    if facts.nights_in_14_days:
        words.append(f"{facts.nights_in_14_days} night{'' if facts.nights_in_14_days == 1 else 's'} in 14 days")
    unmet = unmet_needs(facts.needs)
    if unmet:
        words.append(f"Not receiving support: {', '.join(say_need(need) for need in unmet)}")
    if facts.need_with_housing:
        words.append(WITH_HOUSING)
    held = grounds(facts)
    words += [GROUND_WORDS[ground].capitalize() for ground in Ground if ground in held and ground in GROUND_WORDS]
    return tuple(words)


def _say_flags(facts: CaseFacts) -> tuple[str, ...]:
    flags = []
    if facts.date_of_birth_missing:
        flags.append("Date of birth missing")
    unknown = [
        say_need(item.need)
        for item in facts.needs
        if item.need not in NOT_A_NEED and item.receiving_support is ReceivingSupport.NOT_KNOWN
    ]
    if unknown:
        flags.append(f"To find out: is anybody helping with {say_list(dict.fromkeys(unknown))}?")
    return tuple(flags)

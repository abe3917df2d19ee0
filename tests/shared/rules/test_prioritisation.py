"""The toolkit's order, its grounds in words, and a coordinator's own place with its reason."""

from datetime import timedelta
from functools import cmp_to_key
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.model.codes import ReceivingSupport, SupportNeed
from shared.model.contact import NeedSeen
from shared.rules.prioritisation import TOOLKIT_NEEDS, CaseFacts, Override, Tier, rank_cases
from tests.shared.cast import at


def need(code: SupportNeed, receiving: ReceivingSupport = ReceivingSupport.NO) -> NeedSeen:
    return NeedSeen(need=code, receiving_support=receiving)


def facts(case_id: str, **fields) -> CaseFacts:
    told: dict[str, Any] = {"case_id": case_id, "since": at(1)}
    return CaseFacts(**(told | fields))


def order(*cases: CaseFacts, overrides=()) -> list[str]:
    return [ranked.case_id for ranked in rank_cases(cases, overrides)]


ALCOHOL = (need(SupportNeed.ALCOHOL),)


def test_verified_people_come_before_those_in_temporary_housing():
    housed = facts("housed", temporarily_housed=True, needs=ALCOHOL, evicted=True, since=at(1, month=1))
    assert order(facts("other", needs=ALCOHOL), housed, facts("marek", verified=True)) == ["marek", "housed", "other"]


def test_within_a_tier_the_toolkits_grounds_decide_in_their_order():
    cases = [
        facts("move-on", verified=True, assessed_for_move_on=True, needs=(need(SupportNeed.BUDGETING_DEBT),)),
        facts("evicted", verified=True, evicted=True),
        facts("frail", verified=True, clinically_extremely_vulnerable=True),
        facts("eviction", verified=True, eviction_risk=True),
        facts("need", verified=True, needs=ALCOHOL),
        facts("none", verified=True),
    ]
    assert order(*cases) == ["need", "eviction", "frail", "evicted", "move-on", "none"]


def test_a_need_with_support_and_a_ground_with_support_do_not_count():
    helped = facts("helped", verified=True, needs=(need(SupportNeed.DRUGS, ReceivingSupport.YES),), since=at(5))
    supported = facts("supported", verified=True, evicted=True, receiving_support=True, since=at(4))
    assert order(helped, supported, facts("plain", verified=True, since=at(3))) == ["plain", "supported", "helped"]


def test_not_known_is_something_to_find_out_and_not_a_no():
    (ranked,) = rank_cases([facts("x", verified=True, needs=(need(SupportNeed.DRUGS, ReceivingSupport.NOT_KNOWN),))])
    assert ranked.flags == ("To find out: is anybody helping with drugs?",)
    assert not any("Not receiving" in ground for ground in ranked.grounds)


def test_equals_come_in_the_order_in_which_they_have_waited():
    assert order(facts("b", since=at(3)), facts("a", since=at(4)), facts("c", since=at(2))) == ["c", "b", "a"]


def test_grounds_read_as_the_coordinator_reads_them():
    marek = facts(
        "marek", verified=True, verification_reason="verified: seen bedded down by Aisha N, 14 Nov", nights_in_14_days=3,
        needs=(need(SupportNeed.ALCOHOL), need(SupportNeed.PHYSICAL_HEALTH)), date_of_birth_missing=True,
    )  # fmt: skip
    (ranked,) = rank_cases([marek])
    assert ranked.grounds == (
        "Verified: seen bedded down by Aisha N, 14 Nov",
        "3 nights in 14 days",
        "Not receiving support: alcohol, physical health",
    )
    assert (ranked.flags, ranked.tier) == (("Date of birth missing",), Tier.VERIFIED)


def test_a_coordinator_places_a_case_and_the_rules_own_place_is_kept():
    cases = [facts(name, verified=True, since=at(day)) for day, name in enumerate("abcd", start=1)]
    override = Override(case_id="d", rank=2, reason="leaves hospital Friday", worker_id="priya", at=at(10))
    ranked = rank_cases(cases, [override], {"priya": "Priya S"})
    assert [r.case_id for r in ranked] == ["a", "d", "b", "c"]
    assert (ranked[1].by_rule, ranked[1].override) == (4, override)
    assert ranked[1].grounds[0] == "Priya S placed this at 2 (the rule: 4): leaves hospital Friday"


def test_the_newest_override_counts_and_one_past_the_end_means_last():
    cases = [facts(name, since=at(day)) for day, name in enumerate("abc", start=1)]
    first = Override(case_id="a", rank=2, reason="x", worker_id="priya", at=at(10))
    last = Override(case_id="a", rank=99, reason="y", worker_id="priya", at=at(11))
    gone = Override(case_id="closed", rank=1, reason="z", worker_id="priya", at=at(11))
    assert order(*cases, overrides=[last, first, gone]) == ["b", "c", "a"]


needs = st.lists(
    st.builds(need, st.sampled_from(list(SupportNeed)), st.sampled_from(list(ReceivingSupport))),
    max_size=3,
    unique_by=lambda n: n.need,
).map(tuple)
flag = st.booleans()
cases = st.lists(
    st.builds(
        CaseFacts, case_id=st.text("abcdefgh", min_size=1, max_size=4), since=st.integers(1, 20).map(at), verified=flag,
        temporarily_housed=flag, needs=needs, receiving_support=flag, eviction_risk=flag,
        clinically_extremely_vulnerable=flag, evicted=flag, assessed_for_move_on=flag,
    ),
    max_size=8, unique_by=lambda c: c.case_id,
)  # fmt: skip


def goes_before(one: CaseFacts, other: CaseFacts) -> int:
    """The oracle: the toolkit's questions asked one after the other, of two cases, in words of its own."""

    def questions(case: CaseFacts) -> list[bool]:
        unmet = [n.need for n in case.needs if n.receiving_support == "no" and n.need not in ("none", "not_known")]
        alone = not case.receiving_support
        return [
            case.verified,
            case.temporarily_housed and not case.verified,
            bool(set(unmet) & TOOLKIT_NEEDS),
            alone and case.eviction_risk,
            alone and case.clinically_extremely_vulnerable,
            alone and case.evicted,
            case.assessed_for_move_on and len(unmet) > 0,
        ]

    for yes, also in zip(questions(one), questions(other), strict=True):
        if yes != also:
            return -1 if yes else 1
    return -1 if (one.since, one.case_id) < (other.since, other.case_id) else 1


@given(cases)
def test_the_order_is_the_toolkits_questions_asked_in_turn(some):
    expected = [case.case_id for case in sorted(some, key=cmp_to_key(goes_before))]
    assert order(*some) == expected


@given(cases, st.data())
def test_every_case_is_ranked_once_whatever_is_overridden(some, data):
    ids = [case.case_id for case in some]
    overrides = [
        Override(
            case_id=case_id,
            rank=data.draw(st.integers(-2, 12)),
            reason="r",
            worker_id="priya",
            at=at(5) + timedelta(minutes=n),
        )
        for n, case_id in enumerate(data.draw(st.lists(st.sampled_from(ids), max_size=4)) if ids else [])
    ]
    ranked = rank_cases(some, overrides)
    assert sorted(r.case_id for r in ranked) == sorted(ids)
    assert [r.rank for r in ranked] == list(range(1, len(ids) + 1))
    assert all(r.grounds for r in ranked)

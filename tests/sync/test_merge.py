"""Merging fields: a pure function of the set of writes."""

import itertools

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from sync.merge import Write, context, find_heads, fold, patch, resolve, while_any_says
from sync.wire import encode


def write(name: str, dev: int, n: int, eff: int = 0, erased: bool = False, **ctx: int) -> Write:
    return Write(name, eff, dev, n, Raw(encode(name)), {int(k[1:]): v for k, v in ctx.items()}, erased)


def names(writes: list[Write]) -> list[str]:
    return [head.id for head in find_heads(writes)]


def test_what_was_seen_and_written_over_is_replaced() -> None:
    assert names([write("old", 1, 1), write("new", 2, 1, d1=1)]) == ["new"]


def test_what_was_not_seen_stands_beside_it_the_latest_first() -> None:
    assert names([write("hers", 1, 1, eff=5), write("his", 2, 1, eff=9)]) == ["his", "hers"]


def test_the_same_authors_later_word_counts() -> None:
    assert names([write("first", 1, 1, eff=9), write("second", 1, 2, eff=1)]) == ["second"]


def test_a_phone_ten_years_ahead_wins_nothing_that_was_seen() -> None:
    assert names([write("future", 1, 1, eff=1 << 60), write("now", 2, 1, eff=1, d1=1)]) == ["now"]


def test_an_erased_write_is_never_shown_and_still_replaces() -> None:
    assert names([write("old", 1, 1), write("erased", 2, 1, erased=True, d1=1)]) == []


def test_a_death_is_shown_while_any_head_says_so() -> None:
    writes = [write("deceased", 1, 1, eff=1), write("seen in town", 2, 1, eff=9)]
    state = resolve(writes, while_any_says("deceased"))
    assert state is not None
    assert (state.shown.id, state.is_conflict) == ("deceased", True)


def test_a_field_without_writes_has_no_state() -> None:
    assert resolve([]) is None


def test_a_patch_that_saw_all_heads_resolves_the_conflict() -> None:
    seen = [write("hers", 1, 1), write("his", 2, 1)]
    (value, ctx) = patch({"bed": "he moved"}, {"bed": seen})["bed"]
    assert names([*seen, Write("hers2", 0, 1, 2, value, ctx)]) == ["hers2"]


WRITES = st.lists(
    st.builds(
        lambda dev, n, eff, ctx: Write(f"{dev}-{n}", eff, dev, n, Raw(b"1"), ctx),
        st.integers(1, 4),
        st.integers(1, 5),
        st.integers(0, 9),
        st.dictionaries(st.integers(1, 4), st.integers(1, 5), max_size=3),
    ),
    max_size=7,
    unique_by=lambda w: w.id,
)


@given(WRITES, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(writes: list[Write], chance: object) -> None:
    shuffled = writes * 2
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    unique = list({w.id: w for w in shuffled}.values())
    assert find_heads(unique) == find_heads(writes)


@given(WRITES)
def test_a_context_covers_every_write_it_was_made_from(writes: list[Write]) -> None:
    ctx = context(writes)
    assert all(ctx[w.dev] >= w.n for w in writes)
    assert all(ctx[dev] >= n for w in writes for dev, n in w.ctx.items())


@given(WRITES)
def test_heads_are_never_replaced_by_one_another(writes: list[Write]) -> None:
    heads = find_heads(writes)
    for one, other in itertools.permutations(heads, 2):
        assert one.ctx.get(other.dev, 0) < other.n


def is_replaced(write: Write, by: Write) -> bool:
    """What the README says, write by write."""
    return by.ctx.get(write.dev, 0) >= write.n or (by.dev == write.dev and by.n > write.n)


@given(WRITES)
def test_heads_are_what_nobody_else_had_seen_or_said_over(writes: list[Write]) -> None:
    plain = {w.id for w in writes if not any(is_replaced(w, by) for by in writes if by.id != w.id)}
    assert {head.id for head in find_heads(writes)} == plain


def without_claims(writes: list[Write]) -> list[Write]:
    """As the server lets them in: nobody claims to have seen their own later words."""
    return [Write(w.id, w.eff, w.dev, w.n, w.value, {d: n for d, n in w.ctx.items() if d != w.dev}) for w in writes]


@given(WRITES, st.integers(0, 7), st.booleans())
def test_folded_writes_have_the_same_heads_whatever_comes_later(writes: list[Write], cut: int, erases: bool) -> None:
    writes = without_claims(writes)
    early, late = writes[:cut], writes[cut:]
    if erases:
        early = [Write(w.id, w.eff, w.dev, w.n, w.value, w.ctx, n == 0) for n, w in enumerate(early)]
    assert find_heads(fold(early) + late) == find_heads(early + late)
    assert len(fold(early)) <= len(find_heads(early)) + 1


def test_a_field_written_three_thousand_times_is_read_once_a_write() -> None:
    writes = [write(f"{n}", 1, n, d2=n) for n in range(1, 3_001)]
    assert names(writes) == ["3000"]
    assert len(fold(writes)) == 2

"""Two people type into one case's notes; no line is lost."""

from hypothesis import given
from hypothesis import strategies as st

from shared.rules.lines import differences, is_merged, merge_lines

BASE = "Marek: foot sore\nCGL: assessment"


def test_lines_added_in_two_places_are_both_there():
    mine, theirs = "Marek: foot sore\nCGL: assessment\nHousing: viewing", "GP booked\nMarek: foot sore\nCGL: assessment"
    assert merge_lines(BASE, mine, theirs) == "GP booked\nMarek: foot sore\nCGL: assessment\nHousing: viewing"


def test_lines_added_in_one_place_are_both_there_theirs_first():
    assert merge_lines(BASE, BASE + "\nmine", BASE + "\ntheirs") == BASE + "\ntheirs\nmine"


def test_a_line_that_both_changed_is_kept_twice():
    merged = merge_lines("a\nb", "a mended\nb", "a changed\nb")
    assert merged == "a changed\na mended\nb"


def test_a_line_that_one_took_away_stays_away():
    assert merge_lines("a\nb\nc", "a\nc", "a\nb\nc\nd") == "a\nc\nd"


def test_typing_on_after_a_save_repeats_nothing():
    saved = merge_lines("", "Housing: vis", "Probation here")
    assert merge_lines("Housing: vis", "Housing: visit Tuesday", saved) == "Probation here\nHousing: visit Tuesday"


def test_only_somebody_elses_change_counts_as_merged():
    assert not is_merged("a", "a b", "a")
    assert is_merged("a", "a b", "a c")


texts = st.lists(st.sampled_from("abcdefg"), max_size=6).map("\n".join)


@given(texts, texts, texts)
def test_no_line_that_anybody_wrote_is_lost(base, mine, theirs):
    merged = set(merge_lines(base, mine, theirs).split("\n"))
    written = (set(mine.split("\n")) | set(theirs.split("\n"))) - set(base.split("\n")) - {""}
    assert written <= merged


@given(texts, texts)
def test_a_text_nobody_else_touched_is_stored_as_typed(base, mine):
    assert merge_lines(base, mine, base) == mine
    assert merge_lines(base, base, mine) == mine
    assert merge_lines(base, mine, mine) == mine


@given(texts, texts, texts)
def test_sending_the_same_text_again_changes_nothing(base, mine, theirs):
    once = merge_lines(base, mine, theirs)
    assert merge_lines(once, once, once) == once
    assert merge_lines(mine, mine, once) == once


long_texts = st.lists(st.sampled_from(["", "a", "b", *map(str, range(9))]), max_size=120).map("\n".join)


@given(long_texts, long_texts)
def test_a_difference_tells_both_texts_whole_and_in_order(before, now):
    told = differences(before, now)
    assert [line for what, line in told if what != "new"] == (before.split("\n") if before else [])
    assert [line for what, line in told if what != "gone"] == (now.split("\n") if now else [])


def test_a_line_that_moved_nowhere_is_the_same_between_lines_that_repeat():
    before, now = "Needs:\n\nbed\n\nActions:\n\nring", "Needs:\n\nbed\nfood\n\nActions:\n\nring"
    assert [line for what, line in differences(before, now) if what != "same"] == ["food"]


def test_ten_thousand_lines_that_all_repeat_are_brought_together():
    """All that fits into a case's notes; compared pair by pair it kept a processor busy for a quarter of an hour."""
    base, mine, theirs = "x\ny\n" * 5_000, "y\nx\n" * 5_000 + "mine", "theirs\n" + "x\nz\n" * 5_000
    merged = merge_lines(base, mine, theirs).split("\n")
    assert {"x", "z", "mine", "theirs"} <= set(merged)
    assert len(differences(base, mine)) >= 10_000

"""Two versions side by side: each shows what the other lacks."""

from server.web.lead.version_words import mark_difference


def test_what_the_other_lacks_is_marked_word_by_word() -> None:
    assert (
        mark_difference("grey coat, limps <a>", "blue coat, limps")
        == "<mark>grey</mark> coat, limps <mark>&lt;a&gt;</mark>"
    )
    assert mark_difference("blue coat", "blue coat") == "blue coat"


def test_ten_thousand_words_that_all_repeat_are_compared() -> None:
    """Two phones may write as much; compared pair by pair the tray would not open for a quarter of an hour."""
    text = mark_difference("a b " * 5_000 + "end", "b a c " * 3_300 + "end")
    assert str(text).endswith("end")

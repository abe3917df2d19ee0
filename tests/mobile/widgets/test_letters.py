"""Words are measured, never cut, and forgotten when the phone locks."""

from mobile.widgets import letters


def test_the_longest_word_decides_how_narrow_a_text_may_be():
    wide = letters.longest_word("a bedding b", "head")
    assert wide == letters.longest_word("bedding", "head") > letters.longest_word("bed", "head")


def test_a_no_break_space_holds_its_neighbours_together():
    assert letters.words_of("20\u00a0m away") == ["20\u00a0m", "away"]


def test_what_fits_is_left_as_it_is():
    assert letters.fit("man in doorway", 20.0, True, 400, 1) == "man in doorway"


def test_what_does_not_fit_ends_at_a_whole_word():
    said = "two people in a tent behind the garages by the canal"
    fitted = letters.fit(said, 20.0, True, 180, 2)
    assert fitted.endswith("…")
    assert set(fitted.split()[:-1]) <= set(said.split())


def test_lines_are_broken_where_they_are_full():
    assert letters.fit("aa bb cc", 20.0, False, int(letters.width_of("aa bb", 20.0, False)) + 4, 2) == "aa bb\ncc"
    assert letters.fit("Wolverhampton", 20.0, False, 10, 1) == "Wolverhampton", "one long word is never cut"
    assert letters.fit("", 20.0, False, 100, 2) == ""


def test_forgetting_leaves_no_letter():
    letters.texture("Marek", 20.0, True, 200, "left")
    letters.lines_texture("Marek", 20.0, True)
    letters.forget()
    assert letters.lines_texture.cache_info().currsize == 0
    assert letters.texture.cache_info().currsize == 0
    assert letters.fit.cache_info().currsize == 0

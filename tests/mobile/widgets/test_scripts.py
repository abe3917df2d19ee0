"""Names in Arabic letters are joined and turned when they are drawn, and nowhere else."""

import pytest

from mobile.widgets import letters, scripts

NAME = "محمد الأحمد"


@pytest.mark.parametrize("text", ["Marek", "Łucja Zoë", "Шевченко", "Ελένη", "😀", ""])
def test_other_letters_are_left_to_the_usual_font(text):
    assert scripts.font_of(text) == "" and scripts.as_drawn(text) == text


@pytest.mark.parametrize("text", [NAME, "پریا", "کەریم", "Contact, 02:11: محمد"])
def test_arabic_script_is_drawn_by_the_font_that_came_with_its_package(text):
    assert scripts.font_of(text).endswith(".ttf")


def test_a_name_is_turned_and_joined_for_the_eye():
    drawn = scripts.as_drawn("محمد")
    assert drawn == "\ufeaa\ufee4\ufea4\ufee3", "dal at its end first, meem as it begins last: right to left, joined"
    assert scripts.as_drawn("Dean met محمد") == "Dean met \ufeaa\ufee4\ufea4\ufee3", "Latin words keep their order"


def test_every_letter_of_a_name_is_drawn_and_none_as_a_box():
    from PIL import ImageFont

    font = ImageFont.truetype(scripts.font_of(NAME), 24)
    box = bytes(font.getmask("\U000f0000"))
    assert [c for c in scripts.as_drawn(NAME) + "Aé9·" if bytes(font.getmask(c)) == box] == []


def test_lines_are_broken_as_they_are_read():
    width = int(letters.width_of(NAME, 20.0, False)) + 6
    broken = letters.fit(f"{NAME} {NAME}", 20.0, False, width, 5)
    assert broken == f"{NAME}\n{NAME}", "the first word stays on the first line"
    one, two = (letters.texture(text, 20.0, False, width, "left") for text in (NAME, f"{NAME} {NAME}"))
    assert two.height == pytest.approx(2 * one.height, abs=6) and two.width == one.width

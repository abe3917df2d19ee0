"""Both palettes can be read in the rain, and the night one keeps eyes used to the dark."""

import pytest

from mobile.theme.palette import DAY, NIGHT, PALETTES, READABLE_PAIRS, channels, contrast, luminance

LEAST_CONTRAST = 7.0


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
@pytest.mark.parametrize(("words", "ground"), READABLE_PAIRS)
def test_words_stand_out_at_least_seven_to_one(palette, words, ground):
    ratio = contrast(getattr(palette, words), getattr(palette, ground))
    assert ratio >= LEAST_CONTRAST, f"{palette.name}: {words} on {ground} is {ratio:.1f}"


def test_contrast_is_what_wcag_says():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    "name", ["words", "soft", "accent", "warn", "good", "chosen", "map_line", "map_site", "map_here"]
)
def test_night_light_is_warm(name):
    red, green, blue = channels(getattr(NIGHT, name))
    assert red >= green >= blue


def test_night_is_nearly_black_and_day_nearly_white():
    assert luminance(NIGHT.ground) < 0.005
    assert luminance(DAY.ground) > 0.85


def test_every_tone_of_a_button_is_a_readable_pair():
    from mobile.widgets.buttons import TONES

    for ground, words in TONES.values():
        for palette in PALETTES.values():
            assert contrast(getattr(palette, words), getattr(palette, ground)) >= LEAST_CONTRAST

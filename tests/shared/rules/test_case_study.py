"""A case study tells what was done and of nobody."""

from datetime import date

import pytest

from shared.model.codes import AgencyKind, Gender, ReceivingSupport, SupportNeed
from shared.rules.case_study import StudiedNeed, StudyFacts, fill_case_study, find_identifying

YES, NO = ReceivingSupport.YES, ReceivingSupport.NO
FACTS = StudyFacts(
    age_band="36 to 45", gender=Gender.MALE, first_met_on=date(2026, 3, 14), last_rough_on=date(2026, 8, 2), rough_nights=19,
    needs=(
        StudiedNeed(need=SupportNeed.ALCOHOL, first=NO, last=YES),
        StudiedNeed(need=SupportNeed.MENTAL_HEALTH, first=YES, last=YES),
        StudiedNeed(need=SupportNeed.PHYSICAL_HEALTH, first=NO, last=NO),
    ),
    reviews=3, actions_done=4, actions_agreed=5, agencies=(AgencyKind.SUBSTANCE_USE, AgencyKind.HOUSING),
    lead=AgencyKind.OUTREACH, is_closed=True, closed_on=date(2026, 10, 30),
)  # fmt: skip


def test_it_is_filled_with_months_bands_and_kinds():
    filled = fill_case_study(FACTS)
    assert filled["background"] == (
        "A man, 36 to 45. Outreach first met them in March 2026. They were seen sleeping rough on 19 nights, the last in "
        "August 2026."
    )
    assert (
        filled["needs"]
        == "At first nobody helped with alcohol and physical health. Somebody helped already with mental health."
    )
    assert filled["support"] == (
        "The MDT discussed the case 3 times. 5 actions were agreed and 4 are done. Those who took part: substance use and "
        "housing. The lead was with outreach."
    )
    assert filled["changed"] == "Somebody helps now with alcohol. The case was closed in October 2026."
    assert (filled["difference"], filled["learned"], filled["words"]) == ("", "", "")


def test_what_it_is_filled_with_tells_of_nobody_by_its_own_check():
    assert find_identifying(" ".join(fill_case_study(FACTS).values()), ["Marek Nowak"], ["Watford"]) == []


def test_nothing_known_is_nothing_said():
    bare = StudyFacts(
        age_band="not known", gender=Gender.NOT_KNOWN, first_met_on=None, last_rough_on=None, rough_nights=0
    )
    assert fill_case_study(bare)["background"] == "A person."
    assert fill_case_study(bare)["support"] == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Marek moved in", ["Marek"]),
        ("Mr Nowak's flat", ["Nowak"]),
        ("he will move; aisha rang", []),
        ("Aisha rang", ["Aisha"]),
        ("behind the station stairwell in watford", ["Station stairwell", "Watford"]),
        ("on 14 November and 3/11/2026, then 2026-11-05", ["14 November", "3/11/2026", "2026-11-05"]),
        ("in November 2026", []),
        ("ring 07700 900123", ["07700 900123"]),
        ("12 Station Road", ["12 Station Road"]),
        ("Jo’s dog, and Li, whom I met", ["Jo", "Li"]),
        ("a job in lieu", []),
    ],
)
def test_names_places_days_and_addresses_are_found(text, found):
    names, places = ["Marek Nowak", "Aisha Noor", "Will Rose", "Jo Li"], ["Station stairwell", "Watford"]
    assert sorted(find_identifying(text, names, places)) == sorted(found)

"""Fifty notes: those that hold an address, a postcode, a phone number or an e-mail, and those that only look so."""

import pytest

from shared.rules.address_hint import HintKind, find_hints

FIFTY = [
    ("Staying at his sister's, 14 Queens Road", "address"),
    ("Flat 3 above the kebab shop", "address"),
    ("moved to 221b Baker Street last week", "address"),
    ("He gave 7 St Albans Road as his address", "address"),
    ("room 12 at the hotel", "address"),
    ("Unit 4, round the back", "address"),
    ("has a key for 9 The Crescent", "address"),
    ("parents live at 102 Upper Tail Lane", "address"),
    ("ex-partner at 5a, Station Approach Road", "address"),
    ("apartment 6 is his friend's", "address"),
    ("12 King's Close, do not share", "address"),
    ("Refuge is on 33 Vicarage Hill", "address"),
    ("WD17 1AB", "postcode"),
    ("safe place wd171ab", "postcode"),
    ("AL1 3JE is where she is", "postcode"),
    ("moved to EC1A 1BB", "postcode"),
    ("M1 1AE hostel", "postcode"),
    ("postcode SG1 1XX (mum)", "postcode"),
    ("staying near HP2 4XN", "postcode"),
    ("W1A 0AX", "postcode"),
    ("ring 07700 900123", "phone"),
    ("07700900123 after six", "phone"),
    ("+44 7700 900123", "phone"),
    ("+447700900123", "phone"),
    ("0044 7700 900 123", "phone"),
    ("(01923) 226400 is the hostel", "phone"),
    ("01923-226400", "phone"),
    ("call 020 7946 0958", "phone"),
    ("07700.900.123", "phone"),
    ("+44 (0)1923 226400", "phone"),
    ("write to marek.k@example.org", "email"),
    ("m@example.co.uk is new", "email"),
    ("seen at 02:11 by the station stairwell", None),
    ("two sleeping bags and 3 blankets given", None),
    ("asked for boots, size 11", None),
    ("bus 142 stops here until midnight", None),
    ("wants to see CGL on 28 November", None),
    ("dog called Rex, 4 years old", None),
    ("used to live in London", None),
    ("3 nights in 14 days", None),
    ("came out of HMP in 2019", None),
    ("referral WD123456 looked for", None),
    ("tent behind Tesco car park", None),
    ("the M25 junction 19 underpass", None),
    ("A41 layby", None),
    ("National Insurance number not known", None),
    ("walked 5 miles the long way round", None),
    ("position 51.6637, -0.3960", None),
    ("NHS appointment at 10.30, 14/11/2026", None),
    ("on Section 21 notice, then street", None),
]


def test_there_are_fifty():
    assert len(FIFTY) == 50


@pytest.mark.parametrize(("note", "kind"), FIFTY)
def test_a_note_raises_the_right_prompt_or_none(note, kind):
    assert [hint.kind.value for hint in find_hints(note)] == ([kind] if kind else [])


def test_a_hint_points_at_the_passage():
    note = "Sister: 14 Queens Road, WD17 1AB, 07700 900123."
    hints = find_hints(note)
    assert [h.kind for h in hints] == [HintKind.ADDRESS, HintKind.POSTCODE, HintKind.PHONE]
    assert [note[h.start : h.end] for h in hints] == ["14 Queens Road", "WD17 1AB", "07700 900123"]

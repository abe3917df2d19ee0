"""The tracker goes out as a workbook and comes in again without loss, whatever is written in it."""

import html
import io
import re
from datetime import date

import msgspec
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.actions.cases import tracker as reading
from server.actions.cases.cases import close_case
from server.actions.cases.quarterly import compose_quarter, read_shares
from server.actions.cases.tracker import (
    CLOSED,
    OPEN,
    NewRow,
    TrackedAction,
    TrackedCase,
    TrackedReview,
    Tracker,
    compose_tracker,
    plain,
    take_in,
)
from server.actions.cases.tracker_cells import WHICH_DAY
from server.actions.cases.tracker_sheets import list_elsewhere
from server.actions.cases.tracker_workbook import read_downloaded, read_workbook, write_workbook
from server.actions.conferences import conferences, discussion
from server.actions.partnership.publications import prepare_share
from server.hotspots.periods import Period
from server.problems import Forbidden, Invalid, NotFound
from server.queries.cases import case_events
from server.queries.cases.priorities import CaseGeneral
from server.queries.maps.publications import list_releases
from server.tables.partnership.worker import worker
from shared.model.codes import Gender, ReceivingSupport, SupportNeed
from tests.server.conferences.conftest import Browser, item_at
from tests.web import county

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 12)
ON_ACTIONS = "Actions are agreed, changed and done on the page Actions."
EVIL = [
    '=HYPERLINK("http://x","y")',
    "+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "http://example.org",
    "_x0041_",
    "007",
    "1e5",
    "é\u2028",
]
words = st.sampled_from(EVIL) | st.text(max_size=30).map(plain)
days = st.dates(date(1920, 1, 1), date(2030, 1, 1))
general = st.builds(CaseGeneral, case_id=st.just("c"), evicted=st.booleans(), eviction_risk=st.booleans())
needs = st.dictionaries(st.sampled_from(list(SupportNeed)), st.sampled_from(list(ReceivingSupport)), max_size=4)


@st.composite
def trackers(draw) -> Tracker:
    cases = []
    for number in range(draw(st.integers(0, 3))):
        reviews = tuple(
            TrackedReview(mdt_number=mdt, held_on=draw(days), outcome=draw(words), notes=draw(words))
            for mdt in range(1, draw(st.integers(1, 4)))
        )
        actions = tuple(
            TrackedAction(
                mdt_number=draw(st.integers(1, 4)), agency=draw(words), text=draw(words), due_on=draw(days),
                done=draw(st.booleans()), remark=draw(words),
            )
            for _ in range(draw(st.integers(0, 2)))
        )  # fmt: skip
        cases.append(
            TrackedCase(
                case_id=f"case-{number}", known_as=draw(words), date_of_birth=draw(st.none() | days),
                gender=draw(st.sampled_from(list(Gender))), status=draw(st.sampled_from([OPEN, CLOSED])),
                mdt_number=draw(st.integers(1, 9)), verification=draw(words), needs=tuple(sorted(draw(needs).items())),
                general=CaseGeneral(case_id=f"case-{number}", evicted=draw(st.booleans())), outcome=draw(words),
                reviews=reviews, actions=actions,
            )
        )  # fmt: skip
    return Tracker(district="Watford", cases=tuple(cases))


def general_of(tracker: Tracker) -> Tracker:
    """What is read again: General Data. Of the other sheets only what was changed on them is told."""
    cases = tuple(msgspec.structs.replace(case, reviews=(), actions=()) for case in tracker.cases)
    return msgspec.structs.replace(tracker, cases=cases)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(trackers())
def test_a_workbook_read_back_is_the_same_tracker(tracker: Tracker) -> None:
    assert read_workbook(write_workbook(tracker), "Watford", TODAY) == general_of(tracker)


def test_nothing_that_anybody_wrote_becomes_a_formula_or_a_link() -> None:
    case = TrackedCase(
        case_id="c", known_as=EVIL[0], date_of_birth=None, gender=Gender.MALE, status=OPEN, mdt_number=1, verification=EVIL[1],
        needs=(), general=CaseGeneral(case_id="c"), outcome=EVIL[3], actions=(),
        reviews=(TrackedReview(mdt_number=1, held_on=date(2026, 11, 1), outcome=EVIL[5], notes=EVIL[0]),),
    )  # fmt: skip
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(Tracker(district="W", cases=(case,)))))
    cells = [cell for sheet in book.worksheets for line in sheet.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink is not None]
    assert EVIL[0] in [cell.value for cell in cells]
    assert [sheet.title for sheet in book.worksheets] == [
        "General Data", "MDT 1", "Actions", "Outcomes Summary",
        "As downloaded", "MDT 1 as downloaded", "Actions as downloaded", "Outcomes Summary as downloaded",
    ]  # fmt: skip
    assert {sheet.sheet_state for sheet in book.worksheets[4:]} == {"hidden"}


def edited(content: bytes, sheet: str, column: str, case_id: str, value: object) -> bytes:
    """What somebody does to the workbook in Excel."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    head = [cell.value for cell in book[sheet][1]]
    for line in book[sheet].iter_rows(min_row=2):
        if line[0].value == case_id:
            line[head.index(column)].value = value
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read_in(access, content: bytes):
    """What the page does with a workbook that is sent to it."""
    tracker, base = read_workbook(content, "Watford", TODAY), read_downloaded(content, TODAY)
    return take_in(access, county.WATFORD, "Watford", tracker, base)


def held(access) -> None:
    """One conference, with something to track."""
    conference = conferences.schedule_conference(access, county.WATFORD, access.now, "", "priya", "tom")
    discussion.save_note(access, conference.id, item_at(access, conference.id, 1), base="", notes="=evil\nsecond line")
    discussion.save_outcome(access, conference.id, item_at(access, conference.id, 1), based_on=0, outcome="Settled")
    discussion.agree_action(
        access,
        conference.id,
        item_at(access, conference.id, 1),
        text="+assessment",
        agency_id="cgl",
        due_on=date(2026, 11, 28),
    )
    discussion.finish_conference(access, conference.id, {})


def test_the_districts_tracker_goes_round_without_loss(enter) -> None:
    with enter("priya") as access:
        held(access)
        tracker = compose_tracker(access, county.WATFORD, "Watford")
        again = read_workbook(write_workbook(tracker), "Watford", TODAY)
        taken = take_in(access, county.WATFORD, "Watford", again)
    assert again == general_of(tracker)
    assert (taken.changed, taken.refused, taken.not_taken) == ((), (), ())
    assert taken.unchanged == taken.read == len(tracker.cases) == 19
    joan = next(case for case in tracker.cases if case.case_id == "case-joan")
    assert (joan.reviews[0].mdt_number, joan.reviews[0].notes, joan.outcome) == (2, "=evil\nsecond line", "Settled")
    assert joan.actions[0].text == "+assessment"
    assert "tairwell" not in repr(tracker)


def test_general_data_and_closings_are_taken_over_and_the_rest_is_named(enter) -> None:
    with enter("priya") as access:
        held(access)
        content = write_workbook(compose_tracker(access, county.WATFORD, "Watford"))
        content = edited(content, "General Data", "Evicted", "case-p01", "Yes")
        content = edited(content, "General Data", "Status", "case-p02", "closed")
        content = edited(content, "General Data", "Outcome", "case-p02", "Moved in")
        content = edited(content, "General Data", "Name", "case-p03", "Somebody else")
        content = edited(content, "Actions", "Done", "case-joan", "yes")
        taken = take_in(access, county.WATFORD, "Watford", read_workbook(content, "Watford", TODAY))
        after = {case.case_id: case for case in compose_tracker(access, county.WATFORD, "Watford").cases}
    assert taken.changed == ("Person 01: evicted from no to yes.", "Person 02: closed.")
    assert set(taken.not_taken) == {
        f"Joan Carter, sheet “Actions”: Done from “no” to “yes” was not taken. {ON_ACTIONS}",
        "Person 03: the name from “Person 03” to “Somebody else” is changed on the person's page, “Change what is known”.",
    }
    assert after["case-p01"].general.evicted
    assert after["case-p02"].status == CLOSED
    assert taken.unchanged == taken.read - 4


def test_a_row_that_stands_twice_is_taken_once_and_named(enter) -> None:
    with enter("priya") as access:
        tracker = compose_tracker(access, county.WATFORD, "Watford")
        first = next(case for case in tracker.cases if case.case_id == "case-p01")
        again = msgspec.structs.replace(first, general=msgspec.structs.replace(first.general, evicted=True))
        twice = msgspec.structs.replace(tracker, cases=(*tracker.cases, again))
        taken = take_in(access, county.WATFORD, "Watford", twice)
        after = {case.case_id: case for case in compose_tracker(access, county.WATFORD, "Watford").cases}
    assert (taken.changed, taken.refused) == ((), ("Person 01: is in the workbook twice.",))
    assert not after["case-p01"].general.evicted


def test_a_case_of_another_district_is_refused(enter) -> None:
    with enter("priya") as access:
        tracker = compose_tracker(access, county.WATFORD, "Watford")
        content = edited(write_workbook(tracker), "General Data", "Case", "case-p01", "case-noor")
        taken = take_in(access, county.WATFORD, "Watford", read_workbook(content, "Watford", TODAY))
    assert taken.refused == ("Person 01: this case is not on Watford's list.",)


@pytest.mark.parametrize(
    ("sheet", "column", "value", "words"),
    [
        ("General Data", "Status", "perhaps", "Write open or closed"),
        ("General Data", "Evicted", "maybe", "Write yes or no"),
        ("General Data", "Date of birth", "spring 1980", "Write a day with its year"),
        ("General Data", "Need: drugs", "a bit", "Write receiving support"),
        ("General Data", "Gender", "Femail", "Write female, male, other or not known"),
        ("General Data", "MDT number", "2a", "Write a whole number"),
        ("General Data", "MDT number", "²", "Write a whole number"),
        ("Actions", "Due", "soon", "from “28 Nov 2026” to"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_and_costs_no_other(enter, sheet, column, value, words) -> None:
    with enter("priya") as access:
        held(access)
        case_id = "case-joan" if sheet == "Actions" else "case-p01"
        content = write_workbook(compose_tracker(access, county.WATFORD, "Watford"))
        content = edited(content, sheet, column, case_id, value)
        content = edited(content, "General Data", "Eviction risk", "case-p01", "Y")
        taken = take_in(
            access, county.WATFORD, "Watford", read_workbook(content, "Watford", TODAY), read_downloaded(content, TODAY)
        )
    (named,) = taken.not_taken
    assert words in named
    assert f"“{value}”" in named
    assert taken.changed == ("Person 01: eviction risk from no to yes.",)
    assert taken.refused == ()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Status", "Open"), ("Gender", "Unknown"), ("Evicted", "N"), ("MDT number", 1.0), ("Date of birth", "1/1/80"),
        ("Date of birth", 29221), ("Date of birth", "1 January 1980"),
    ],
)  # fmt: skip
def test_what_says_the_same_in_other_words_is_the_same(enter, column, value) -> None:
    with enter("priya") as access:
        content = edited(
            write_workbook(compose_tracker(access, county.WATFORD, "Watford")),
            "General Data",
            column,
            "case-p01",
            value,
        )
        taken = take_in(
            access, county.WATFORD, "Watford", read_workbook(content, "Watford", TODAY), read_downloaded(content, TODAY)
        )
    assert (taken.changed, taken.refused, taken.not_taken, taken.unchanged) == ((), (), (), taken.read)


def test_a_workbook_downloaded_before_somebody_ticked_a_box_does_not_untick_it(enter) -> None:
    from server.actions.cases.priorities import change_general

    with enter("priya") as access:
        content = write_workbook(compose_tracker(access, county.WATFORD, "Watford"))
        change_general(access, "case-p01", {"eviction_risk": True})
        content = edited(content, "General Data", "Evicted", "case-p01", "TRUE")
        taken = take_in(
            access, county.WATFORD, "Watford", read_workbook(content, "Watford", TODAY), read_downloaded(content, TODAY)
        )
        after = {case.case_id: case for case in compose_tracker(access, county.WATFORD, "Watford").cases}
    assert taken.changed == ("Person 01: evicted from no to yes.",)
    assert (after["case-p01"].general.eviction_risk, after["case-p01"].general.evicted) == (True, True)


def test_a_row_typed_in_and_a_row_taken_out_are_named(enter) -> None:
    with enter("priya") as access:
        content = write_workbook(compose_tracker(access, county.WATFORD, "Watford"))
        book = openpyxl.load_workbook(io.BytesIO(content))
        sheet = book["General Data"]
        for line in sheet.iter_rows(min_row=2):
            if line[0].value == "case-p03":
                sheet.delete_rows(line[0].row)
                break
        sheet.append([None, "Maria Popescu", None, "F"])
        file = io.BytesIO()
        book.save(file)
        content = file.getvalue()
        taken = take_in(
            access, county.WATFORD, "Watford", read_workbook(content, "Watford", TODAY), read_downloaded(content, TODAY)
        )
    assert [(row.name, row.could_be) for row in taken.new_rows] == [("Maria Popescu", ())]
    assert taken.refused == ()
    assert taken.not_taken == ("Person 03: the row was taken out of the workbook. The case stays as it is.",)
    assert taken.unchanged + len(taken.new_rows) == taken.read


def test_every_cell_that_is_not_taken_is_named_whatever_the_sheet(enter) -> None:
    with enter("priya") as access:
        held(access)
        content = write_workbook(compose_tracker(access, county.WATFORD, "Watford"))
        book = openpyxl.load_workbook(io.BytesIO(content))
        book["Actions"].append([None, "Joan Carter", None, "CGL", "ring her sister", "5/12/26"])
        head = [cell.value for cell in book["Actions"][1]]
        book["Actions"].cell(2, head.index("Due") + 1).value = "28/11/2026"  # the same day in other words
        book["MDT 2"].cell(2, 4).value = "Housed"
        book["Outcomes Summary"].cell(2, 3).value = 77
        general = book["General Data"]
        columns = [cell.value for cell in general[1]]
        joan = next(line[0].row for line in general.iter_rows(min_row=2) if line[0].value == "case-joan")
        general.cell(joan, columns.index("Verification") + 1).value = "seen by me"
        general.cell(1, len(columns) + 1).value = "Key worker"
        general.cell(joan, len(columns) + 1).value = "Ann"
        book.create_sheet("Notes to self").append(["buy stamps"])
        file = io.BytesIO()
        book.save(file)
        taken = read_in(access, file.getvalue())
    minutes = "What an MDT decided is put right in its minutes."
    said = "\n".join(taken.not_taken)
    for line in (
        f"Joan Carter, sheet “MDT 2”: Outcome from “Settled” to “Housed” was not taken. {minutes}",
        f"Joan Carter, sheet “Actions”: a row was typed in and not taken: “CGL; ring her sister; 5/12/26”. {ON_ACTIONS}",
        "Joan Carter, sheet “General Data”: “Ann” in column “Key worker” was not taken. The column is none of Lantern's.",
        "to “seen by me” is not taken: it is decided on the person's page.",
        "to “77” was not taken. It is counted from the cases.",
        "Sheet “Notes to self” is none of Lantern's: nothing on it was taken.",
    ):
        assert line in said, line
    assert "Due" not in said
    assert (taken.changed, taken.refused, taken.unchanged) == ((), (), taken.read - 1)


def test_an_action_done_here_since_the_download_is_no_change_of_the_workbook(enter) -> None:
    with enter("priya") as access:
        held(access)
        content = write_workbook(compose_tracker(access, county.WATFORD, "Watford"))
        conference = conferences.schedule_conference(access, county.WATFORD, access.now, "", "priya", "tom")
        discussion.agree_action(
            access, conference.id, item_at(access, conference.id, 1), text="ring", agency_id="cgl", due_on=date(2026, 12, 1)
        )  # fmt: skip
        taken = read_in(access, content)
    assert (taken.changed, taken.not_taken, taken.unchanged) == ((), (), taken.read)


def test_a_sheet_that_was_taken_out_is_named_as_such(enter) -> None:
    with enter("priya") as access:
        held(access)
        book = openpyxl.load_workbook(io.BytesIO(write_workbook(compose_tracker(access, county.WATFORD, "Watford"))))
        for name in ("MDT 2", "Actions"):
            del book[name]
        file = io.BytesIO()
        book.save(file)
        taken = read_in(access, file.getvalue())
    assert taken.not_taken == tuple(
        f"Sheet “{name}” was taken out of the workbook. What it said stays in Lantern." for name in ("MDT 2", "Actions")
    )


@pytest.mark.parametrize("value", [1980, 1980.0])
def test_a_year_alone_is_no_day_of_1905(enter, value) -> None:
    with enter("priya") as access:
        content = write_workbook(compose_tracker(access, county.WATFORD, "Watford"))
        content = edited(content, "General Data", "Date of birth", "case-p01", value)
        book = openpyxl.load_workbook(io.BytesIO(content))
        book["General Data"].append([None, "Maria Popescu", value])
        file = io.BytesIO()
        book.save(file)
        taken = read_in(access, file.getvalue())
    assert [row.date_of_birth for row in taken.new_rows] == [None]
    assert [line.partition(". ")[2] for line in taken.not_taken] == [WHICH_DAY] * 2
    assert taken.unchanged == taken.read - 2


@pytest.mark.parametrize("value", [False, 0])
def test_a_need_that_is_answered_by_false_is_answered(enter, value) -> None:
    with enter("priya") as access:
        content = write_workbook(compose_tracker(access, county.WATFORD, "Watford"))
        taken = read_in(access, edited(content, "General Data", "Need: drugs", "case-p01", value))
    (line,) = taken.not_taken
    assert "drugs (no) are changed on the person's page" in line
    assert taken.unchanged == taken.read - 1


def test_a_row_of_blanks_is_nobody(enter) -> None:
    with enter("priya") as access:
        book = openpyxl.load_workbook(io.BytesIO(write_workbook(compose_tracker(access, county.WATFORD, "Watford"))))
        book["General Data"].append([" ", "  ", None, "\n"])
        file = io.BytesIO()
        book.save(file)
        taken = read_in(access, file.getvalue())
    assert (taken.new_rows, taken.refused, taken.unchanged) == ((), (), taken.read)


def test_the_words_of_a_closing_that_somebody_else_did_meanwhile_are_named(enter) -> None:
    with enter("priya") as access:
        content = write_workbook(compose_tracker(access, county.WATFORD, "Watford"))
        content = edited(content, "General Data", "Status", "case-p02", "closed")
        content = edited(content, "General Data", "Outcome", "case-p02", "Moved to her aunt's")
        close_case(access, "case-p02", "Lost touch")
        taken = read_in(access, content)
    (line,) = taken.not_taken
    assert line.startswith("Person 02: the outcome from nothing to “Moved to her aunt's” is changed in the meeting")
    assert (taken.changed, taken.unchanged) == ((), taken.read - 1)


def test_a_closing_keeps_every_word_and_a_row_that_is_refused_is_refused_whole_and_says_why(
    enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "She moved in with her sister. " * 20
    with enter("priya") as access:
        content = write_workbook(compose_tracker(access, county.WATFORD, "Watford"))
        for case_id in ("case-p01", "case-p02"):
            content = edited(content, "General Data", "Status", case_id, "closed")
            content = edited(content, "General Data", "Outcome", case_id, long)
            content = edited(content, "General Data", "Evicted", case_id, "yes")

        def close(access, case_id: str, reason: str) -> object:
            if case_id == "case-p01":
                raise Invalid("Somebody else has moved this case meanwhile.")
            return close_case(access, case_id, reason)

        monkeypatch.setattr(reading, "close_case", close)
        taken = read_in(access, content)
        after = {case.case_id: case for case in compose_tracker(access, county.WATFORD, "Watford").cases}
        (*_, last) = case_events.list_events(access.session, ["case-p02"])["case-p02"]
    assert taken.refused == ("Person 01: Somebody else has moved this case meanwhile.",)
    assert (after["case-p01"].general.evicted, after["case-p02"].general.evicted) == (False, True)
    assert last.reason == long.strip()


def test_a_workbook_of_before_says_which_sheets_were_not_compared(enter) -> None:
    with enter("priya") as access:
        held(access)
        book = openpyxl.load_workbook(io.BytesIO(write_workbook(compose_tracker(access, county.WATFORD, "Watford"))))
        for name in [name for name in book.sheetnames if name.endswith(" as downloaded")]:
            del book[name]
        file = io.BytesIO()
        book.save(file)
        taken = read_in(access, file.getvalue())
    assert [line.split("”")[0] for line in taken.not_taken] == [
        "Sheet “MDT 1", "Sheet “MDT 2", "Sheet “Actions", "Sheet “Outcomes Summary",
    ]  # fmt: skip


def test_twenty_thousand_rows_that_all_differ_are_compared_row_by_row() -> None:
    head = ["Case", "Name", "Done"]
    was = [head, *([f"c{number}", "Ann", "no"] for number in range(20_000))]
    now = [head, *([f"c{number}", "Ann", "yes"] for number in reversed(range(20_000)))]
    grids = {"Actions": now, "Actions as downloaded": was}
    assert len(list_elsewhere(grids, TODAY)) == 20_000


def test_new_rows_beyond_two_hundred_are_named_and_left_for_the_next_time(enter) -> None:
    typed = Tracker(district="Watford", cases=(), new_rows=tuple(NewRow(name=f"New {number}") for number in range(203)))
    with enter("priya") as access:
        taken = take_in(access, county.WATFORD, "Watford", typed)
    assert (taken.read, len(taken.new_rows)) == (203, 200)
    assert [line.split(":")[0] for line in taken.refused] == ["New 200", "New 201", "New 202"]


def test_a_new_row_is_laid_beside_whom_it_could_be_and_put_forward_with_what_it_says(browser: Browser) -> None:
    made = browser.sign_in("priya").get("/tracker/workbook").content
    book = openpyxl.load_workbook(io.BytesIO(made))
    head = [cell.value for cell in book["General Data"][1]]
    for name, born in (("Persson 01", None), ("Maria Popescu", "1/2/80"), ("Nobody Known", "3 January 1980")):
        row: dict[str, str | None] = dict.fromkeys(head)
        row |= {"Name": name, "Date of birth": born, "Need: drugs": "yes" if name.startswith("Maria") else None}
        book["General Data"].append([row[column] for column in head])
    file = io.BytesIO()
    book.save(file)
    form = {"_csrf_token": browser.form_token()}
    read = browser.client.post(
        "/tracker", data=form, files={"data": ("tracker.xlsx", file.getvalue())}, headers={"accept": "text/html"}
    )
    lines = dict(re.findall(r"<li><strong>([^<]+)</strong>(.*?)</li>", read.text, re.S))
    assert "3 new" in read.text
    assert 'href="/people/p01"' in lines["Persson 01"]
    assert 'href="/people/p03"' in lines["Nobody Known"]
    assert "Could be" not in lines["Maria Popescu"]
    assert not re.search(r'href="[^"]*(Maria|Popescu)', read.text)
    leads = html.unescape(re.findall(r'href="(/put-forward[^"]+)"', lines["Maria Popescu"])[0])
    shown = browser.get(leads).text
    for words in ('value="Maria Popescu"', 'name="born_year" value="1980"', "Typed into the tracker. Need: drugs: yes"):
        assert words in shown, words
    other = browser.sign_in("ruth").get(leads).text
    assert "Popescu" not in other


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04broken"])
def test_another_file_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_workbook(content, "Watford", TODAY)
    assert "not an Excel workbook" in refused.value.errors[0]


def test_a_workbook_that_would_fill_the_memory_is_refused() -> None:
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", b"0" * (65 * 1024 * 1024))
    with pytest.raises(Invalid) as refused:
        read_workbook(file.getvalue(), "Watford", TODAY)
    assert "too large" in refused.value.errors[0]


def test_only_the_districts_coordinator_has_the_tracker(enter) -> None:
    for worker_id, why in (("rowan", NotFound), ("ruth", Forbidden), ("helen", Forbidden), ("tom", Forbidden)):
        with enter(worker_id) as access, pytest.raises(why):
            compose_tracker(access, county.WATFORD, "Watford")


def test_the_page_hands_the_workbook_out_and_reads_it_in(browser: Browser) -> None:
    assert browser.sign_in("priya").get("/tracker").status_code == 200
    made = browser.get("/tracker/workbook")
    assert made.headers["content-disposition"] == 'attachment; filename="tracker.xlsx"'
    content = edited(made.content, "General Data", "Evicted", "case-p01", "yes")

    def send(file: bytes):
        form = {"_csrf_token": browser.form_token()}
        return browser.client.post(
            "/tracker", data=form, files={"data": ("tracker.xlsx", file)}, headers={"accept": "text/html"}
        )

    read = send(content)
    assert read.status_code == 200
    assert "18 rows read" in read.text or "19 rows read" in read.text
    assert "Person 01: evicted from no to yes." in read.text
    assert send(b"nonsense").status_code == 422


def test_public_health_is_told_numbers_and_no_name(browser: Browser, clock, watford, now, new_id) -> None:
    with watford.writing() as session:
        county.tell_quarter(session, now, new_id)
    page = browser.sign_in("priya").get("/tracker/quarter")
    assert page.status_code == 200
    assert "July to September 2026" in page.text
    assert page.text.count("Too few people presented, here or in one of the districts") == 2
    assert not any(name in page.text for name in ("Joan", "Person 01", "tairwell"))
    made = browser.get("/tracker/quarter/workbook").content
    book = openpyxl.load_workbook(io.BytesIO(made))
    assert book.sheetnames == ["Watford", "All districts together"]
    cells = [str(cell.value) for sheet in book.worksheets for line in sheet.iter_rows() for cell in line]
    assert "By support need and gender" in cells
    assert "fewer than 10, may be none" in cells
    assert not [cell for cell in cells if "Joan" in cell or "Person" in cell]
    for other, status in (("rowan", 200), ("ruth", 403), ("helen", 403)):
        assert browser.sign_in(other).get("/tracker/quarter").status_code == status
    assert browser.sign_in("rowan").get(f"/tracker/quarter?district={county.WATFORD}").status_code == 404


def test_public_health_is_told_of_a_district_with_people_enough(browser: Browser, watford, now, new_id) -> None:
    summer = now.replace(month=8, day=1)
    with watford.writing() as session:
        for number in range(24):
            county.put_person(
                session, summer, f"s{number:02}", "", name=f"Summer {number}", state="listed", nights=(3,),
                needs={"alcohol": "no" if number < 12 else "yes"} if number < 14 else {"mental_health": "no"},
                gender="male" if number % 2 else "female", date_of_birth=date(1980, 1, 1),
            )  # fmt: skip
        county.tell_quarter(session, now, new_id)
    page = browser.sign_in("priya").get("/tracker/quarter").text
    told = page[page.index("Watford</h2>") :]
    assert "Outcomes over time" in told
    assert "July to September 2026" in told
    assert '<td class="govuk-table__cell">15</td>' in told  # alcohol: fourteen of more than twenty-four
    assert "Not shown: " in told
    assert "Summer" not in page


def put_summer_people(session, now, numbers):
    summer = now.replace(month=8, day=1)
    for number in numbers:
        county.put_person(
            session, summer, f"s{number:02}", "", name=f"Summer {number}", state="listed", nights=(3,),
            needs={"mental_health": "no"} if number % 2 else {"alcohol": "no"},
            gender="male" if number % 3 else "female", date_of_birth=date(1980 + number % 2 * 12, 1, 1),
        )  # fmt: skip


def test_a_late_record_never_shows_in_what_was_told(browser: Browser, watford, now, new_id) -> None:
    with watford.writing() as session:
        put_summer_people(session, now, range(47))
        county.tell_quarter(session, now, new_id)
    before = browser.sign_in("priya").get("/tracker/quarter").text
    book = browser.get("/tracker/quarter/workbook").content
    assert '<td class="govuk-table__cell">' in before
    with watford.writing() as session:
        put_summer_people(session, now, range(47, 70))
        county.tell_quarter(session, now, new_id)
    after = browser.get("/tracker/quarter").text
    again = browser.get("/tracker/quarter/workbook").content
    assert cells_of(before) == cells_of(after)
    assert values_of(book) == values_of(again)
    with watford.writing() as session:
        autumn = compose_quarter(session, Period(date(2026, 10, 1), date(2026, 12, 31)), county.NoLot())[county.WATFORD]
        told = compose_quarter_told(session)
    assert column_of(autumn.tables[-1], "July to September 2026") == column_of(
        told.tables[-1], "July to September 2026"
    )


def compose_quarter_told(session):
    (release,) = list_releases(session)
    return read_shares(release)[county.WATFORD]


def column_of(table, name):
    place = table.columns.index(name)
    return [row.cells[place] for row in table.rows]


def cells_of(page):
    return re.findall(r'<td class="govuk-table__cell[^>]*>([^<]*)<', page)


def values_of(book):
    return [
        cell.value
        for sheet in openpyxl.load_workbook(io.BytesIO(book)).worksheets
        for line in sheet.iter_rows()
        for cell in line
    ]


def test_a_quarter_is_told_once_two_organisations_have_approved_it(browser: Browser, watford, now, new_id) -> None:
    with watford.writing() as session:
        put_summer_people(session, now, range(30))
        assert prepare_share(session, Period(date(2026, 7, 1), date(2026, 9, 30)), now, new_id, county.NoLot()) == 1
        (waiting,) = list_releases(session)
    approve = f"/publications/{waiting.id}/approve"

    def move(agency_id: str) -> None:
        with watford.writing() as session:
            session.execute(worker.update().where(worker.c.id == "priya").values(agency_id=agency_id))

    assert "Outcomes over time" not in browser.sign_in("priya").get("/tracker/quarter").text
    assert browser.get("/tracker/quarter/workbook").status_code == 404
    assert "People who presented" in browser.get("/publications").text
    assert browser.post(approve).headers["location"].endswith("publication_approved")
    assert browser.post(approve).status_code == 422
    assert "Outcomes over time" not in browser.get("/tracker/quarter").text
    move("three-rivers-housing")
    assert browser.post(approve).status_code == 422, "the same person, whoever she works for now"
    move("watford-housing")
    assert browser.sign_in("helen").post(approve).headers["location"].endswith("publication_told")
    assert "Outcomes over time" in browser.sign_in("priya").get("/tracker/quarter").text
    gone = f"/publications/{waiting.id}/withdraw"
    assert browser.post(gone, reason="No").status_code == 422
    assert browser.post(gone, reason="Two districts were counted twice.").status_code == 303
    assert "Outcomes over time" not in browser.get("/tracker/quarter").text
    assert "Two districts were counted twice." in browser.get("/publications").text
    for other in ("aisha", "tom", "omar", "ruth"):
        assert browser.sign_in(other).get("/publications").status_code == 403


def test_a_cell_that_would_be_cut_says_so_and_a_printed_sheet_has_its_head_on_every_page() -> None:
    from openpyxl import load_workbook

    actions = tuple(
        TrackedAction(
            mdt_number=1, agency="CGL Spectrum", text=f"{n:03} {'assessment ' * 30}", due_on=date(2026, 12, 1)
        )
        for n in range(120)
    )
    case = TrackedCase(
        case_id="case-1", known_as="Person 01", date_of_birth=None, gender=Gender.NOT_KNOWN, status=OPEN, mdt_number=1,
        verification="", needs=(), general=CaseGeneral(case_id="case-1"), outcome="",
        reviews=(TrackedReview(mdt_number=1, held_on=date(2026, 11, 1)),), actions=actions,
    )  # fmt: skip
    made = write_workbook(Tracker(district="Watford", cases=(case,)))
    book = load_workbook(io.BytesIO(made))
    joined = book["MDT 1"]["F2"].value
    assert len(joined) <= 32_767
    assert joined.endswith("cut here: a cell holds no more. The rest is in Lantern.")
    assert sum(1 for row in book["Actions"].iter_rows(min_row=2) if row[0].value) == 120
    assert [book[name].print_title_rows for name in ("General Data", "MDT 1", "Actions")] == ["$1:$1"] * 3
    assert book["General Data"].sheet_properties.pageSetUpPr.fitToPage
    assert [row[4].value.strip() for row in book["Actions"].iter_rows(min_row=2)] == [
        each.text.strip() for each in actions
    ]
    assert read_workbook(made, "Watford", TODAY).elsewhere == ()

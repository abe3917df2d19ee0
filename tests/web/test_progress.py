"""Figures by quarter: who reads them, what they say on page, paper and file, and what everybody may read."""

import csv
import html
import io
import zipfile
from datetime import UTC, date, datetime

import msgspec
import pytest

from server.actions.partnership.figures import ToldQuarter, bring_in_quarters, list_told_quarters
from server.hotspots.figures import DistrictFigure, EqualityFigure, QuarterFigures
from server.hotspots.periods import quarter_of
from server.queries.maps.publications import Release, add_release, list_releases, set_release
from server.web.layout.charts import Line, Point, draw_lines
from server.web.layout.progress_charts import find_target, make_charts
from server.web.layout.progress_tables import make_tables
from server.web.layout.spreadsheets import ODS
from shared.model.codes import PublicationKind
from shared.rules.flow import FLOWS
from shared.rules.small_counts import NOT_SHOWN
from tests.web import county

NOW = datetime(2026, 11, 12, tzinfo=UTC)


def figures(number):
    return QuarterFigures(
        people=60 + 5 * number,
        likely=(65 + 5 * number, 100),
        groups={"new": "25", "long_term": "25" if number else NOT_SHOWN, "returning": NOT_SHOWN, "accommodated": "10"},
        districts=(DistrictFigure(name="Dacorum", band=0), DistrictFigure(name="Watford", band=1 + number % 2)),
        looks=2_000,
        reports=120,
        in_time=85,
        referrals={"referred": "40", "taken_on": "15"},
    )


QUARTERS = [(quarter_of(date(2024 + n // 4, 1 + 3 * (n % 4), 1)), figures(n)) for n in range(8)]


@pytest.fixture
def told(filled, new_id):
    with filled.writing() as session:
        assert bring_in_quarters(session, QUARTERS, NOW, new_id) == 8
        assert bring_in_quarters(session, QUARTERS, NOW, new_id) == 0
    return filled


def test_a_commissioner_reads_eight_quarters_as_charts_and_as_the_tables_that_say_the_same(browse, told):
    text = browse("helen").get("/progress").text

    assert text.count('src="data:image/svg+xml;base64,') == 4
    for words in (
        "2024 Q1", "2025 Q4", ">95<", "65 to 100", "Fewer than 10, may be none", "25 to 49", "Answered in time, of 100",
        "Squares looked at", "halves it by 2029/30", "Brought in from before", "Referred to a service", ">15<",
    ):  # fmt: skip
        assert words in text, words
    assert "The national target would be 13 long-term people" in text
    assert "script" not in text.split("<main")[1].split("</main>")[0]


def test_others_of_the_partnership_and_strangers_do_not(browse, client, told):
    for who in ("tom", "aisha", "priya", "omar"):
        assert browse(who).get("/progress").status_code == 403, who
        assert browse(who).get("/progress/file?kind=csv").status_code == 403, who


def test_the_figures_leave_as_pdf_ods_and_csv_with_their_definitions(browse, told):
    helen = browse("helen")
    pdf = helen.get("/progress/file?kind=pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF") and b"/StructTreeRoot" in pdf.content
    ods = helen.get("/progress/file?kind=ods")
    assert ods.headers["content-type"].startswith(ODS)
    with zipfile.ZipFile(io.BytesIO(ods.content)) as package:
        content = package.read("content.xml").decode()
    for name in ("People and looking", "Who they are", "Districts", "Reports from the public", "Definitions"):
        assert f'table:name="{name}"' in content
    assert "lower bound (1987)" in helen.get("/progress/file?kind=csv").text
    assert helen.get("/progress/file?kind=exe").status_code == 404


def test_everybody_may_read_the_total_by_quarter_and_nothing_finer(client, told):
    page = client.get("/figures", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "Watford" not in page.text and "Reports" not in page.text
    data = client.get("/figures/open-data")
    rows = list(csv.reader(io.StringIO(data.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["quarter_from", "quarter_to", "people_met"]
    assert rows[1][:4] == ["2024-01-01", "2024-03-31", "60", "65 to 100"]
    assert len(rows) == 9
    assert "Watford" not in data.text


def test_a_quarter_is_told_once_two_have_approved_and_no_more_once_withdrawn(told, new_id):
    period = quarter_of(date(2026, 7, 1))
    content = msgspec.json.encode(figures(9)).decode()
    with told.writing() as session:
        release = Release(
            id="q",
            kind=PublicationKind.MAP,
            starts_on=period.first,
            ends_on=period.last,
            prepared_at=NOW,
            content=content,
        )
        add_release(session, release)
        assert len(list_told_quarters(session)) == 8
        voices = {"first_agency_id": "a", "first_at": NOW, "second_agency_id": "b", "second_at": NOW}
        set_release(session, msgspec.structs.replace(release, **voices))
        assert [each.name for each in list_told_quarters(session)][-1] == "2026 Q3"
        gone = next(each for each in list_releases(session) if each.id == "q")
        set_release(
            session, msgspec.structs.replace(gone, withdrawn_at=NOW, withdrawn_by="helen", withdrawn_reason="Wrong.")
        )
        assert len(list_told_quarters(session)) == 8


@pytest.mark.parametrize(
    "untold", [{"second_at": None}, {"withdrawn_at": NOW, "withdrawn_by": "helen", "withdrawn_reason": "Wrong."}]
)
def test_a_map_that_waits_or_was_withdrawn_is_shown_to_no_commissioner(browse, filled, new_id, untold):
    with filled.writing() as session:
        county.publish_quarters(session, NOW, new_id)
        newest, before = (each for each in list_releases(session, PublicationKind.MAP))
        set_release(session, msgspec.structs.replace(newest, **untold))
    helen = browse("helen")

    assert helen.get(f"/hotspots/{newest.id}").status_code == 404
    shown = helen.get("/hotspots").text
    assert "April to June 2026" in shown
    assert newest.id not in shown
    with filled.writing() as session:
        set_release(session, msgspec.structs.replace(before, **untold))
    assert "No map has been published yet" in helen.get("/hotspots").text


def test_nothing_told_is_said_in_words(browse, client):
    text = browse("helen").get("/progress").text
    assert "No quarter is told yet" in text
    assert "Nothing is told yet" in client.get("/figures", headers={"accept": "text/html"}).text
    assert browse("helen").get("/progress/file?kind=pdf").status_code == 404


def test_a_chart_is_drawn_the_same_each_time_and_a_gap_is_no_zero():
    points = (Point("2026 Q1", 10), Point("2026 Q2", None), Point("2026 Q3", 12))
    drawn = draw_lines((Line("New", points),), "New people")
    draw_lines.cache_clear()
    assert drawn == draw_lines((Line("New", points),), "New people")
    assert "<script" not in drawn and "http://www.w3.org/2000/svg" in drawn
    whole = draw_lines((Line("New", (points[0], Point("2026 Q2", 0), points[2])),), "New people")
    assert whole.count("<use") > drawn.count("<use")  # a mark more


def test_the_target_is_half_of_the_first_quarter_that_is_told(told):
    with told.reading() as session:
        quarters = list_told_quarters(session)
    assert find_target(quarters) == 13
    assert make_charts(quarters[:1]) == []
    assert [each.title for each in make_charts(quarters, is_public=True)] == ["People and looking"]


def test_whoever_approves_has_read_every_number_that_will_be_told(browse, filled):
    """Each word and number of the commissioner's page of that quarter stands in what is approved."""
    one = EqualityFigure(question="disability", answer="yes", people="35", accommodated="15")
    all_of_it = msgspec.structs.replace(
        figures(9), flows=dict.fromkeys(FLOWS, NOT_SHOWN) | {"only_refused": "45"}, equality=(one,), looks=1_950
    )
    period = quarter_of(date(2026, 7, 1))
    release = Release(
        id="q", kind=PublicationKind.MAP, starts_on=period.first, ends_on=period.last, prepared_at=NOW,
        content=msgspec.json.encode(all_of_it).decode(),
    )  # fmt: skip
    with filled.writing() as session:
        add_release(session, release)
    text = browse("priya").get("/publications").text
    told = ToldQuarter(id="q", first=period.first, last=period.last, figures=all_of_it)
    for name, (heads, *lines) in make_tables([told]).items():
        for line in lines if name != "Definitions" else ():
            for head, cell in zip(heads, line, strict=True):
                assert html.escape(str(cell)) in text or head == "Quarter", (name, head, cell)
    for words in (
        "With three services or more",
        "Turned away, and taken by no service",
        ">45<",
        ">1950<",
        ">35<",
        ">15<",
    ):
        assert words in text, words

"""How somebody says they are: questionnaires as data, scored by their published method, theirs to read, an order of nobody."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace
from sqlalchemy import select

from server.actions.people.wellbeing import load_questionnaire, read_definition
from server.cli import main
from server.database.engine import Database
from server.problems import Invalid
from server.queries.people.erasure import delete_person
from server.queries.people.held import list_everything
from server.tables.people.wellbeing import questionnaire, wellbeing
from server.web.layout.wellbeing_chart import draw_series, say_score
from shared.model.wellbeing import Filled, Questionnaire
from shared.rules.wellbeing import SWEMWBS_METRIC, find_faults, find_scale, find_score, set_in_series
from tests.server.cast import Cast
from tests.server.people import test_housing_needs, test_own_page
from tests.server.people.test_consent import say

HTML, marek, post = test_housing_needs.HTML, test_housing_needs.marek, test_housing_needs.post
ITEMS = "\n".join(f'  "A made-up <line> {at}",' for at in range(1, 8))
OPTIONS = "\n".join(f'[[options]]\npoints = {at}\nwords = "Made-up answer {at}"\n' for at in range(1, 6))
DEFINITION = f"""
key = "made_up_seven"
name = "Seven made-up lines"
intro = "Think of the last two weeks."
copyright = "© Nobody, 2026"
licence = "Written for this test"
scoring = "swemwbs"
items = [
{ITEMS}
]
{OPTIONS}
"""
SEVEN = read_definition(DEFINITION.encode())
MOMENT = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def loaded(database: Database, services: Any) -> Questionnaire:
    with database.writing() as session:
        kept = load_questionnaire(session, SEVEN, services.clock())
    assert kept is not None
    return kept


def fill(client: Any, person: str, chosen: str, **changes: str) -> Any:
    """Each digit is what was chosen for an item, a dash is one that was left out."""
    items = {f"item_{at}": each for at, each in enumerate(chosen, 1) if each != "-"}
    form = {"version": "1", "count": str(len(chosen)), "words": "", "filled_on": ""} | items | changes
    return post(client, f"/people/{person}/wellbeing/made_up_seven", **form)


def read(client: Any, person: str) -> str:
    return unescape(client.get(f"/people/{person}/wellbeing", headers=HTML).text)


def rows(database: Database, table: Any = wellbeing) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(select(table)).mappings().all())


# -------------------------------------------------------------------------------------------------------- the scoring


def test_the_seven_items_are_transformed_by_the_published_table() -> None:
    """Known values of the table, spread over it, and both its ends."""
    known = {7: "7.00", 8: "9.51", 14: "15.32", 21: "19.25", 27: "24.11", 29: "26.02", 34: "32.55", 35: "35.00"}
    for raw, metric in known.items():
        points = [raw // 7 + (at < raw % 7) for at in range(7)]
        assert (sum(points), find_score(SEVEN, points)) == (raw, Decimal(metric))
    steps = [later - earlier for earlier, later in pairwise(SWEMWBS_METRIC)]
    assert len(SWEMWBS_METRIC) == 29 and min(steps) > 0


@given(some.lists(some.sampled_from([None, 1, 2, 3, 4, 5]), min_size=7, max_size=7))
def test_a_score_wants_every_item_and_asks_nothing_of_their_order(points: list[int | None]) -> None:
    score = find_score(SEVEN, points)
    assert (score is None) == (None in points)
    assert score == find_score(SEVEN, points[::-1])


def test_another_questionnaire_is_the_sum_of_its_points() -> None:
    plain = replace(SEVEN, scoring="sum", items=SEVEN.items[:3])
    assert find_score(plain, [5, 1, 3]) == 9
    assert (find_scale(plain).lowest, find_scale(plain).highest) == (3, 15)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"items": SEVEN.items[:6]}, "7 items"),
        ({"options": SEVEN.options[:4]}, "1, 2, 3, 4, 5"),
        ({"scoring": "guessed"}, "choose one of"),
        ({"licence": " "}, "licence"),
        ({"copyright": ""}, "copyright"),
        ({"items": ()}, "items"),
        ({"items": ("x" * 301, *SEVEN.items[1:])}, "items"),
        ({"options": (SEVEN.options[0],) * 5}, "points of its own"),
    ],
)
def test_what_is_no_questionnaire_is_refused_in_words(changed: dict[str, Any], why: str) -> None:
    assert any(why in each for each in find_faults(replace(SEVEN, **changed)))
    assert find_faults(SEVEN) == []


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"key = 1", DEFINITION.encode() + b"\nband = 'low'", b"[" * 5_000])
def test_a_file_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        read_definition(data)


# ------------------------------------------------------------------------------------------------------------ the page


def test_what_they_fill_in_is_scored_and_drawn_in_the_order_of_its_days(
    sign_in: Any, cast: Cast, marek: str, loaded: Questionnaire
) -> None:
    client = sign_in(cast.tom)
    assert "Nothing is filled in" in read(client, marek)
    assert fill(client, marek, "3333333", words="Not <so> bad", filled_on="2026-10-01").status_code == 303
    assert fill(client, marek, "4343434").status_code == 303
    assert fill(client, marek, "33-3333", filled_on="2026-09-01").status_code == 303
    page = read(client, marek)
    assert "19.25 of 35." in page and "22.35 of 35." in page and "no score" in page
    assert "“Not <so> bad”" in page and "A made-up <line> 1" in page and "© Nobody, 2026" in page
    assert page.index("22.35 of 35") < page.rindex("19.25 of 35") < page.rindex("no score")
    raw = client.get(f"/people/{marek}/wellbeing", headers=HTML).text
    assert "<so>" not in raw and "<line>" not in raw
    (drawn,) = re.findall(r"<polyline points=\"([^\"]+)\"", raw)
    (one, other) = [tuple(map(int, each.split(","))) for each in drawn.split()]
    assert one[0] < other[0] and one[1] > other[1]


def test_a_second_press_keeps_nothing_twice(
    sign_in: Any, cast: Cast, marek: str, loaded: Questionnaire, database: Database, clock: Any
) -> None:
    tom = sign_in(cast.tom)
    for _ in range(2):
        assert fill(tom, marek, "3333333").status_code == 303
    assert len(rows(database)) == 1
    assert fill(tom, marek, "3333334").status_code == 303
    clock.advance(minutes=11)
    assert fill(tom, marek, "3333333").status_code == 303
    assert len(rows(database)) == 3


def test_what_cannot_be_kept_is_said_beside_its_field_and_nothing_is_lost(
    sign_in: Any, cast: Cast, marek: str, loaded: Questionnaire, database: Database
) -> None:
    client = sign_in(cast.tom)
    for chosen, changes, why in (
        ("-------", {}, "Nothing is filled in"),
        ("9333333", {}, "Choose one of the answers"),
        ("3333333", {"filled_on": "2027-01-01"}, "today, or one of the last five years"),
        ("3333333", {"filled_on": "soon"}, "day, month and year"),
        ("3333333", {"words": "x" * 10_001}, "10,000"),
        ("333333", {}, "Load it again"),
        ("3333333", {"version": "2"}, "Load it again"),
        ("3333333", {"count": "999"}, "Load it again"),
    ):
        answer = fill(client, marek, chosen, **changes)
        assert answer.status_code == 422 and why in unescape(answer.text), why
        assert "4" not in chosen and (chosen[1] == "-" or answer.text.count(" checked") >= 6)
    assert rows(database) == []
    assert fill(client, marek, "-------", words="x" * 10_000).status_code == 303


def test_a_wrong_one_is_struck_out_by_its_own_service_and_stays_on_record(
    sign_in: Any, cast: Cast, marek: str, loaded: Questionnaire, database: Database
) -> None:
    fill(sign_in(cast.tom), marek, "3333333")
    (kept,) = rows(database)
    strike = f"/people/{marek}/wellbeing/{kept['id']}/strike"
    say(sign_in(cast.tom), marek, "agreed", what="wellbeing")
    assert "19.25" in read(sign_in(cast.priya), marek)
    assert post(sign_in(cast.priya), strike).status_code == 404
    client = sign_in(cast.tom)
    assert post(client, strike).status_code == 303
    assert post(client, strike).status_code == 409
    assert "19.25" not in read(client, marek) and len(rows(database)) == 1


def test_another_service_reads_it_while_they_agree_and_no_longer(
    sign_in: Any, cast: Cast, marek: str, loaded: Questionnaire
) -> None:
    fill(sign_in(cast.tom), marek, "5555555")
    assert "35 of 35" not in read(sign_in(cast.priya), marek)
    for answer, reads in (("agreed", True), ("refused", False)):
        assert say(sign_in(cast.tom), marek, answer, what="wellbeing").status_code == 303
        client = sign_in(cast.priya)
        assert ("35 of 35" in read(client, marek)) is reads
        paper = client.get(f"/people/{marek}/wellbeing-paper", headers=HTML)
        assert paper.status_code == 200 and paper.content.startswith(b"%PDF")
    assert "35 of 35" in read(sign_in(cast.tom), marek)


@pytest.mark.parametrize(("who", "status"), [("helen", 403), ("olu", 403), ("carol", 404)])
def test_others_reach_neither_page_nor_paper_nor_press(
    sign_in: Any, cast: Cast, marek: str, loaded: Questionnaire, database: Database, who: str, status: int
) -> None:
    client = sign_in(getattr(cast, who))
    for path in ("wellbeing", "wellbeing-paper", "wellbeing/made_up_seven"):
        assert client.get(f"/people/{marek}/{path}", headers=HTML).status_code == status
    assert fill(client, marek, "3333333").status_code == status
    assert rows(database) == []


def test_they_read_it_on_their_own_page_in_both_languages(
    sign_in: Any, cast: Cast, marek: str, loaded: Questionnaire, client: Any
) -> None:
    tom = sign_in(cast.tom)
    fill(tom, marek, "3333333", words="So-so", filled_on="2026-10-01")
    fill(tom, marek, "4444444")
    link = test_own_page.link_in(test_own_page.give(tom, marek))
    client.cookies.clear()
    page = test_own_page.send(client, link, pin=test_own_page.PIN)
    assert all(
        each in page.text
        for each in ("How you said you were", "1.10.2026: 19.25 of 35.", "“So-so”", "<svg", "© Nobody")
    )
    polish = test_own_page.send(client, "/own-page", visit=test_own_page.visit_in(page), lang="pl").text
    assert "1.10.2026: 19.25 z 35." in polish and "Jak się czułeś" in polish


def test_a_new_wording_is_a_new_version_and_a_retired_one_is_offered_no_more(
    sign_in: Any, cast: Cast, marek: str, loaded: Questionnaire, database: Database, services: Any
) -> None:
    from server.actions.people.wellbeing import retire_questionnaire

    client = sign_in(cast.tom)
    fill(client, marek, "3333333")
    with database.writing() as session:
        assert load_questionnaire(session, SEVEN, services.clock()) is None
        again = replace(SEVEN, items=("Worded anew", *SEVEN.items[1:]))
        changed = load_questionnaire(session, again, services.clock())
    assert changed is not None and changed.version == 2
    assert fill(client, marek, "4444444").status_code == 303, "a form that was open meanwhile"
    assert fill(client, marek, "5555555", version="2").status_code == 303
    page = read(client, marek)
    assert page.count("A made-up <line> 1") == 2 and page.count("Worded anew") == 1
    with database.writing() as session:
        retire_questionnaire(session, "made_up_seven", services.clock())
    assert client.get(f"/people/{marek}/wellbeing/made_up_seven", headers=HTML).status_code == 404
    assert "35 of 35" in read(client, marek) and "No questionnaire is loaded" in read(client, marek)
    assert fill(client, marek, "2222222", version="2").status_code == 303, "a form that was open while it was retired"


def test_scores_of_another_scale_stand_in_a_chart_of_their_own() -> None:
    summed = replace(SEVEN, version=2, scoring="sum")
    told = [
        Filled(
            id=str(version), person_id="x", agency_id="us", questionnaire=SEVEN.key, version=version, points=(3,) * 7,
            filled_on=date(2026, 10, version), at=MOMENT, worker_id="w",
        )
        for version in (1, 2)
    ]  # fmt: skip
    first, second = set_in_series([SEVEN, summed], told)
    assert (first.scored[0].score, second.scored[0].score) == (Decimal("19.25"), Decimal(21))


# ------------------------------------------------------------------------------------------ never required, never a ranking


def test_no_list_export_phone_or_figure_asks_the_table() -> None:
    """Two places read it, each of one person: nothing can stand in its order, and nothing counts who has not filled it in."""
    repository = Path(__file__).parents[3]
    told = {
        str(path.relative_to(repository)): path.read_text()
        for folder in ("server", "shared", "sync", "mobile")
        for path in (repository / folder).rglob("*.py")
    }
    assert {name for name, text in told.items() if "tables.people.wellbeing" in text} == {
        "server/queries/people/wellbeing.py"
    }
    assert {name for name, text in told.items() if "list_filled(" in text} == {
        "server/queries/people/wellbeing.py", "server/actions/people/wellbeing.py", "server/web/referrer/own_page.py",
    }  # fmt: skip


def test_it_is_in_their_own_copy_and_goes_with_them(
    sign_in: Any, cast: Cast, marek: str, loaded: Questionnaire, database: Database
) -> None:
    fill(sign_in(cast.tom), marek, "3333333", words="So-so")
    with database.writing() as session:
        (copied,) = list_everything(session, [marek])["wellbeing"]
        assert copied["words"] == "So-so"
        delete_person(session, [marek])
    assert rows(database) == [] and len(rows(database, questionnaire)) == 1


@given(some.lists(some.tuples(some.dates(date(2020, 1, 1), date(2026, 1, 1)), some.integers(1, 5)), max_size=20))
def test_a_chart_stays_within_its_frame_and_says_each_score_in_words(told: list[tuple[date, int]]) -> None:
    filled = [
        Filled(
            id=str(at), person_id="x", agency_id="us", questionnaire=SEVEN.key, version=1, points=(points,) * 7, filled_on=day,
            at=MOMENT, worker_id="w",
        )
        for at, (day, points) in enumerate(told)
    ]  # fmt: skip
    for series in set_in_series([SEVEN], filled):
        drawn = draw_series(series, str, "said <so>")
        places = [float(each) for each in re.findall(r'c[xy]="([^"]+)"', drawn)]
        assert all(0 <= each <= 340 for each in places) and drawn.count("<circle") == len(told)
        assert 'aria-label="said &lt;so&gt;"' in drawn


def test_a_score_has_no_digits_that_say_nothing() -> None:
    assert [say_score(Decimal(each)) for each in ("35.00", "19.25", "12.40", "10", "0")] == [
        "35",
        "19.25",
        "12.4",
        "10",
        "0",
    ]


def test_the_operator_loads_lists_and_retires_one(tmp_path: Path) -> None:
    environment = {"LANTERN_DATA": str(tmp_path / "data"), "LANTERN_DATABASE": f"sqlite:///{tmp_path / 'x.sqlite'}"}

    def run_lantern(*said: str) -> Result:
        return CliRunner().invoke(main, said, env=environment)

    file = tmp_path / "seven.toml"
    file.write_text(DEFINITION)
    assert "None is loaded" in run_lantern("questionnaires", "list").output
    assert "version 1" in run_lantern("questionnaires", "load", str(file)).output
    assert "as it was" in run_lantern("questionnaires", "load", str(file)).output
    assert "Stewart-Brown" in run_lantern("questionnaires", "list").output
    file.write_text(DEFINITION.replace("swemwbs", "guessed"))
    refused = run_lantern("questionnaires", "load", str(file))
    assert refused.exit_code == 2 and "choose one of" in refused.output
    assert run_lantern("questionnaires", "retire", "made_up_seven").exit_code == 0
    assert run_lantern("questionnaires", "retire", "made_up_seven").exit_code == 2

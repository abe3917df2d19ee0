"""The assessment on paper, and typed in from it as a whole: who asked, when and where are what the paper says. What a PDF says is
read from the PDF."""

import shutil
import subprocess
from typing import Any

import pytest

from server.database.engine import Database
from server.queries.sync.store import list_changes
from tests.server.cast import Cast
from tests.server.people import test_housing_needs
from tests.server.people.test_assessment import answer, read, rows, shown
from tests.server.people.test_consent import say
from tests.server.people.test_plan import write

HTML, marek, post = test_housing_needs.HTML, test_housing_needs.marek, test_housing_needs.post
poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="reads the PDF with poppler's pdftotext")


def type_in(client: Any, person: str, head: dict[str, str] | None = None, **fields: str) -> Any:
    """Sends the whole form as its page would, with these boxes filled."""
    path = f"/people/{person}/assessment-from-paper"
    page = client.get(path, headers=HTML).text
    keys = [part.split('"')[0] for part in page.split('name="version_')[1:]]
    assert len(keys) == 27
    form = {f"{part}_{key}": "" for key in keys for part in ("words", "value")}
    form |= {f"version_{key}": "1" for key in keys} | {f"shown_{key}": shown(page, key) for key in keys}
    return post(client, path, **(form | fields | (head or {})))


def read_pdf(client: Any, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200 and answer.content[:5] == b"%PDF-"
    told = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=answer.content, capture_output=True, check=True, timeout=60
    )
    return " ".join(told.stdout.decode().split())


def test_a_paper_is_typed_in_as_a_whole_with_what_its_head_says(
    sign_in: Any, cast: Cast, marek: str, database: Database
) -> None:
    tom = sign_in(cast.tom)
    assert f"/people/{marek}/assessment-from-paper" in read(tom, marek)
    head = {"asked_by": cast.aisha.id, "asked_on": "2026-11-02", "place": "St Mary's soup run"}
    typed = {"words_hopes_year": "A door I can close", "value_debts": "yes", "rather_not_home_last": "yes",
             "value_income": "none", "words_safe_call": "Ring Bella"}  # fmt: skip
    assert type_in(tom, marek, head, **typed).status_code == 303
    kept = rows(database)
    assert {each["question"]: (each["value"], each["words"], each["state"]) for each in kept} == {
        "hopes_year": ("", "A door I can close", "answered"), "debts": ("yes", "", "answered"),
        "home_last": ("", "", "rather_not"), "income": ("none", "", "answered"), "safe_call": ("", "Ring Bella", "answered"),
    }  # fmt: skip
    asked = ("via", "place", "worker_id", "agency_id")
    assert {(each["at"].date().isoformat(), *(each[name] for name in asked)) for each in kept} == {
        ("2026-11-02", "paper", "St Mary's soup run", cast.aisha.id, cast.outreach.id)
    }
    assert "Aisha N, New Hope, 2 November 2026, St Mary&#39;s soup run, on paper" in read(tom, marek)
    with database.reading() as session:
        typists = {told.change.who for each in kept for told in list_changes(session, each["id"]) if told.change}
    assert typists == {cast.tom.id}
    assert type_in(sign_in(cast.tom), marek, head).status_code == 303  # the same page again, nothing written on it
    assert len(rows(database)) == 5


@pytest.mark.parametrize(
    ("head", "field"),
    [
        ({"asked_on": ""}, "asked_on"), ({"asked_on": "2030-01-01"}, "asked_on"), ({"place": "x" * 201}, "place"),
        ({"asked_by": "priya"}, "asked_by"), ({"value_income": "gold"}, "value_income"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_paper_is_told_and_the_rest_stays_typed(
    sign_in: Any, cast: Cast, marek: str, database: Database, head: dict[str, str], field: str
) -> None:
    said = {"asked_on": "2026-11-02", "asked_by": cast.aisha.id} | head
    if said["asked_by"] == "priya":  # of another service: her answers would be hers to read
        said["asked_by"] = cast.priya.id
    refused = type_in(sign_in(cast.tom), marek, said, words_hopes_year="A door I can close")
    assert refused.status_code == 422 and f'href="#{field}"' in refused.text
    assert "A door I can close" in refused.text and rows(database) == []
    assert f'<option value="{cast.aisha.id}" selected' in refused.text or field == "asked_by"


def test_a_paper_takes_no_newer_answers_place_and_shows_what_came_meanwhile(
    sign_in: Any, cast: Cast, marek: str, database: Database
) -> None:
    answer(sign_in(cast.tom), marek, "hopes", words_hopes_year="Now this")
    tom = sign_in(cast.tom)
    head = {"asked_on": "2026-11-02"}
    assert type_in(tom, marek, head, words_hopes_year="Then that").status_code == 303
    page = read(tom, marek)
    assert page.index("Now this") < page.index("Then that")


@pytest.mark.parametrize(("who", "status"), [("helen", 403), ("olu", 403), ("carol", 404)])
def test_others_type_nothing_in(
    sign_in: Any, cast: Cast, marek: str, database: Database, who: str, status: int
) -> None:
    client = sign_in(getattr(cast, who))
    path = f"/people/{marek}/assessment-from-paper"
    assert client.get(path, headers=HTML).status_code == status
    assert (
        post(client, path, asked_on="2026-11-02", version_pet="1", value_pet="yes", shown_pet="").status_code == status
    )
    assert rows(database) == []


@poppler
def test_the_paper_says_what_is_known_and_leaves_room_for_what_is_still_to_ask(
    sign_in: Any, cast: Cast, marek: str, database: Database
) -> None:
    tom = sign_in(cast.tom)
    answer(
        tom,
        marek,
        "money",
        income="work",
        words_income="Three mornings a week",
        note_income="At the market",
    )
    answer(tom, marek, "home", rather_not_home_last="yes")
    said = read_pdf(tom, f"/people/{marek}/assessment-paper")
    for words in (
        "Marek Nowak: told once", "Asked by:", "On:", "At:", "What money comes in?", "Work (asked 12 November 2026)",
        "“Three mornings a week”", "At the market (written by the worker)", "How would you like things to be in a year?",
        "Would rather not say (asked 12 November 2026)", "Which papers do you have?", "▢ Bank card or statement",
    ):  # fmt: skip
        assert words in said, words
    before, after = said.split("What money comes in?")[1].split("Would you like help with money or debts?")
    assert "▢" not in before and "▢ Yes ▢ No" in after
    theirs = sign_in(cast.priya)
    assert "Three mornings" not in read_pdf(theirs, f"/people/{marek}/assessment-paper")
    assert say(theirs, marek, agency=cast.council.id).status_code == 303
    assert "Three mornings" in read_pdf(theirs, f"/people/{marek}/assessment-paper")


@poppler
def test_the_plan_on_paper_is_in_their_words(sign_in: Any, cast: Cast, marek: str, database: Database) -> None:
    tom = sign_in(cast.tom)
    write(tom, marek, "goal", words="A room with a door", works="Up early", celebration="Fish & chips")
    goal = tom.get(f"/people/{marek}/plan", headers=HTML).text.split('name="goal" value="')[1].split('"')[0]
    write(tom, marek, "step", goal=goal, text="Fill in the form", who="Marek", due_on="2026-11-20")
    said = read_pdf(tom, f"/people/{marek}/plan-paper")
    for words in ("A room with a door", "Up early", "Fish & chips", "Fill in the form", "Marek", "20 November 2026"):
        assert words in said, words
    assert "A room with a door" not in read_pdf(sign_in(cast.priya), f"/people/{marek}/plan-paper")

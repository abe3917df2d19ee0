"""`lantern indicators`: what is counted from is only what the national definitions say, a person once however recorded."""

import json
from datetime import UTC, date, datetime

from click.testing import CliRunner
from sqlalchemy import insert

from server.cli import main
from server.queries.maps.indicators import find_coverage, list_exits, list_seen_nights
from server.queries.partnership.districts import add_district
from server.tables.people.person import person, person_merge
from server.tables.people.verification import person_verification
from server.tables.street.contact import contact, contact_person
from shared.model.district import District

NOW = datetime(2026, 10, 3, 23, tzinfo=UTC)


def meet(session, number, person_id, night, state="bedded_down", district_id="watford"):
    row = {"contact_id": f"c{number}", "person_id": person_id, "seen_at": NOW, "night": night, "state": state}
    session.execute(insert(contact_person), [row | {"district_id": district_id}])


def fill(session):
    add_district(session, District(id="watford", code="E07000103", name="Watford"))
    meet(session, 1, "marek", date(2026, 10, 3))
    meet(session, 2, "marek", date(2026, 10, 3))
    meet(session, 3, "marek-again", date(2026, 10, 9))
    meet(session, 4, "red", date(2026, 10, 3), state="not_bedded_down")
    meet(session, 5, "elsewhere", date(2026, 10, 3), district_id="three-rivers")
    merge = {"id": "m", "from_id": "marek-again", "into_id": "marek", "at": NOW, "worker_id": "aisha", "undone": False}
    session.execute(insert(person_merge), [merge])
    shared = {"created_at": NOW, "changed_at": NOW}
    session.execute(
        insert(person),
        [
            shared | {"id": "marek", "institution_left": "prison", "institution_left_on": date(2026, 9, 1)},
            shared | {"id": "red", "institution_left": "none", "institution_left_on": date(2026, 9, 1)},
            shared | {"id": "bee", "institution_left": "hospital", "institution_left_on": None},
        ],
    )


def test_only_nights_slept_rough_in_the_district_count_and_one_person_once(database):
    with database.writing() as session:
        fill(session)

        nights = list_seen_nights(session, "watford")
        exits = list_exits(session)

    assert sorted({(seen.person_id, seen.night) for seen in nights}) == [
        ("marek", date(2026, 10, 3)),
        ("marek", date(2026, 10, 9)),
    ]
    assert [(left.person_id, left.institution) for left in exits] == [("marek", "prison")]


def test_the_figures_are_printed_ready_to_be_entered(database, database_url, monkeypatch, tmp_path):
    with database.writing() as session:
        fill(session)
    monkeypatch.setenv("LANTERN_DATABASE", database_url)
    monkeypatch.setenv("LANTERN_DATA", str(tmp_path))

    result = CliRunner().invoke(main, ["indicators", "--month", "2026-10", "--json"])
    unknown = CliRunner().invoke(main, ["indicators", "--district", "X9"])
    wrong = CliRunner().invoke(main, ["indicators", "--month", "October"])

    (watford,) = json.loads(result.stdout)["districts"]
    assert (watford["name"], watford["seen"], watford["new"], watford["left_institution"]) == ("Watford", 1, 1, 1)
    assert (unknown.exit_code, wrong.exit_code) == (2, 2)
    assert "YYYY-MM" in wrong.stderr
    assert (watford["night"], watford["seen_on_night"], watford["held_since"]) == ("2026-10-03", 1, "2026-10-03")
    assert (watford["accommodated"], watford["returned_from_settled"]) == (None, None)
    chosen = CliRunner().invoke(
        main,
        [
            "indicators",
            "--month",
            "2026-10",
            "--night",
            "2026-10-09",
            "--population",
            "100000",
            "--new-until-day-seen",
            "--json",
        ],
    )
    told = json.loads(chosen.stdout)
    assert told["settings"]["new_until_day_seen"]
    assert (told["districts"][0]["night"], told["districts"][0]["per_100_000"]["seen"]) == ("2026-10-09", 1.0)
    for night in ("2026-09-30", "soon"):
        assert CliRunner().invoke(main, ["indicators", "--month", "2026-10", "--night", night]).exit_code == 2
    assert (
        "sightings of people whom nobody knew" in CliRunner().invoke(main, ["indicators", "--month", "2026-10"]).stdout
    )


def test_those_whom_no_figure_or_no_map_holds_stand_beside_them(database):
    with database.writing() as session:
        for number, (person_id, cell, state, strangers) in enumerate(
            [
                ("marek", 77, "bedded_down", 2),
                ("bee", None, "bedded_down", 0),
                ("bee", 5, "not_bedded_down", 9),
                (None, 6, "about_to_bed_down", 3),
            ]
        ):
            row = {
                "id": f"c{number}", "state": state, "seen_at": NOW, "recorded_at": NOW, "received_at": NOW,
                "night": date(2026, 10, 3), "worker_id": "aisha", "team_id": "team", "unidentified_people": strangers,
                "cell": cell, "district_id": "watford",
            }  # fmt: skip
            session.execute(insert(contact), [row])
            if person_id:
                meet(session, number, person_id, date(2026, 10, 3), state)
        session.execute(insert(person_verification), [{"person_id": "marek", "verified": True, "reason": "seen"}])

        found = find_coverage(session, "watford", date(2026, 10, 1), date(2026, 10, 31))
        before = find_coverage(session, "watford", date(2026, 9, 1), date(2026, 9, 30))

    assert (found.unidentified, found.without_place, found.not_verified) == (5, 1, 1)
    assert (before.unidentified, before.without_place, before.not_verified) == (0, 0, 0)

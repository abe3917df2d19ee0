"""The command line: an administrator begins with nothing and ends with a phone that can enrol."""

import getpass
import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from server.cli import COMMANDS, main
from server.database.engine import Database
from server.queries.operation import audit
from server.queries.partnership import agreement_texts

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("LANTERN_DATA", str(tmp_path))
    monkeypatch.setenv("LANTERN_DATABASE", database_url)

    def do(*arguments: str, expect: int = 0, typed: str | None = None) -> Result:
        result = CliRunner().invoke(main, list(arguments), input=typed)
        assert result.exit_code == expect, result.output
        return result

    return do


def test_an_empty_server_becomes_one_that_a_phone_can_enrol_with(run) -> None:
    run("district", "add", "--code", "E07000103", "--name", "Watford")
    agency = run("agency", "add", "--name", "New Hope", "--kind", "outreach").output.strip()
    team = run("team", "add", "--agency", agency, "--name", "Outreach", "--district", "E07000103").output.strip()
    aisha = ("--name", "Aisha Noor", "--email", "aisha@example.org", "--agency", agency)
    run("worker", "add", *aisha, "--role", "worker", "--team", team)
    run("worker", "password", "aisha@example.org", typed="three plain words\n")
    assert run("worker", "second-factor", "aisha@example.org").output.startswith("otpauth://totp/")
    assert len(json.loads(run("enrol-code", "aisha@example.org", "--json").output)["code"]) == 39
    assert "In order" in run("health").output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("enrol-code", "nobody@example.org"), "Nobody signs in"),
        (("team", "add", "--agency", "x", "--name", "y", "--district", "Z9"), "no district with code Z9"),
        (("worker", "add", "--name", "A B", "--agency", "x", "--role", "worker"), "no agency"),
        (("worker", "password", "nobody@example.org"), "Nobody signs in"),
    ],
)
def test_what_cannot_be_used_ends_with_two_and_a_sentence(run, arguments: tuple[str, ...], says: str) -> None:
    assert says in run(*arguments, expect=2).output


def test_whatever_a_page_changes_is_changed_here_too(run, database_url: str, tmp_path: Path) -> None:
    """The acts of the pages County, Workers, Agencies, Boundaries, Notices and Who can see what."""
    run("setup", "--agency", "Watford Council", "--name", "Dana Price", "--email", "dana@example.org")
    for sheet, *cells in (
        ("Districts", "Code=E07000103", "Name=Watfrod"),
        ("Agencies", "Name=New Hope", "Kind=outreach", "Mailbox=team@hope.example"),
        ("Teams", "Agency=New Hope", "Name=Nights", "Districts=Watfrod"),
        ("Workers", "E-mail=tom@hope.example", "Name=Tom Brook", "Agency=New Hope", "Roles=worker", "Teams=Nights"),
        ("Workers", "E-mail=priya@example.org", "Name=Priya Shah", "Agency=Watford Council", "Roles=coordinator",
         "Districts=Watfrod", "Trained on=today"),
        *(("Agreements", "Agency=Watford Council", f"Kind={kind}", "Version=1", "Signed by=A", "Signed on=TODAY",
           "Last day=TODAY") for kind in ("terms of reference", "information sharing")),
    ):  # fmt: skip
        today = date.today().isoformat()  # noqa: DTZ011 - agreements are of today, here
        run(
            "county",
            "set",
            sheet,
            "new",
            *(each.replace("TODAY", today).replace("=today", f"={today}") for each in cells),
        )
    run("county", "set", "Districts", "E07000103", "Name=Watford", "Verified only=yes", "Answer in days=5")
    run("county", "set", "Agencies", "New Hope", "Name=New Hope Trust", "Mailbox=-")
    run("county", "set", "Teams", "Nights", "Name=Watford Nights")
    run("county", "set", "Workers", "tom@hope.example", "Trained on=3 November 2026", "Roles=worker; team lead")
    assert "Tom Brook" in run("county", "set", "workers", "Tom Brook", "E-mail=tom.brook@hope.example").output
    run("county", "export", str(tmp_path / "county.json"))
    stands = json.loads((tmp_path / "county.json").read_text())
    (told,) = stands["Districts"]
    assert (told["Name"], told["Verified only"], told["Answer in days"]) == ("Watford", "yes", "5")
    assert {each["Name"] for each in stands["Agencies"]} == {"Watford Council", "New Hope Trust"}
    tom = next(each for each in stands["Workers"] if each["Name"] == "Tom Brook")
    assert (tom["Trained on"], tom["Roles"], tom["Teams"], tom["E-mail"]) == (
        "2026-11-03", "team lead; worker", "Watford Nights", "tom.brook@hope.example",
    )  # fmt: skip
    assert "no day" in run("county", "set", "Workers", "Tom Brook", "Trained on=soon", expect=2).output
    assert "no column Shoe" in run("county", "set", "Workers", "Tom Brook", "Shoe=9", expect=2).output
    assert "called “Nobody”" in run("county", "set", "Workers", "Nobody", "Name=X", expect=2).output
    assert "administer" in run("county", "set", "Workers", "Dana Price", "Active=no", expect=2).output
    again = ("E-mail=tom.brook@hope.example", "Name=Tim", "Agency=New Hope Trust", "Roles=worker")
    assert "in Lantern already" in run("county", "set", "Workers", "new", *again, expect=2).output

    ended = run("county", "end", "Agencies", "New Hope Trust").output
    assert "Active" in ended and "walks" not in ended
    run("county", "export", str(tmp_path / "county.json"))
    stands = json.loads((tmp_path / "county.json").read_text())
    assert [each["Active"] for each in stands["Workers"] if each["Name"] == "Tom Brook"] == ["no"]
    assert [each["Districts"] for each in stands["Teams"]] == [""]
    run("county", "undo", run("county", "list").output.split()[0])
    assert "mail" in run("worker", "invite", "tom.brook@hope.example").output
    assert "coordinator  holds" in run("recipients", "list").output

    terms, word = tmp_path / "terms.pdf", tmp_path / "terms.docx"
    terms.write_bytes(b"%PDF-1.7\nterms of reference\n%%EOF\n")
    word.write_bytes(b"PK\x03\x04 no text that everybody can read")
    text = ("--kind", "terms_of_reference", "--version", "2027")
    priya = ("--as", "priya@example.org")
    assert "Nobody signs in as" in run("agency", "text", str(terms), *text, "--as", "eve@example.org", expect=2).output
    assert run("agency", "text", str(terms), *text, "--as", "tom.brook@hope.example", expect=2).output
    assert run("agency", "text", str(word), *text, *priya, expect=2).output
    run("agency", "text", str(terms), *text, *priya)
    assert "is kept" in run("agency", "text", str(terms), *text, *priya, expect=2).output
    database = Database(database_url)
    with database.reading() as session:
        kept = [(str(each.kind), each.version) for each in agreement_texts.list_texts(session)]
    database.close()
    assert kept == [("terms_of_reference", "2027")]

    file = tmp_path / "releases.csv"
    file.write_text(
        "Type,Name,Prison,Referrer,Telephone\nPrison release,Ian Moss,HMP X,Day,01442 1\nTaxi,Bo,HMP X,Day,01442 1\n"
    )
    told = run("import", "notices", str(file), "--district", "E07000103", "--as", "priya@example.org", expect=1).output
    assert "2 read: 1 taken, 0 known already, 1 not." in told and "row 3: " in told and "wait on the page" in told

    dana = ("--as", "dana@example.org")
    begins = ("--ends", "E07000103", "--begins", "E06000999=South West Herts")
    planned = run("boundaries", "plan", *dana, "--on", "2099-04-01", *begins).output
    assert "Watford ends with 31 March 2099; South West Herts begins on 1 April 2099." in planned
    change = planned.split()[0]
    assert "Watford ends" in run("boundaries", "show", change).output
    assert "Its day has not come" in run("boundaries", "apply", *dana, change, expect=2).output
    run("boundaries", "call-off", *dana, change)
    today_plan = run("boundaries", "plan", *dana, "--on", today, *begins).output.split()[0]
    for _ in range(2):
        run("boundaries", "apply", *dana, today_plan)
    told = run("boundaries", "list").output
    assert f"{change}  2099-04-01  called off" in told and f"{today_plan}  {today}  carried out" in told
    assert "South West Herts" in run("district", "list").output


def test_every_command_has_help(run) -> None:
    for name in main.list_commands(None):  # type: ignore[arg-type]
        assert name in COMMANDS
        assert "Options:" in run(name, "--help").output


def test_an_unusable_setting_is_named(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANTERN_PORT", "eighty")
    assert "LANTERN_PORT" in run("health", expect=2).output


COUNTY = {
    "Districts": [{"Code": "E07000103", "Name": "Watford"}],
    "Agencies": [{"Name": "New Hope", "Kind": "outreach"}, {"Name": "X", "Kind": "bakery"}],
    "Teams": [{"Agency": "New Hope", "Name": "Street team", "Districts": "Watford"}],
    "Workers": [{"E-mail": "dana@example.org", "Name": "Dana Cole", "Agency": "New Hope", "Roles": "administrator"}],
}


def test_a_county_comes_from_one_file_and_goes_out_again(run, tmp_path: Path) -> None:
    file, exported = tmp_path / "county.json", tmp_path / "exported.xlsx"
    file.write_text(json.dumps(COUNTY))

    plan = json.loads(run("county", "plan", str(file), "--json", expect=1).output)
    assert plan["counts"] == {"add": 4, "change": 0, "same": 0, "refuse": 1}
    assert run("worker", "list").output == ""

    said = run("county", "apply", str(file), expect=1).output
    assert "“bakery” is no kind of agency" in said
    assert "Dana Cole" in run("worker", "list").output
    run("county", "export", str(exported))
    assert "same Dana Cole" in run("county", "plan", str(exported)).output

    (batch,) = run("county", "list").output.split()[:1]
    assert "Nobody could administer" in run("county", "undo", batch, expect=2).output
    assert "Name the file .xlsx or .json." in run("county", "export", str(tmp_path / "county.txt"), expect=2).output
    cakes = tmp_path / "cakes.json"
    cakes.write_text('{"Cakes": []}')
    assert "none of the sheets" in run("county", "plan", str(cakes), expect=2).output


def test_a_first_run_asks_three_things_and_ends_with_a_link_that_sets_a_password(run, database_url: str) -> None:
    asked = ("setup", "--agency", "Watford Borough Council", "--name", "Dana Cole", "--email", "dana@example.org")
    assert "is not one e-mail address" in run(*asked[:-1], "dana", expect=2).output
    assert run("worker", "list").output == ""

    assert "/setup/" in run("setup", "--link").output
    assert run("worker", "list").output == ""
    said = run(*asked).output

    assert "/invitations/" in said
    assert "Somebody works with this database already" in run("setup", "--link", expect=2).output
    assert "administrator  Dana Cole" in run("worker", "list").output
    assert "Somebody works with this database already" in run(*asked, expect=2).output


def test_a_password_is_never_taken_from_the_command_line_and_an_easy_one_never(run) -> None:
    agency = run("agency", "add", "--name", "New Hope", "--kind", "outreach").output.strip()
    run(
        "worker",
        "add",
        "--name",
        "Olu Ade",
        "--email",
        "olu@example.org",
        "--agency",
        agency,
        "--role",
        "administrator",
    )
    assert (
        "--password" in run("worker", "password", "olu@example.org", "--password", "three plain words", expect=2).output
    )
    for easy in ("passwordpassword", "lantern demo evening", "olu ade olu ade!"):
        assert (
            "first that somebody would try"
            in run("worker", "password", "olu@example.org", typed=f"{easy}\n", expect=2).output
        )


def test_each_command_that_changes_something_is_in_the_audit_with_who_ran_it(
    run, database_url: str, tmp_path: Path
) -> None:
    run("setup", "--agency", "Watford Council", "--name", "Olu Ade", "--email", "olu@example.org")
    file = tmp_path / "county.json"
    run("county", "export", str(file))
    batch = run("county", "apply", str(file)).output.split("Applied as ")[1].strip()
    run("county", "undo", batch)
    run("retention", "--dry-run")
    run("retention")
    run("keys")
    run("keys", "--rotate")
    places = tmp_path / "places.csv"
    places.write_text("name,lat,lon\nThe Parade,51.6590,-0.3980\n")
    run("import", "gazetteer", str(places))
    run("replay")
    wanted = [
        "set_up", "export_county", "apply_county", "undo_county", "keep_no_longer", "rotate_keys", "import_file",
        "replay_orders",
    ]  # fmt: skip
    if database_url.startswith("sqlite"):
        run("backup", str(tmp_path / "backups"))
        (folder,) = (tmp_path / "backups").iterdir()
        run("restore", str(folder), "--yes")
        wanted.append("restore")
    database = Database(database_url)
    with database.reading() as session:
        lines = [line for line in audit.list_lines(session) if line.purpose.startswith("at the terminal")]
    database.close()
    assert [line.action for line in reversed(lines)] == wanted
    assert {line.purpose for line in lines} == {f"at the terminal, by {getpass.getuser()}"}


def test_what_is_done_at_a_terminal_is_in_the_audit_and_the_audit_is_proven(
    run, database_url: str, tmp_path: Path
) -> None:
    agency = run("agency", "add", "--name", "New Hope", "--kind", "outreach").output.strip()
    run(
        "worker",
        "add",
        "--name",
        "Olu Ade",
        "--email",
        "olu@example.org",
        "--agency",
        agency,
        "--role",
        "administrator",
    )
    run("worker", "password", "olu@example.org", typed="three plain words\n")
    run("worker", "second-factor", "olu@example.org")
    run("worker", "deactivate", "olu@example.org")
    database = Database(database_url)
    with database.reading() as session:
        lines = audit.list_lines(session)
    acts = [line.action for line in reversed(lines)]
    wanted = ["add_agency", "add_worker", "give_password", "give_second_factor", "deactivate_worker"]
    assert [act for act in acts if act in wanted] == wanted
    assert {line.purpose for line in lines if line.action in wanted} == {f"at the terminal, by {getpass.getuser()}"}
    assert "The audit is as it was written" in run("audit", "verify").output
    head = tmp_path / "kept-elsewhere"
    head.write_text(run("audit", "head").output)
    assert run("audit", "verify", "--head", str(head)).exit_code == 0
    with database.writing() as session:
        session.execute(text("DELETE FROM audit WHERE action = 'give_password'"))
    assert "was changed" in run("audit", "verify", expect=1).output
    database.close()


@pytest.mark.parametrize("secret", ["x", "a" * 31])
def test_a_short_secret_is_refused(run, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("LANTERN_SECRET", secret)
    assert "LANTERN_SECRET is shorter than 32" in run("worker", "list", expect=2).output


@pytest.mark.parametrize("proxies", ["*", "everybody", "10.0.0.0/99"])
def test_proxies_are_trusted_by_address_alone(run, monkeypatch: pytest.MonkeyPatch, proxies: str) -> None:
    monkeypatch.setenv("LANTERN_TRUSTED_PROXIES", proxies)
    assert "LANTERN_TRUSTED_PROXIES" in run("health", expect=2).output


def test_the_database_is_for_its_own_user_alone(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANTERN_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("LANTERN_DATABASE")
    run("agency", "list")
    run("audit", "head")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()}
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert modes["lantern.sqlite"] == 0o600
    assert all(mode in {0o600, 0o700} for mode in modes.values()), modes

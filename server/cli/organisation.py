"""`lantern district`, `agency`, `team` and `recipients`: the organisations of a partnership, entered at a terminal."""

from datetime import date
from pathlib import Path

import click

from server.actions.operation.orders import order_mailbox_moved
from server.actions.partnership.agreement_texts import keep_text
from server.cli.caseload import open_door
from server.cli.setting_out import note_act, stop, working
from server.http.services import Services
from server.importers.files import UnusableFile, read_bytes
from server.mail.smtp import is_address
from server.queries.operation import addressees
from server.queries.partnership import agencies, districts
from server.queries.partnership.recipients import list_recipients as list_agreed
from shared.model.agency import Agency, Agreement, Team
from shared.model.codes import AgencyKind, AgreementKind
from shared.model.district import District

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def district() -> None:
    """Districts: the local-authority areas that own an MDT list."""


@district.command("add")
@click.option("--code", required=True, help="The area's code, such as E07000103.")
@click.option("--name", required=True)
@click.option("--verified-only", is_flag=True, help="The MDT list takes verified people only.")
def add_district(code: str, name: str, verified_only: bool) -> None:
    """Add a district; prints its id."""
    with working() as services, services.database.writing() as session:
        new = District(id=services.new_id(), code=code, name=name, verified_only=verified_only)
        districts.add_district(session, new)
        note_act(session, services, "add_district", "district", new.id)
        click.echo(new.id)


@district.command("list")
def list_districts() -> None:
    """List districts: id, code, name."""
    with working() as services, services.database.reading() as session:
        for each in districts.list_districts(session):
            click.echo(f"{each.id}  {each.code}  {each.name}")


@click.group()
def agency() -> None:
    """Agencies, and the agreements without which they see no person."""


@agency.command("add")
@click.option("--name", required=True)
@click.option("--kind", type=click.Choice([kind.value for kind in AgencyKind]), default="other", show_default=True)
def add_agency(name: str, kind: str) -> None:
    """Add an agency; prints its id."""
    with working() as services, services.database.writing() as session:
        new = Agency(id=services.new_id(), name=name, kind=AgencyKind(kind))
        agencies.add_agency(session, new)
        note_act(session, services, "add_agency", "agency", new.id)
        click.echo(new.id)


@agency.command("list")
def list_agencies() -> None:
    """List agencies: id, kind, name."""
    with working() as services, services.database.reading() as session:
        for each in agencies.list_agencies(session):
            click.echo(f"{each.id}  {each.kind}  {each.name}")


@agency.command("mailbox")
@click.argument("agency_id")
@click.argument("address", required=False)
def set_mailbox(agency_id: str, address: str | None) -> None:
    """Write to an agency's shared mailbox from now on; without ADDRESS, to its members."""
    with working() as services, services.database.writing() as session:
        if agencies.find_agency(session, agency_id) is None:
            stop("There is no agency with this id: see `lantern agency list`.")
        if address is not None and not is_address(address):
            stop("This is not one e-mail address.")
        addressees.set_shared_address(session, agency_id, address)
        order_mailbox_moved(session, agency_id, services.clock(), services.new_id())
        note_act(session, services, "set_mailbox", "agency", agency_id)


@agency.command("sign")
@click.argument("agency_id")
@click.option("--kind", type=click.Choice([kind.value for kind in AgreementKind]), required=True)
@click.option("--version", required=True, help="The version that was signed.")
@click.option("--signatory", required=True, help="Who signed.")
@click.option("--signed-on", type=DAY, required=True)
@click.option("--expires-on", type=DAY, required=True)
def sign_agreement(agency_id: str, kind: str, version: str, signatory: str, signed_on: date, expires_on: date) -> None:
    """Record a signed Terms of Reference or Information Sharing Agreement."""
    with working() as services, services.database.writing() as session:
        if agencies.find_agency(session, agency_id) is None:
            stop("There is no agency with this id: see `lantern agency list`.")
        new = Agreement(
            id=services.new_id(),
            agency_id=agency_id,
            kind=AgreementKind(kind),
            version=version,
            signatory=signatory,
            signed_on=_day(signed_on),
            expires_on=_day(expires_on),
        )
        agencies.add_agreement(session, new)
        note_act(session, services, "sign_agreement", "agency", agency_id)


@agency.command("text")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice([kind.value for kind in AgreementKind]), required=True)
@click.option("--version", required=True, help="Its version.")
@click.option("--as", "email", required=True, help="The e-mail address of whoever answers for the agreements.")
def keep_agreement_text(file: Path, kind: str, version: str, email: str) -> None:
    """Keep the text of an agreement (PDF): whoever has not signed is sent it."""
    with working() as services:
        try:
            safe = services.filing.judge(read_bytes(file))
            with open_door(services, email).open() as access:
                keep_text(access, kind, version.strip(), safe)
        except UnusableFile as error:
            stop(str(error))


def _day(moment: date) -> date:
    return date(moment.year, moment.month, moment.day)


@click.group()
def team() -> None:
    """Outreach teams, and the districts they walk."""


@team.command("add")
@click.option("--agency", "agency_id", required=True)
@click.option("--name", required=True)
@click.option("--district", "codes", multiple=True, help="The code of a district that the team walks; repeat for more.")
def add_team(agency_id: str, name: str, codes: tuple[str, ...]) -> None:
    """Add a team; prints its id."""
    with working() as services, services.database.writing() as session:
        walked = districts.by_code(session)
        unknown = [code for code in codes if code not in walked]
        if unknown:
            stop(f"There is no district with code {', '.join(unknown)}: see `lantern district list`.")
        new = Team(
            id=services.new_id(), agency_id=agency_id, name=name, district_ids=tuple(walked[code] for code in codes)
        )
        agencies.add_team(session, new)
        note_act(session, services, "add_team", "team", new.id)
        click.echo(new.id)


@team.command("list")
def list_teams() -> None:
    """List teams: id, name, districts."""
    with working() as services:
        _print_teams(services)


def _print_teams(services: Services) -> None:
    with services.database.reading() as session:
        names = {each.id: each.name for each in districts.list_districts(session)}
        for each in agencies.list_teams(session):
            walked = ", ".join(names[district_id] for district_id in each.district_ids)
            click.echo(f"{each.id}  {each.name}  {walked}")


@click.group()
def recipients() -> None:
    """Who can see what: which agency may hold a role, and who agreed. Two people agree, each signed in: not at a terminal."""


@recipients.command("list")
def list_recipients() -> None:
    """List agency, role, and whether it holds or waits for a voice."""
    with working() as services, services.database.reading() as session:
        for each in list_agreed(session):
            stands = "holds" if each.recipient.holds else "waits"
            click.echo(f"{each.agency_name}  {each.recipient.role}  {stands}  people: {each.people}")

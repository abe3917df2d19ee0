"""`lantern worker`: who signs in and carries phones, entered at a terminal: the first administrator begins here."""

import sys
from datetime import date

import click
from sqlalchemy.orm import Session

from server.actions.operation.invitations import invite, mail_invitation
from server.actions.operation.orders import order_account_untied, order_proof_replaced, order_worker
from server.actions.operation.signin import set_password
from server.actions.partnership.leaving import let_go
from server.actions.partnership.recipients import admit
from server.cli.setting_out import note_act, stop, working
from server.queries.operation import sessions
from server.queries.partnership import agencies, districts, identities, workers
from server.security import totp
from server.security.openid import SUBJECT_LONGEST
from shared.model.codes import Role
from shared.model.worker import Worker, shorten_name


@click.group()
def worker() -> None:
    """Workers: add them, give them a password or a second factor, let them in or keep them out."""


@worker.command("add")
@click.option("--name", required=True, help="The whole name.")
@click.option("--email", help="What they sign in with.")
@click.option("--agency", "agency_id", required=True, help="The id of their agency.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role]))
@click.option("--team", "team_ids", multiple=True, help="The id of a team they walk with; repeat for more.")
@click.option("--district", "codes", multiple=True, help="The code of a district they act for; repeat for more.")
@click.option("--trained-on", type=click.DateTime(["%Y-%m-%d"]), help="When they took data protection training.")
def add_worker(
    name: str,
    email: str | None,
    agency_id: str,
    roles: tuple[str, ...],
    team_ids: tuple[str, ...],
    codes: tuple[str, ...],
    trained_on: date | None,
) -> None:
    """Add a worker; prints their id."""
    with working() as services, services.database.writing() as session:
        if agencies.find_agency(session, agency_id) is None:
            stop("There is no agency with this id: see `lantern agency list`.")
        by_code = districts.by_code(session)
        unknown = [code for code in codes if code not in by_code]
        if unknown:
            stop(f"There is no district with code {', '.join(unknown)}: see `lantern district list`.")
        new = Worker(
            id=services.new_id(),
            name=name,
            short_name=shorten_name(name),
            agency_id=agency_id,
            roles=frozenset(Role(role) for role in roles),
            team_ids=team_ids,
            district_ids=tuple(by_code[code] for code in codes),
            trained_on=date(trained_on.year, trained_on.month, trained_on.day) if trained_on else None,
        )
        workers.add_worker(session, new, email=email, now=services.clock())
        waiting = [
            role for role in sorted(new.roles) if not admit(session, agency_id, role, services.clock(), services.new_id)
        ]
        note_act(session, services, "add_worker", "worker", new.id)
        click.echo(new.id)
    if waiting:
        said = ", ".join(str(role).replace("_", " ") for role in waiting)
        click.echo(f"As {said} they see nothing yet: two agencies must agree, on “Who can see what”.", err=True)


@worker.command("list")
def list_workers() -> None:
    """List workers: id, roles, name."""
    with working() as services, services.database.reading() as session:
        for each in workers.list_workers(session):
            roles = ",".join(sorted(str(role) for role in each.roles))
            click.echo(f"{each.id}  {roles}  {each.name}{'' if each.active else '  (not active)'}")


@worker.command("password")
@click.argument("email")
def give_password(email: str) -> None:
    """Give a worker a password, asked for twice, or one line of standard input. Their sessions end.

    It is never taken from the command line, where every process of the machine could read it.
    """
    asked = sys.stdin.isatty()
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True) if asked else sys.stdin.readline()
    with working() as services, services.database.writing() as session:
        found = workers.find_worker_by_email(session, email)
        if found is None:
            stop("Nobody signs in with this address: see `lantern worker add`.")
        set_password(
            session,
            services.signin.passwords,
            found.id,
            password.rstrip("\r\n"),
            services.clock(),
            known_words=(found.name,),
        )
        note_act(session, services, "give_password", "worker", found.id)
    click.echo("The password is set.")


@worker.command("invite")
@click.argument("email")
def invite_worker(email: str) -> None:
    """Mail somebody a link by which they set their own password and authenticator app. It lives a day and works once."""
    with working() as services, services.database.writing() as session:
        found = workers.find_worker_by_email(session, email)
        if found is None:
            stop("Nobody signs in with this address: see `lantern worker add`.")
        made = invite(session, found, None, services.clock(), services.new_id)
        mail_invitation(session, made, found.agency_id, services.clock(), services.new_id)
        note_act(session, services, "invite_worker", "worker", found.id)
    click.echo("The mail goes out with the next of the server's.")


@worker.command("second-factor")
@click.argument("email")
def give_second_factor(email: str) -> None:
    """Set up an authenticator app for a worker: prints what the app scans. Show it to them alone."""
    with working() as services, services.database.writing() as session:
        found = workers.find_worker_by_email(session, email)
        if found is None or sessions.find_credential(session, found.id) is None:
            stop("Nobody signs in with this address, or they have no password yet.")
        secret = totp.new_secret()
        kept = services.signin.seeds.seal(found.id, secret)
        sessions.set_second_factor(session, found.id, kept, services.clock())
        order_proof_replaced(session, found.id, services.clock())
        note_act(session, services, "give_second_factor", "worker", found.id)
    click.echo(totp.address(secret, email))


@worker.command("link")
@click.argument("email")
@click.option(
    "--subject", required=True, help="What the organisation's sign-in calls them (`sub`), never an e-mail address."
)
def link(email: str, subject: str) -> None:
    """Tie a worker to their account with the organisation (OpenID Connect)."""
    with working() as services, services.database.writing() as session:
        found, issuer = workers.find_worker_by_email(session, email), services.settings.openid.issuer
        if not issuer:
            stop("No organisation's sign-in is set: see LANTERN_OIDC_ISSUER.")
        if found is None:
            stop("Nobody signs in with this address.")
        if not 0 < len(subject) <= SUBJECT_LONGEST or "@" in subject:
            stop("Give the subject of their account, which is no e-mail address.")
        if identities.find_worker_id(session, issuer, subject) not in {None, found.id}:
            stop("This account is tied to another worker: unlink it there first.")
        identities.link(session, issuer, subject, found.id, services.clock())
        note_act(session, services, "link_worker", "worker", found.id)


@worker.command("unlink")
@click.argument("email")
def unlink(email: str) -> None:
    """Untie a worker from their account with the organisation: it signs them in no more, and their sessions end."""
    with working() as services, services.database.writing() as session:
        found = workers.find_worker_by_email(session, email)
        if found is None or not identities.unlink(session, services.settings.openid.issuer, found.id):
            stop("Nobody of this address is tied to an account.")
        sessions.end_sessions_of(session, found.id)
        issuer = services.settings.openid.issuer
        order_account_untied(session, found.id, issuer, services.clock(), services.new_id())
        note_act(session, services, "unlink_worker", "worker", found.id)


@worker.command("deactivate")
@click.argument("email")
def deactivate(email: str) -> None:
    """Keep a worker out: their sessions end at once, their phones are revoked. What they recorded stays."""
    with working() as services, services.database.writing() as session:
        worker_id = _find(session, email)
        phones = let_go(session, worker_id, services.clock(), services.new_id)
        note_act(session, services, "deactivate_worker", "worker", worker_id)
    click.echo(f"They are out. Phones revoked: {phones}.")


@worker.command("activate")
@click.argument("email")
def activate(email: str) -> None:
    """Let a worker in again. Their phones stay revoked: enrol each anew."""
    with working() as services, services.database.writing() as session:
        worker_id = _find(session, email)
        workers.set_active(session, worker_id, True)
        order_worker(session, worker_id, services.clock(), services.new_id())
        note_act(session, services, "activate_worker", "worker", worker_id)


def _find(session: Session, email: str) -> str:
    found = workers.find_worker_by_email(session, email)
    if found is None:
        stop("Nobody signs in with this address.")
    return found.id

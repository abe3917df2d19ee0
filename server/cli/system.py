"""`lantern system`: which programs of partner agencies may read and write by the API."""

import click

from server.actions.partnership import systems as acts
from server.actions.partnership.systems import Wanted, hook_secret, register, renew_secret
from server.cli.setting_out import note_act, stop, working
from server.queries.partnership import systems
from server.queries.partnership.systems import ListedSystem, Scope
from server.queries.partnership.workers import find_worker_by_email

SCOPES = [each.value for each in Scope]


@click.group("system")
def system() -> None:
    """Partners' systems: programs that read and write by the API, as the worker who answers for each."""


@system.command("add")
@click.argument("name")
@click.option(
    "--answers", "email", required=True, help="The e-mail of the worker who answers for it: it may do what they may."
)
@click.option(
    "--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True, help="What it may do; repeat."
)
@click.option("--hook", "hook_url", default="", help="Where it is told of new cases and actions (https).")
def add(name: str, email: str, scopes: tuple[str, ...], hook_url: str) -> None:
    """Let NAME in. Prints its id, its secret, this once, and what its hooks are signed with."""
    with working() as services, services.database.writing() as session:
        worker = find_worker_by_email(session, email)
        if worker is None:
            stop("Nobody signs in with this address.")
        system_id = services.new_id()
        wanted = Wanted(name=name, worker_id=worker.id, scopes=scopes, hook_url=hook_url)
        secret = register(session, wanted, services.settings.hook_hosts, services.clock(), system_id)
        note_act(session, services, "add_system", "partner_system", system_id)
        signing = hook_secret(services.keys.secret, system_id)
    click.echo(f"client_id      {system_id}\nclient_secret  {secret}\nhook secret    {signing}")


@system.command("list")
def list_all() -> None:
    """List systems: id, whose, who answers, what each may do, and how its hooks go."""
    with working() as services, services.database.reading() as session:
        for each in systems.list_systems(session):
            click.echo(f"{each.system.id}  {each.agency_name}: {each.system.name}  {_say(each)}")


def _say(listed: ListedSystem) -> str:
    ended = listed.system.ended_at
    if ended is not None:
        return f"ended {ended:%Y-%m-%d}"
    who = (
        listed.answered_for_by
        if listed.is_answered_for
        else f"NOBODY ANSWERS ({listed.answered_for_by} does not work there)"
    )
    told = f"{'; hooks' if listed.system.hook_url else ''}{f', {listed.waiting} wait' if listed.waiting else ''}"
    failed = f", {listed.failed} failed: {listed.last_error}" if listed.failed else ""
    return f"{who}; {', '.join(listed.system.scopes)}{told}{failed}"


@system.command("secret")
@click.argument("system_id")
def secret(system_id: str) -> None:
    """Give a system another secret, and print it. The one before is good for nothing from now on."""
    with working() as services, services.database.writing() as session:
        fresh = renew_secret(session, system_id, services.clock(), services.new_id())
        note_act(session, services, "renew_system_secret", "partner_system", system_id)
    click.echo(fresh)


@system.command("hook")
@click.argument("system_id")
@click.argument("url", default="")
def hook(system_id: str, url: str) -> None:
    """Tell a system of new cases and actions at URL; without one, no more. Prints what hooks are signed with."""
    with working() as services, services.database.writing() as session:
        acts.set_hook(session, system_id, url, services.settings.hook_hosts, services.clock(), services.new_id())
        note_act(session, services, "set_system_hook", "partner_system", system_id)
        click.echo(hook_secret(services.keys.secret, system_id))


@system.command("end")
@click.argument("system_id")
def end(system_id: str) -> None:
    """Let a system in no more, from now on. What it sent and did stays."""
    with working() as services, services.database.writing() as session:
        acts.end(session, system_id, services.clock(), services.new_id())
        note_act(session, services, "end_system", "partner_system", system_id)

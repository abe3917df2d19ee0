"""`lantern open311 key`: who may send us reports by Open311."""

import click

from server.actions.operation.orders import order_reporting_key_ended
from server.cli.setting_out import note_act, stop, working
from server.queries.referrals import georeport
from server.queries.referrals.georeport import Key
from server.security.tokens import hash_token, new_token


@click.group("open311")
def open311() -> None:
    """Open311: keys of partners' systems that send us reports."""


@open311.command("add-key")
@click.argument("name")
def add_key(name: str) -> None:
    """Give NAME a key; prints it, this once: only its hash is kept."""
    if not name.strip():
        stop("Say whose key it is.")
    token = new_token()
    with working() as services, services.database.writing() as session:
        key = Key(id=services.new_id(), name=name.strip()[:200], made_at=services.clock())
        georeport.add_key(session, key, hash_token(token))
        note_act(session, services, "add_georeport_key", "georeport_key", key.id)
    click.echo(token)


@open311.command("list-keys")
def list_keys() -> None:
    """List keys: id, since when, until when, whose."""
    with working() as services, services.database.reading() as session:
        for each in georeport.list_keys(session):
            until = f"{each.ended_at:%Y-%m-%d}" if each.ended_at else "now"
            click.echo(f"{each.id}  {each.made_at:%Y-%m-%d} to {until}  {each.name}")


@open311.command("end-key")
@click.argument("key_id")
def end_key(key_id: str) -> None:
    """Take a key away. What it sent stays."""
    with working() as services, services.database.writing() as session:
        if not georeport.end_key(session, key_id, services.clock()):
            stop("There is no such key, or it was taken away before.")
        order_reporting_key_ended(session, key_id, services.clock())
        note_act(session, services, "end_georeport_key", "georeport_key", key_id)

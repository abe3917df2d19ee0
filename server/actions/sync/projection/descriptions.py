"""People, sites and referrals as they are shown:

for each field the value that sync's merge shows, conflicts noted for the team.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from server.actions.sync.projection.batch import Batch, team_of
from server.actions.sync.projection.places import Districts, Whereabouts, find_places
from server.actions.sync.validation import read_field
from server.database import bulk
from server.database.positions import lay_flat
from server.queries.sync import store as sync
from server.queries.sync.merged_fields import list_merged_fields
from server.tables.people.person import person
from server.tables.referrals.referral import referral
from server.tables.street.conflict import conflict
from server.tables.street.site import site
from shared.model.person import Person
from shared.model.site import Site
from shared.model.value import Id
from shared.rules.careful import CAREFUL_FIELDS, join_careful
from sync.merge import Field

Fields = Mapping[str, Field]


def project_people(session: Session, batch: Batch) -> None:
    """Show each patched person as they are described now. A person exists from their first patch on."""
    patched = batch.patched.get("person.patched", {})
    merged = list_merged_fields(session, patched)
    rows = [_person_row(each, merged[each], patched[each], batch.received_at) for each in patched if each in merged]
    bulk.upsert(session, person, rows, keep=("created_at", "team_id", "district_id"))
    _note_conflicts(session, "person", merged, batch.received_at)


def project_sites(session: Session, batch: Batch, districts: Districts, crs: str) -> None:
    """Show each patched site as it is described now, with the district it lies in."""
    patched = batch.patched.get("site.patched", {})
    merged = list_merged_fields(session, patched)
    sites = [(each, _read("site.patched", merged[each]), patched[each]) for each in patched if each in merged]
    described = [msgspec.convert({"id": each, **shown}, Site) for each, shown, _ in sites]
    asked = [
        Whereabouts(one.position, None, None, team_id, batch.received_at.date())
        for one, (_, _, team_id) in zip(described, sites, strict=True)
    ]
    places = find_places(session, asked, districts, crs)
    rows = [
        _site_row(one, team_id, place.district_id, batch.received_at)
        for one, (_, _, team_id), place in zip(described, sites, places, strict=True)
    ]
    bulk.upsert(session, site, rows, keep=("created_at", "team_id"))
    _note_conflicts(session, "site", merged, batch.received_at)


def project_referral_fields(session: Session, batch: Batch) -> None:
    """Set the patched fields of referrals that are known here."""
    patched = batch.patched.get("referral.patched", {})
    merged = list_merged_fields(session, patched)
    for each, fields in merged.items():
        shown = _read("referral.patched", fields)
        if "position" in shown:
            shown |= lay_flat(shown.pop("position"))
        if shown:
            session.execute(referral.update().where(referral.c.id == each).values(**shown))
    _note_conflicts(session, "referral", merged, batch.received_at)


def _read(change_type: str, fields: Fields) -> dict[str, Any]:
    """The shown values, typed. A field that only a newer app knows, or a value it alone understands, is left out.

    Of what keeps people safe every side is shown until it is settled.
    """
    shown = {}
    for name, field in fields.items():
        try:
            shown[name] = read_field(change_type, name, bytes(field.shown.value))
            if name in CAREFUL_FIELDS and field.is_conflict:
                shown[name] = join_careful(msgspec.json.decode(head.value) for head in field.heads)
        except (KeyError, msgspec.MsgspecError):
            continue
    return shown


def _person_row(person_id: Id, fields: Fields, team_id: Id | None, now: datetime) -> dict[str, Any]:
    described = Person(id=person_id, **_read("person.patched", fields))
    return {
        **{name: plain(getattr(described, name)) for name in Person.__struct_fields__},
        "team_id": team_id,
        "district_id": None,
        "created_at": now,
        "changed_at": now,
    }


def _site_row(described: Site, team_id: Id | None, district_id: Id | None, now: datetime) -> dict[str, Any]:
    return {
        "id": described.id,
        "name": described.name,
        "kind": plain(described.kind),
        "access_notes": described.access_notes,
        "hazards": described.hazards,
        "in_use": described.in_use,
        **lay_flat(described.position),
        "team_id": team_id,
        "district_id": district_id,
        "created_at": now,
        "changed_at": now,
    }


def plain(value: Any) -> Any:
    """A code as its text; anything else as it is."""
    return getattr(value, "value", value)


def _note_conflicts(session: Session, kind: str, merged: Mapping[Id, Fields], now: datetime) -> None:
    """Say which fields people must be asked about. A field that is settled again is asked about no more.

    It is the question of the team that wrote what is shown: whose change came last would be another after a rebuild.
    """
    bulk.delete_of(session, conflict, "entity_id", merged)
    contested = [
        (entity, name, field)
        for entity, fields in merged.items()
        for name, field in fields.items()
        if field.is_conflict
    ]
    scopes = sync.find_scopes_of_changes(session, {field.shown.id for _, _, field in contested})
    rows = [
        {
            "entity_id": entity,
            "field": name[:64],
            "entity_kind": kind,
            "team_id": team_of(scopes[field.shown.id]),
            "noticed_at": now,
            "heads": _tell_heads(field),
        }
        for entity, name, field in contested
    ]
    bulk.insert_new(session, conflict, rows)


def _tell_heads(field: Field) -> str:
    """Every side of a conflict, the shown one first: its value, its device and the server's stamp for it."""
    heads = [{"change": w.id, "device": w.dev, "eff": w.eff, "value": w.value} for w in field.heads]
    return msgspec.json.encode(heads).decode()

"""From what a worker hands over to the facts and fields that are kept: pure, and strict about limits. Nothing is stored here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from mobile.field.views import ContactDraft, PersonDraft, SiteDraft, VisitDraft
from shared.geo.night import outreach_night
from shared.model.contact import CORRECTABLE_FIELDS, Contact
from shared.model.person import PERSON_FIELDS, Person
from shared.model.position import Position
from shared.model.shift import Visit
from shared.model.site import SITE_FIELDS, Site
from shared.model.value import Id

Struct = TypeVar("Struct")

BYTES_MAX = 60_000
"""A change may weigh 64 KiB on the wire; its envelope needs some of that."""


class DraftRefused(ValueError):
    """A draft breaks a rule. Its text is a sentence to show; what was typed stays on the screen."""


def contact_of(
    draft: ContactDraft,
    *,
    contact_id: Id,
    person_ids: tuple[Id, ...],
    site_id: Id | None,
    position: Position | None,
    now: datetime,
    worker_id: Id,
    team_id: Id,
    shift_id: Id | None,
) -> Contact:
    """The fact that a draft becomes. Raises `DraftRefused`."""
    seen_at = draft.seen_at or now
    return checked(
        Contact(
            id=contact_id,
            state=draft.state,
            seen_at=seen_at,
            recorded_at=now,
            night=outreach_night(seen_at),
            worker_id=worker_id,
            team_id=team_id,
            colleague_ids=draft.colleague_ids,
            shift_id=shift_id,
            person_ids=person_ids,
            unidentified_people=draft.unidentified_people,
            site_id=site_id,
            position=position,
            referral_id=draft.referral_id,
            needs=draft.needs,
            offered=draft.offered,
            given=draft.given,
            safety_needs=draft.safety_needs,
            strengths=draft.strengths,
            next_step=draft.next_step,
            note=draft.note,
        )
    )


def visit_of(
    draft: VisitDraft,
    *,
    visit_id: Id,
    position: Position | None,
    now: datetime,
    worker_id: Id,
    team_id: Id,
    shift_id: Id | None,
) -> Visit:
    """The fact that a stop becomes. Raises `DraftRefused`."""
    return checked(
        Visit(
            id=visit_id,
            shift_id=shift_id,
            team_id=team_id,
            worker_id=worker_id,
            at=now,
            night=outreach_night(now),
            site_id=draft.site_id,
            position=position,
            referral_id=draft.referral_id,
            people_found=draft.people_found,
            bedding_present=draft.bedding_present,
            note=draft.note,
        )
    )


def person_of(draft: PersonDraft, person_id: Id) -> Person:
    """The person that a draft describes. Raises `DraftRefused` for one that says nothing at all."""
    if not (draft.name.strip() or draft.alias.strip() or draft.description.strip()):
        raise DraftRefused("Say what people call them, or how you would know them again.")
    return checked(
        Person(
            id=person_id,
            name=draft.name.strip(),
            alias=draft.alias.strip(),
            description=draft.description.strip(),
            approximate_age_years=draft.approximate_age_years,
            gender=draft.gender,
        )
    )


def site_of(draft: SiteDraft, site_id: Id, position: Position | None) -> Site:
    """The place that a draft describes. Raises `DraftRefused`."""
    return checked(
        Site(
            id=site_id,
            name=draft.name.strip(),
            kind=draft.kind,
            position=draft.position or position,
            access_notes=draft.access_notes,
            hazards=draft.hazards,
        )
    )


def patch_of(entity: Any) -> dict[str, Any]:
    """The fields that a new entity says something with: every one that is not its default, and never nothing."""
    said = msgspec.to_builtins(entity)
    said.pop("id")
    return said or {_first_field(entity): ""}


def _first_field(entity: Any) -> str:
    return "alias" if isinstance(entity, Person) else "name"


def differing(before: Any, fields: Mapping[str, Any], allowed: tuple[str, ...]) -> dict[str, Any]:
    """Those of `fields` that say something else than `before`, as plain values. Raises `DraftRefused` for an unknown field."""
    strange = set(fields) - set(allowed)
    if strange:
        raise DraftRefused(f"There is no {', '.join(sorted(strange))} to change.")
    old = {name: msgspec.to_builtins(getattr(before, name)) for name in fields}
    new = {name: msgspec.to_builtins(value) for name, value in fields.items()}
    different = {name: value for name, value in new.items() if value != old[name]}
    after = read(msgspec.to_builtins(before) | different, type(before))
    return {name: msgspec.to_builtins(getattr(after, name)) for name in different}


def differing_contact(before: Contact, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a correction of this contact would say. A changed time takes its night along."""
    changed = differing(before, fields, CORRECTABLE_FIELDS)
    if "seen_at" in changed and "night" not in changed:
        seen_at = msgspec.convert(changed["seen_at"], datetime)
        changed["night"] = outreach_night(seen_at).isoformat()
    return changed


def differing_person(before: Person, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a patch of this person would set."""
    return differing(before, fields, PERSON_FIELDS)


def differing_site(before: Site, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What a patch of this place would set."""
    return differing(before, fields, SITE_FIELDS)


def checked(value: Struct) -> Struct:
    """The value again, once it has passed its own limits. Raises `DraftRefused` in a worker's words."""
    return read(msgspec.to_builtins(value), type(value))


def read(value: Any, kind: type[Struct]) -> Struct:
    """A value of this kind from plain parts, once they have passed its limits. Raises `DraftRefused`."""
    plain = msgspec.to_builtins(value)
    if len(msgspec.json.encode(plain)) > BYTES_MAX:
        raise DraftRefused("That is more than one record can hold. Shorten it, or split it into two.")
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        raise DraftRefused(_in_plain_words(str(error))) from error


def _in_plain_words(said: str) -> str:
    field = said.partition("`$.")[2].partition("`")[0].partition("[")[0].replace("_", " ")
    if "length <=" in said:
        most = int(said.partition("length <=")[2].split()[0])
        return f"The {field or 'text'} is too long: at most {most:,} characters."
    return f"The {field} does not fit: {said.partition(' - ')[0]}." if field else said

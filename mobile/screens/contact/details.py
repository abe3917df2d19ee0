"""The optional half of the contact: needs, support, what was offered and given, texts; and when they are written down. Pure."""

from typing import Any

import msgspec

from mobile.program.effects import Back, Call, Effect, Home, ask
from mobile.screens.contact.values import (
    ContactScreenState,
    Details,
    DetailTyped,
    FixFound,
    NeedPressed,
    NotePrompted,
    PhrasePressed,
    Refined,
    SupportAnswered,
    Ticked,
)
from shared.model.contact import NeedSeen

QUIET_S = 2
"""Seconds without a press after which a refinement is written."""

Result = tuple[ContactScreenState, tuple[Effect, ...]]


def changed(state: ContactScreenState, **changes: Any) -> ContactScreenState:
    """The state with some fields replaced."""
    return msgspec.structs.replace(state, **changes)


def need_pressed(state: ContactScreenState, event: NeedPressed) -> Result:
    """A need came up, or did not after all."""
    needs = state.details.needs
    if any(one.need == event.need for one in needs):
        kept = tuple(one for one in needs if one.need != event.need)
    else:
        kept = (*needs, NeedSeen(need=event.need))
    return _detail(state, needs=kept), ()


def support_answered(state: ContactScreenState, event: SupportAnswered) -> Result:
    """Whether somebody already helps with it."""
    needs = tuple(
        NeedSeen(need=one.need, receiving_support=event.receiving) if one.need == event.need else one
        for one in state.details.needs
    )
    return _detail(state, needs=needs), ()


def phrase_pressed(state: ContactScreenState, event: PhrasePressed) -> Result:
    """Offered or given, or not after all."""
    phrases: tuple[str, ...] = getattr(state.details, event.field)
    if event.phrase in phrases:
        kept = tuple(phrase for phrase in phrases if phrase != event.phrase)
    else:
        kept = (*phrases, event.phrase)
    return _detail(state, **{event.field: kept}), ()


def detail_typed(state: ContactScreenState, event: DetailTyped) -> Result:
    """Words; a note is looked at for an address or a number."""
    if getattr(state.details, event.field) == event.text:
        return state, ()
    state = _detail(state, **{event.field: event.text})
    if event.field != "note":
        return state, ()
    return state, (ask(lambda phone: phone.note_prompt(event.text), lambda prompt: NotePrompted(prompt=prompt)),)


def _detail(state: ContactScreenState, **changes: Any) -> ContactScreenState:
    return changed(state, details=msgspec.structs.replace(state.details, **changes), quiet_s=0)


def note_prompted(state: ContactScreenState, event: NotePrompted) -> Result:
    """The prompt, or none."""
    return changed(state, ask_about_note=event.prompt is not None), ()


def changed_fields(state: ContactScreenState) -> dict[str, Any]:
    """The details that are not yet on the disk."""
    names = Details.__struct_fields__
    return {name: getattr(state.details, name) for name in names
            if getattr(state.details, name) != getattr(state.kept, name)}  # fmt: skip


def ticked(state: ContactScreenState, _event: Ticked) -> Result:
    """Look for a better fix; after a pause, write down what is not yet on the disk."""
    look = ask(lambda phone: phone.where_am_i(), lambda fix: FixFound(fix=fix))
    if state.contact_id is None or not changed_fields(state):
        return state, (look,)
    quiet = state.quiet_s + 1
    if quiet != QUIET_S:
        return changed(state, quiet_s=quiet), (look,)
    return changed(state, quiet_s=quiet), (look, *keep(state))


def keep(state: ContactScreenState) -> tuple[Call, ...]:
    """Write down what differs from what is on the disk, before the screen shows something else."""
    contact_id, fields = state.contact_id, changed_fields(state)
    if contact_id is None or not fields:
        return ()
    return (ask(lambda phone: phone.refine_contact(contact_id, fields), lambda _: Refined(details=state.details)),)


def refined(state: ContactScreenState, event: Refined) -> Result:
    """It is on the disk: Done may go home now."""
    state = changed(state, kept=event.details, failure=None)
    return state, (leave(state),) if state.leaving else ()


def leave(state: ContactScreenState) -> Effect:
    """Home after a new contact; back to the page it was opened from after a correction."""
    return Back() if state.reopened else Home()

"""The merged fields of many entities at once, from the writes that sync keeps."""

from collections import defaultdict
from collections.abc import Collection

from msgspec import Raw, json
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.sql import Sql
from shared.model.value import Id
from sync import merge
from sync.merge import Field, Write
from sync.wire import Context

_read_context = json.Decoder(Context).decode
_COLUMNS = "entity, field, change_id, eff, device, n, value, ctx, erased"


@beyond_reader
def list_merged_fields(session: Session, entities: Collection[Id]) -> dict[Id, dict[str, Field]]:
    """For each entity its fields, with what is shown and every side of a conflict.

    An entity without writes is left out.
    """
    if not entities:
        return {}
    writes: dict[Id, dict[str, list[Write]]] = defaultdict(lambda: defaultdict(list))
    found = Sql(session).rows(f"select {_COLUMNS} from sync_write where entity in ?*", set(entities))
    for entity, field, change_id, eff, device, n, value, ctx, erased in found:
        write = Write(change_id, eff, device, n, Raw(value), _read_context(ctx), bool(erased))
        writes[entity][field].append(write)
    merged = {
        entity: {name: resolved for name, each in fields.items() if (resolved := merge.resolve(each)) is not None}
        for entity, fields in writes.items()
    }
    return {entity: merged[entity] for entity in entities if entity in merged}

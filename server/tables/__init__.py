"""The server's tables, one noun a file: persistence and migrations only. Importing this package fills the metadata.

A table class never appears in a handler's signature: it would skip validation and leak fields. What travels is a
Struct of `shared.model`; what queries use is the Table beside each class.
"""

from server.tables import (
    agency,
    audit,
    case,
    conference,
    conflict,
    contact,
    device,
    district,
    gazetteer,
    hidden,
    hotspot,
    imports,
    job,
    mail,
    note,
    person,
    priority,
    referral,
    session,
    shift,
    sighting,
    site,
    sync,
    verification,
    worker,
)
from server.tables.columns import metadata

__all__ = [
    "agency",
    "audit",
    "case",
    "conference",
    "conflict",
    "contact",
    "device",
    "district",
    "gazetteer",
    "hidden",
    "hotspot",
    "imports",
    "job",
    "mail",
    "metadata",
    "note",
    "person",
    "priority",
    "referral",
    "session",
    "shift",
    "sighting",
    "site",
    "sync",
    "verification",
    "worker",
]

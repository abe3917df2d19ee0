"""The server's tables, one noun a file: persistence and migrations only. Importing this package fills the metadata.

A table class never appears in a handler's signature: it would skip validation and leak fields. What travels is a
Struct of `shared.model`; what queries use is the Table beside each class.
"""

from server.database.columns import metadata
from server.tables.cases import case, priority
from server.tables.conferences import conference, kept
from server.tables.maps import gazetteer, hotspot, publication, sighting, snapshot
from server.tables.operation import audit, device, draft, job, mail, process, session
from server.tables.partnership import (
    agency,
    boundary_change,
    county,
    district,
    invitation,
    learning,
    recipient,
    service,
    system,
    worker,
)
from server.tables.people import (
    assessment,
    brought_in,
    consent,
    document,
    door,
    equality,
    health,
    hidden,
    identity,
    note,
    offer,
    own_page,
    person,
    person_plan,
    question,
    stay,
    verification,
    wellbeing,
)
from server.tables.referrals import desk, georeport, imports, notice, referral
from server.tables.street import alarm, conflict, contact, duress_sign, leave, look, plan, shift, site
from server.tables.sync import sync

__all__ = [
    "agency",
    "alarm",
    "assessment",
    "audit",
    "boundary_change",
    "brought_in",
    "case",
    "conference",
    "conflict",
    "consent",
    "contact",
    "county",
    "desk",
    "device",
    "district",
    "document",
    "door",
    "draft",
    "duress_sign",
    "equality",
    "gazetteer",
    "georeport",
    "health",
    "hidden",
    "hotspot",
    "identity",
    "imports",
    "invitation",
    "job",
    "kept",
    "learning",
    "leave",
    "look",
    "mail",
    "metadata",
    "note",
    "notice",
    "offer",
    "own_page",
    "person",
    "person_plan",
    "plan",
    "priority",
    "process",
    "publication",
    "question",
    "recipient",
    "referral",
    "service",
    "session",
    "shift",
    "sighting",
    "site",
    "snapshot",
    "stay",
    "sync",
    "system",
    "verification",
    "wellbeing",
    "worker",
]

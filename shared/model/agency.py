"""Organisations, their teams, and the agreements without which they see no person."""

from datetime import date, datetime

from shared.model.codes import AgencyKind, AgreementKind
from shared.model.value import Id, Value


class Agency(Value, frozen=True, kw_only=True):
    """An organisation with a seat at the MDT, or one that does outreach."""

    id: Id
    name: str
    kind: AgencyKind = AgencyKind.OTHER


class Team(Value, frozen=True, kw_only=True):
    """An outreach team and the districts it walks."""

    id: Id
    agency_id: Id
    name: str
    district_ids: tuple[Id, ...] = ()


class Agreement(Value, frozen=True, kw_only=True):
    """A signed Terms of Reference or Information Sharing Agreement. Valid through `expires_on`."""

    id: Id
    agency_id: Id
    kind: AgreementKind
    version: str
    signatory: str
    signed_on: date
    expires_on: date


class AgreementText(Value, frozen=True, kw_only=True):
    """One version of what is signed. Its bytes, a PDF of `size`, stand apart."""

    id: Id
    kind: AgreementKind
    version: str
    size: int
    kept_at: datetime
    kept_by: Id | None = None

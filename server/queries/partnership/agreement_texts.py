"""The texts that agencies sign, by kind and version."""

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from server.tables.partnership.agency import agreement_text
from shared.model.agency import AgreementText
from shared.model.codes import AgreementKind
from shared.model.value import Id

_TOLD = [agreement_text.c[name] for name in AgreementText.__struct_fields__]
_NEWEST_FIRST = select(*_TOLD).order_by(agreement_text.c.kept_at.desc(), agreement_text.c.id)


def add_text(session: Session, new: AgreementText, content: bytes) -> None:
    """Keep a version. Earlier ones stay: somebody signed them."""
    row = {name: getattr(new, name) for name in AgreementText.__struct_fields__}
    session.execute(insert(agreement_text), [row | {"kind": str(new.kind), "content": content}])


def list_texts(session: Session) -> list[AgreementText]:
    """Every version, the newest first."""
    return [
        AgreementText(**{**row, "kind": AgreementKind(row["kind"])})
        for row in session.execute(_NEWEST_FIRST).mappings()
    ]


def list_newest(session: Session) -> list[AgreementText]:
    """The newest version of each kind."""
    found: dict[AgreementKind, AgreementText] = {}
    for each in list_texts(session):
        found.setdefault(each.kind, each)
    return list(found.values())


def find_content(session: Session, text_id: Id) -> bytes | None:
    """The PDF itself."""
    return session.scalar(select(agreement_text.c.content).where(agreement_text.c.id == text_id))

"""The texts of the agreements: kept by whoever answers for them, read by every agency, sent to one that has yet to sign."""

from sqlalchemy.orm import Session

from server.access import Access
from server.problems import Invalid, NotFound
from server.queries.partnership import agreement_texts
from server.security.contents import PDF, Safe
from shared.model.agency import AgreementText
from shared.model.codes import AgreementKind
from shared.model.mail import Mail, MailKind
from shared.model.value import Id
from shared.policy import Act, Subject, SubjectKind
from shared.policy.actor import NEEDED_AGREEMENTS


def keep_text(access: Access, kind: str, version: str, safe: Safe) -> AgreementText:
    """Keep a version of what is signed. Raises Forbidden, and Invalid for what is no PDF, and for a version that is kept."""
    access.require(Act.MANAGE_AGREEMENTS, purpose="agreement text kept", detail=f"{kind} {version}")
    if kind not in {str(each) for each in AgreementKind}:
        raise Invalid("Choose which agreement it is.")
    if not version or len(version) > 40:
        raise Invalid("Give its version, in 40 characters or fewer.")
    if safe.media_type != PDF:
        raise Invalid("Send the text as a PDF.")
    new = AgreementText(
        id=access.new_id(), kind=AgreementKind(kind), version=version, size=len(safe.content), kept_at=access.now,
        kept_by=access.actor.worker_id,
    )  # fmt: skip
    if any((each.kind, each.version) == (new.kind, new.version) for each in agreement_texts.list_texts(access.session)):
        raise Invalid(
            "This version is kept already: somebody may have signed it. Give a changed text a version of its own."
        )
    agreement_texts.add_text(access.session, new, safe.content)
    return new


def read_text(access: Access, text_id: Id) -> tuple[AgreementText, bytes]:
    """A text with its bytes. Raises NotFound, Forbidden."""
    own = Subject(kind=SubjectKind.AGENCY, id=access.actor.agency_id, owner_agency_id=access.actor.agency_id)
    access.require(Act.SEE_AGREEMENTS, own, purpose="agreement text read", detail=text_id)
    found = next((each for each in agreement_texts.list_texts(access.session) if each.id == text_id), None)
    content = agreement_texts.find_content(access.session, text_id)
    if found is None or content is None:
        raise NotFound
    return found, content


def name_of(text: AgreementText) -> str:
    """How a file of it is named."""
    return f"{text.kind}.pdf".replace("_", "-")


def list_enclosed(session: Session, mail: Mail) -> list[tuple[str, bytes]]:
    """What goes with a mail, as (file name, bytes): whoever is asked to sign is sent what they sign."""
    if mail.kind is not MailKind.AGREEMENT_RENEWAL or not mail.facts.count:
        return []
    wanted = sorted(list_wanted(session), key=lambda each: str(each.kind))
    return [(name_of(each), agreement_texts.find_content(session, each.id) or b"") for each in wanted]


def list_wanted(session: Session) -> list[AgreementText]:
    """The newest texts without which nobody is seen."""
    return [each for each in agreement_texts.list_newest(session) if each.kind in NEEDED_AGREEMENTS]

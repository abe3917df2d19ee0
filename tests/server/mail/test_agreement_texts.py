"""The texts of agreements: kept once a version, read by every agency, and sent to whoever has yet to sign them."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from server.actions.partnership.agreement_texts import keep_text
from server.queries.operation import addressees
from server.security.contents import PDF, Safe
from server.tables.partnership.agency import agreement
from tests.conftest import Clock
from tests.server.mail.postbox import Postbox

TERMS = b"%PDF-1.7\nterms of reference\n%%EOF\n"
SHARING = b"%PDF-1.7\ninformation sharing\n%%EOF\n"


def keep(browser: Any, kind: str, version: str, content: bytes) -> Any:
    token = browser.client.cookies["lantern-form"]
    form = {"_csrf_token": token, "text_kind": kind, "text_version": version}
    return browser.client.post(
        "/agreements/texts", data=form, files={"data": ("a.pdf", content)}, follow_redirects=False
    )


def enclosed(postbox: Postbox, address: str) -> list[dict[str, bytes]]:
    """What came with each mail to an address, by file name."""
    return [
        {str(part.get_filename()): part.get_payload(decode=True) for part in message.iter_attachments()}
        for to, message in postbox.kept if to == address
    ]  # fmt: skip


def test_a_new_member_is_sent_the_newest_texts_once_a_version(
    browser: Any, enter: Any, run: Any, postbox: Postbox, watford: Any, clock: Clock
) -> None:
    with watford.writing() as session:
        session.execute(delete(agreement).where(agreement.c.agency_id == "probation"))
    page = browser.sign_in("priya")
    page.get("/agreements")
    for version, content in (("2025", b"%PDF-1.7\nold\n%%EOF\n"), ("2026", TERMS)):
        assert keep(page, "terms_of_reference", version, content).status_code == 303
        clock.advance(minutes=1)
    assert keep(page, "information_sharing", "2026", SHARING).status_code == 303

    def mornings(days: int) -> list[dict[str, bytes]]:
        for _ in range(days):
            clock.advance(days=1)
            run("reminders", "mail")
        return enclosed(postbox, "mdt@probation.example")

    assert mornings(1) == [], "there was nobody to send it to"
    with watford.writing() as session:
        addressees.set_shared_address(session, "probation", "mdt@probation.example")
    both = {"terms-of-reference.pdf": TERMS, "information-sharing.pdf": SHARING}
    assert mornings(3) == [both]
    assert "What is to be signed is attached." in postbox.texts("mdt@probation.example")[0]
    changed = b"%PDF-1.7\nnew\n%%EOF\n"
    with enter("priya", timedelta(days=5)) as access:
        keep_text(access, "information_sharing", "2027", Safe(PDF, changed))
    assert mornings(2) == [both, both | {"information-sharing.pdf": changed}]
    assert {to for to, message in postbox.kept if list(message.iter_attachments())} == {"mdt@probation.example"}


def test_every_agency_reads_a_text_and_only_who_answers_for_them_keeps_one(browser: Any, now: Any) -> None:
    page = browser.sign_in("priya")
    page.get("/agreements")
    for kind, version, content, says in (
        ("x", "1", TERMS, "Choose which agreement"), ("terms_of_reference", "", TERMS, "Give its version"),
        ("terms_of_reference", "x" * 41, TERMS, "Give its version"), ("terms_of_reference", "1", b"", "Choose a file"),
        ("terms_of_reference", "1", b"hello", "Send a JPEG, PNG or WebP picture, or a PDF"),
    ):  # fmt: skip
        refused = keep(page, kind, version, content)
        assert refused.status_code == 422 and says in refused.text, says
    assert keep(page, "terms_of_reference", "1", TERMS).status_code == 303
    again = keep(page, "terms_of_reference", "1", SHARING)
    assert again.status_code == 422 and "This version is kept already" in again.text
    reader = browser.sign_in("ruth")
    listed = reader.get("/agreements").text
    (path,) = [part.split('"')[0] for part in listed.split('href="') if part.startswith("/agreements/texts/")]
    read = reader.client.get(path)
    assert (read.content, read.headers["content-type"]) == (TERMS, "application/pdf")
    assert read.headers["content-disposition"] == 'attachment; filename="terms-of-reference.pdf"'
    assert reader.client.get("/agreements/texts/none", headers={"accept": "text/html"}).status_code == 404
    assert keep(reader, "terms_of_reference", "2", TERMS).status_code == 403

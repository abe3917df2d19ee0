"""A report that comes by e-mail, as somebody wrote it, as a form sent it, and as a colleague forwarded it."""

from email.message import EmailMessage
from typing import Any

import pytest
from click.testing import CliRunner

from server.cli import main
from server.importers.email.parse import parse, read_letter, read_messages
from server.importers.files import Refusal, UnusableFile
from server.importers.inputs import of_bytes
from server.importers.report import Report
from server.importers.sources import guess_source
from tests.server.importers.conftest import READING

SENT = "Wed, 11 Nov 2026 21:15:00 +0000"


def mail(text: str, **headers: str) -> EmailMessage:
    message = EmailMessage()
    given = {
        "From": "Ann Brown <ann@example.org>",
        "Subject": "Somebody outside",
        "Date": SENT,
        "Message-ID": "<1@example.org>",
    }
    for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        message[name] = value
    message.set_content(text)
    return message


def read(message: EmailMessage) -> Report:
    (report,) = read_messages(bytes(message), READING)
    assert isinstance(report, Report), report
    return report


def test_a_letter_is_what_was_seen_and_its_sender_stands_apart() -> None:
    text = (
        "There is a man in the arch near WD17 1EU.\nRed hat.\nCall me on 07700 900123\nAnn Brown\n-- \n"
        "Brown & Sons, 1 High St\n"
    )

    report = read(mail(text))

    assert report.appearance == "Somebody outside\nThere is a man in the arch near WD17 1EU.\nRed hat."
    assert (report.postcode, len(report.guesses)) == ("WD17 1EU", 1)
    assert report.reported_at.isoformat() == "2026-11-11T21:15:00+00:00"
    assert (report.reference, report.source.value) == ("1@example.org", "email")
    assert report.referrer is not None
    assert (report.referrer.name, report.referrer.email) == ("Ann Brown", "ann@example.org")
    kept = str(dict(report.raw))
    for private in ("Ann", "07700", "Sons"):
        assert private not in kept


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("Man bleeding behind Tesco, ring me on 07700 900123", "Man bleeding behind Tesco, ring me on (…)"),
        ("We met him @ the church, covered in blood", "We met him @ the church, covered in blood"),
        ("He is unresponsive, ed@example.org, come now", "He is unresponsive, (…) come now"),
        ("Ed here: he cannot breathe", "(…) here: he cannot breathe"),
        ("Call me: 07700 900123", ""),
        ("Ed, 07700 900123, @ed_of_watford", ""),
    ],
)
def test_a_line_with_a_number_or_a_name_in_it_loses_those_alone(line: str, seen: str) -> None:
    report = read(mail(f"Please help.\n{line}\n", From="Ed <ed@example.org>"))

    assert report.appearance == f"Somebody outside\nPlease help.\n{seen}".strip()
    kept = str(dict(report.raw))
    assert "07700" not in kept and "ed@" not in kept and "@ed_" not in kept


def test_a_letter_whose_subject_says_it_all_says_that() -> None:
    report = read(mail("Ann Brown\n07700 900123\n", Subject="Man asleep by the arch, Ann Brown 07700 900123"))

    assert report.appearance == "Man asleep by the arch, (…) (…)"


def test_a_time_of_no_told_zone_is_utc_also_in_summer() -> None:
    report = read(mail("A man.", Date="Sat, 11 Jul 2026 21:15:00 -0000"))

    assert report.reported_at.isoformat() == "2026-07-11T21:15:00+00:00"


def test_a_form_sent_by_mail_is_read_by_its_lines() -> None:
    text = (
        "Where did you see them?: Doorway of the chemist\nPostcode: WD17 1EU\nTime seen: 9pm\nHow many people: 2\n"
        "Are you worried about them?: no coat\nGender: male\n\nThanks\n"
    )

    report = read(mail(text))

    assert report.place.startswith("Doorway of the chemist")
    assert report.point is None
    assert (report.postcode, report.seen_text, report.people_count) == ("WD17 1EU", "9pm", 2)
    assert (report.concerns, report.gender, report.appearance) == ("no coat", "male", "Somebody outside\nThanks")


def test_a_forwarded_letter_is_that_of_whoever_wrote_it() -> None:
    text = (
        "FYI, one for you. Tom\n\n---------- Forwarded message ---------\nFrom: Bob Lee <bob@example.net>\n"
        "Date: Tue, 10 Nov 2026 at 08:00\nSubject: worried\nTo: <council@example.org>\n\nA woman behind the church.\n"
    )

    report = read(mail(text))

    assert report.appearance == "worried\nA woman behind the church.\n\nWritten with it: FYI, one for you. Tom"
    assert report.referrer is not None
    assert report.referrer.email == "bob@example.net"
    assert report.reported_at.isoformat() == "2026-11-10T08:00:00+00:00"


def test_a_letter_that_is_attached_to_another_is_the_one_that_is_read() -> None:
    inner = mail("Two people by the bridge.", From="Cat Fox <cat@example.net>", Message_ID="<inner@example.net>")
    outer = mail("See attached.")
    outer.add_attachment(inner)

    report = read(outer)

    assert (report.appearance, report.reference) == (
        "Somebody outside\nTwo people by the bridge.\n\nWritten with it: See attached.", "inner@example.net",
    )  # fmt: skip


def test_a_page_is_read_as_its_words_and_attachments_are_told_of() -> None:
    message = mail("")
    message.set_content("<style>p{}</style><p>Blue tent</p><p>by the canal</p>", subtype="html")
    message.add_attachment(b"\xff\xd8", maintype="image", subtype="jpeg", filename="photo.jpg")

    report = read(message)

    assert report.appearance.split("\n") == ["Somebody outside", "Blue tent", "by the canal"]
    assert report.extras["mail_attachments"] == "1, not kept"


@pytest.mark.parametrize("date", ["", "soon", "Wed, 11 Nov 2036 21:15:00 +0000"])
def test_a_letter_without_a_usable_date_is_asked_about(date: str) -> None:
    (refused,) = read_messages(bytes(mail("A man.", Date=date)), READING)

    assert isinstance(refused, Refusal)
    assert "mail_date" in refused.reason or "mail_date" in refused.cells


def test_bytes_that_are_no_letter_are_refused_in_words() -> None:
    with pytest.raises(UnusableFile, match="no e-mail"):
        parse(b"\n\nnothing", READING)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("From", "a@["),
        ("Message-ID", "<a@["),
        ("Message-ID", "<>@"),
        ("From", ",,,<>"),
        ("Subject", "\udcff"),
        ("Date", "0"),
    ],
)
def test_a_damaged_line_at_its_top_costs_a_letter_nothing_else(name: str, written: str) -> None:
    top = {"From": "ann@example.org", "Date": SENT, "Message-ID": "<1@example.org>", name: written}
    said = "".join(f"{each}: {text}\r\n" for each, text in top.items()) + "\r\nA man by the arch.\r\n"
    data = said.encode("utf-8", "surrogateescape")

    assert read_letter(data).text.strip() == "A man by the arch."
    (found,) = read_messages(data, READING)
    if name == "Date":
        assert isinstance(found, Refusal) and found.cells["mail_text"] == "A man by the arch."
    else:
        assert isinstance(found, Report) and found.appearance == "A man by the arch."


def test_a_letter_that_cannot_be_read_at_all_is_refused_in_words() -> None:
    parts = (f"Content-Type: multipart/mixed; boundary=x{at}\r\n\r\n--x{at}\r\n" for at in range(1500))
    data = f"From: ann@example.org\r\nDate: {SENT}\r\n{''.join(parts)}\r\nA man.".encode()

    for understand in (read_letter, lambda found: read_messages(found, READING)):
        with pytest.raises(UnusableFile, match="damaged"):
            understand(data)


def test_a_letter_is_known_by_its_look_and_can_be_piped(
    database_url: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytes(mail("A man by the station."))
    assert guess_source(of_bytes(data)) == "email"
    monkeypatch.setenv("LANTERN_DATABASE", database_url)
    monkeypatch.setenv("LANTERN_DATA", str(tmp_path))

    first = CliRunner().invoke(main, ["import", "referrals", "-"], input=data)
    again = CliRunner().invoke(main, ["import", "referrals", "-"], input=data)

    assert "need information 1" in first.stdout, first.output
    assert "duplicates 1" in again.stdout


def test_who_writes_themselves_is_answered() -> None:
    assert read(mail("A man sleeps in the arch near WD17 1EU.")).contact_consent


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("A man.\nMay we contact you: no\n", {}),
        ("A man.\nMay we contact you: yes\n", {"From": "noreply@council.example"}),
        ("See below.\n\n---------- Forwarded message ---------\nFrom: Bob <bob@example.org>\n\nA man.", {}),
        ("A man.", {"From": "StreetLink <alerts@thestreetlink.org.uk>"}),
        ("A man.", {"From": "noreply@council.example"}),
        ("A man.", {"From": "Web form <forms@council.example>", "Reply-To": "bob@example.org"}),
        ("I am away.", {"Auto-Submitted": "auto-replied"}),
        ("A man.", {"Precedence": "bulk"}),
        ("A man.", {"List-Id": "<street.example>"}),
    ],
)
def test_who_did_not_ask_us_is_not_answered(text: str, headers: dict[str, str]) -> None:
    assert not read(mail(text, **headers)).contact_consent


def test_a_message_that_is_attached_is_nobodys_own_letter() -> None:
    outer = mail("Please see.")
    outer.add_attachment(mail("A man.", From="Bob <bob@example.org>", Message_ID="<2@example.org>"))

    assert not read(outer).contact_consent


def raw(body: bytes, *headers: str) -> list[Report | Refusal]:
    top = ("From: Ann Brown <ann@example.org>", f"Date: {SENT}", "Message-ID: <1@example.org>", *headers)
    return read_messages("\r\n".join(top).encode() + b"\r\n\r\n" + body, READING)


@pytest.mark.parametrize(
    ("body", "encoding", "said"),
    [
        ("Człowiek śpi przy moście".encode(), "", "Człowiek śpi przy moście"),
        ("رجل ينام هنا".encode(), "; charset=us-ascii", "رجل ينام هنا"),
        ("café door – £2".encode("cp1252"), "", "café door – £2"),
        ("café".encode("latin-1"), "; charset=iso-8859-1", "café"),
        ("café".encode(), "; charset=x-unheard-of", "café"),
    ],
)
def test_a_text_is_read_whatever_it_says_of_how_it_is_written(body: bytes, encoding: str, said: str) -> None:
    (report,) = raw(body, f"Content-Type: text/plain{encoding}")
    assert isinstance(report, Report) and report.appearance == said


def test_an_empty_text_beside_a_page_hides_none_of_its_words_nor_does_a_top_without_an_end() -> None:
    message = mail(" \n")
    page = "<html><head><title>t</title><body><table><tr><td>Postcode:</td><td>WD17 1EU</td></tr></table>Blue tent"
    message.add_alternative(page, subtype="html")
    report = read(message)
    assert (report.postcode, report.appearance) == ("WD17 1EU", "Somebody outside\nBlue tent")


QUOTED = (
    "From: Bob Lee <bob@example.net>\nSent: Tuesday, November 10, 2026 8:00 AM\nTo: Ann Brown\nSubject: worried\n\n"
)
BEGUN = "Begin forwarded message:\n\n> From: Bob Lee <bob@example.net>\n> Date: 10 November 2026 at 08:00:00 GMT\n> To: x\n>\n"


@pytest.mark.parametrize("top", [f"{'_' * 32}\n{QUOTED}", QUOTED, BEGUN, f"-----Original Message-----\n{QUOTED}"])
def test_a_letter_that_a_program_forwards_in_its_own_way_is_that_of_whoever_wrote_it(top: str) -> None:
    text = f"He moved to the churchyard.\n\n{top}A woman behind the church. Bob Lee 07700 900123\n"
    report = read(mail(text, Subject="FW: worried"))

    assert report.referrer is not None and report.referrer.email == "bob@example.net"
    assert report.reported_at.isoformat() == "2026-11-10T08:00:00+00:00"
    assert report.appearance.startswith("worried\nA woman behind the church.")
    assert report.appearance.endswith("Written with it: He moved to the churchyard.")
    assert "Bob" not in report.appearance and not report.contact_consent


def test_an_answer_is_that_of_its_sender_and_what_it_answers_stands_with_it() -> None:
    report = read(mail(f"He is by the bridge now.\n\n{QUOTED}A woman behind the church.", Subject="RE: worried"))

    assert report.referrer is not None and report.referrer.email == "ann@example.org"
    assert report.appearance.split("\n")[:2] == ["worried", "He is by the bridge now."]
    assert report.appearance.endswith("Written with it: A woman behind the church.") and report.contact_consent


def test_each_letter_that_is_attached_is_a_report_with_what_was_written_with_them() -> None:
    outer = mail("Two of them, and the second limps.")
    for number in (1, 2):
        outer.add_attachment(mail(f"Person {number}.", From="Cat <cat@example.net>", Message_ID=f"<{number}@inner>"))
    found = read_messages(bytes(outer), READING)

    assert [(each.reference, each.appearance.split("\n")[1]) for each in found if isinstance(each, Report)] == [
        ("1@inner", "Person 1."), ("2@inner", "Person 2."),
    ]  # fmt: skip
    assert all("the second limps" in each.appearance for each in found if isinstance(each, Report))


def test_what_became_of_a_mail_of_ours_is_no_report() -> None:
    body = b"--b\r\n\r\nNo such mailbox\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nThank you.\r\n--b--"
    (refused,) = raw(body, 'Content-Type: multipart/report; boundary="b"')
    assert isinstance(refused, Refusal) and "no report" in refused.reason and "No such mailbox" in refused.raw


def test_a_line_of_a_device_ends_no_letter() -> None:
    assert read(mail("Sent from my iPhone\n\nA man by the arch.")).appearance.endswith("A man by the arch.")


def test_a_letter_in_a_letter_in_a_letter_is_one_report() -> None:
    middle, outer = mail("Passing this on.", Message_ID="<middle@x>"), mail("And I pass it on.")
    middle.add_attachment(mail("A man by the arch.", Message_ID="<inner@x>"))
    outer.add_attachment(middle)
    (found,) = read_messages(bytes(outer), READING)
    assert isinstance(found, Report) and found.reference == "inner@x"


def test_a_mended_cell_is_that_of_its_own_message() -> None:
    outer = mail("Two.")
    for number in (1, 2):
        outer.add_attachment(mail(f"Person {number}.", Message_ID=f"<{number}@inner>"))
    found = read_messages(bytes(outer), READING, {2: {"location": "the bridge"}})
    assert [each.place for each in found if isinstance(each, Report)] == ["", "the bridge"]


def test_neither_who_forwards_nor_who_wrote_first_is_named_in_what_is_read() -> None:
    top = "---------- Forwarded message ---------\nFrom: Bob Lee <bob@example.net>\nSubject: worried\n\n"
    report = read(mail(f"Ann Brown, outreach: Bob Lee rang too.\n\n{top}A man. Ask Ann Brown.", Subject="Fwd: worried"))
    assert "Ann" not in report.appearance and "Bob" not in report.appearance


def test_a_line_of_a_form_that_is_no_cell_keeps_its_heading_and_says_nobodys_name() -> None:
    """Beside the first writer's form the forwarder's own stands; its cells went bare into the text that is kept."""
    top = "---------- Forwarded message ---------\nFrom: Bob Lee <bob@example.net>\nSubject: worried\n\n"
    own = "First name: Zofia\nLast name: Kowalska\nLocation: call Ann Brown 07700 900123 ann@example.org\n\n"
    report = read(
        mail(f"{own}{top}Location: the bridge\nTime seen: 9pm\nTime seen: 10pm\nA man.", Subject="Fwd: worried")
    )
    assert report.place == "the bridge" and "Time seen: 10pm" in report.appearance
    for word in ("Zofia", "Kowalska", "07700", "ann@"):
        assert word not in report.appearance + report.raw["mail_text"]

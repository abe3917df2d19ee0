"""What a scanned picture may say, and that anything else is refused (rule B12)."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.enrolment_link import EnrolmentLink, NotALink, is_link, read_link, write_link

CODE = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ23-4567"
GOOD = "lantern://enrol?server=https%3A%2F%2Flantern.test&code=" + CODE


def test_a_link_says_where_and_one_code_and_nothing_else() -> None:
    link = EnrolmentLink(server="https://lantern.test", code=CODE)
    assert write_link(link) == GOOD
    assert read_link(f"  {GOOD}\n") == link


@given(
    st.from_regex(r"https://[a-z0-9-]{1,20}\.example(:[1-9][0-9]{1,3})?(/[a-z]{1,8}){0,2}", fullmatch=True),
    st.text(string.ascii_uppercase + "234567", min_size=26, max_size=40),
)
def test_every_link_is_read_back_as_it_was_written(server: str, code: str) -> None:
    link = EnrolmentLink(server=server, code=code)
    assert read_link(write_link(link)) == link


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lantern:",
        "https://lantern.test#" + CODE,
        "WIFI:S:Watford;T:WPA;P:secret;;",
        GOOD.replace("lantern://enrol", "lantern://wipe"),
        GOOD.replace("enrol?", "enrol/../x?"),
        GOOD.replace("lantern://enrol", "lantern://aisha@enrol"),
        GOOD + "&server=https%3A%2F%2Fevil.test",
        GOOD + "&pin=123456",
        GOOD + "#later",
        GOOD.replace(CODE, "ABCD"),
        GOOD.replace(CODE, "A" * 65),
        GOOD.replace(CODE, "<b>" + CODE),
        GOOD.replace("https%3A%2F%2Flantern.test", "javascript%3Aalert(1)"),
        GOOD.replace("https%3A%2F%2Flantern.test", "https%3A%2F%2Flantern.test%40evil.test"),
        GOOD.replace("https%3A%2F%2Flantern.test", "https%3A%2F%2Flantern.test%3Fx"),
        GOOD.replace("https%3A%2F%2Flantern.test", "https%3A%2F%2F"),
        GOOD.replace("https%3A%2F%2Flantern.test", "https%3A%2F%2F%5B%3A%3A"),
        GOOD.replace("lantern.test", "l\u0430ntern.test"),
        GOOD.replace("lantern.test", "l%D0%B0ntern.test"),
        GOOD.replace("lantern.test", "lantern.test%00"),
        GOOD + "A" * 400,
    ],
)
def test_anything_else_is_no_link(text: str) -> None:
    with pytest.raises(NotALink):
        read_link(text)


@given(st.text(max_size=120))
def test_no_text_breaks_it(text: str) -> None:
    for tried in (text, "lantern://enrol?" + text):
        try:
            assert read_link(tried).server.startswith("http")
        except NotALink:
            continue


def test_a_text_that_claims_to_be_one_is_known() -> None:
    assert is_link(" Lantern://enrol?x") and not is_link("https://lantern.test")

"""Attachments in the server's store: pieces that are lost, repeated, or wrong."""

from hashlib import sha256

import pytest

from server.queries.sync.blobs import append_blob, begin_blob, delete_blob, find_blob, find_received
from server.security.documents import DocumentKeys
from sync.blobs import BlobRefused
from tests.sync.county import Office

PHOTO = bytes(range(256)) * 4
NAME = sha256(PHOTO).hexdigest()
KEYS = DocumentKeys(b"of this test alone")


def test_an_attachment_arrives_in_pieces_and_goes_on_where_it_stopped(office: Office) -> None:
    assert office.order(begin_blob, NAME, len(PHOTO)) == 0
    assert office.order(append_blob, NAME, 0, PHOTO[:600], KEYS) == 600
    assert office.order(begin_blob, NAME, len(PHOTO)) == 600
    assert office.order(find_blob, NAME, KEYS) is None
    assert office.order(append_blob, NAME, 500, PHOTO[500:], KEYS) == len(PHOTO)
    assert office.order(find_blob, NAME, KEYS) == PHOTO


def test_a_repeated_piece_changes_nothing(office: Office) -> None:
    office.order(begin_blob, NAME, len(PHOTO))
    for _ in range(3):
        assert office.order(append_blob, NAME, 0, PHOTO[:600], KEYS) == 600


def test_bytes_that_are_not_what_the_name_promises_are_thrown_away(office: Office) -> None:
    office.order(begin_blob, NAME, len(PHOTO))
    assert office.order(append_blob, NAME, 0, b"x" * len(PHOTO), KEYS) == 0
    assert office.order(append_blob, NAME, 0, PHOTO, KEYS) == len(PHOTO)
    assert office.order(find_blob, NAME, KEYS) == PHOTO


def test_a_piece_of_an_attachment_that_was_not_begun_is_refused(office: Office) -> None:
    with pytest.raises(BlobRefused):
        office.order(append_blob, NAME, 0, PHOTO, KEYS)
    assert office.order(find_received, NAME) is None


def test_an_attachment_announced_with_another_size_is_refused(office: Office) -> None:
    office.order(begin_blob, NAME, len(PHOTO))
    with pytest.raises(BlobRefused):
        office.order(begin_blob, NAME, 5)


def test_a_deleted_attachment_is_gone(office: Office) -> None:
    office.order(begin_blob, NAME, len(PHOTO))
    office.order(append_blob, NAME, 0, PHOTO, KEYS)
    office.order(delete_blob, NAME)
    assert office.order(find_blob, NAME, KEYS) is None
    assert office.order(find_received, NAME) is None

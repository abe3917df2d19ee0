"""The phone's services over what a phone has: enrolled, with Aisha's PIN set. A module may make its own of it."""

from pathlib import Path

import pytest

from mobile.services.field import FieldService
from tests.mobile.rig import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    made = Rig(tmp_path)
    made.enrol()
    return made


@pytest.fixture
def field(rig: Rig) -> FieldService:
    return rig.field

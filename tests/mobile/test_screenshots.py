"""`make screenshots` takes the phone's pictures, where LANTERN_SCREENSHOTS says; otherwise one is taken, to see that it can."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT


@pytest.mark.screen
@pytest.mark.slow
def test_every_screen_has_its_picture(tmp_path):
    wanted = os.environ.get("LANTERN_SCREENSHOTS", "")
    directory = ROOT / wanted if wanted else tmp_path
    only = [] if wanted else ["--only", "unlock"]
    command = [sys.executable, "-m", "tests.mobile.screenshots", str(directory), *only]
    subprocess.run(command, check=True, cwd=ROOT, timeout=900, capture_output=True)
    pictures = [picture for picture in Path(directory).glob("phone-*.png") if picture.stat().st_size > 2_000]
    assert len(pictures) >= (100 if wanted else 8)

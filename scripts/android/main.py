"""Where Android starts the app. Copied to the top of the staged tree by `stage.py`; python-for-android asks for this name."""

import os
import sys
from pathlib import Path

from mobile.__main__ import open_app
from mobile.device.android_window import ask_for_permissions, keep_off_screenshots

os.environ["KIVY_NO_FILELOG"] = "1"  # rule B8: no log file beside the store
os.environ["KIVY_NO_ARGS"] = "1"

keep_off_screenshots()
ask_for_permissions()
sys.exit(open_app(Path(os.environ["ANDROID_PRIVATE"]) / "lantern"))

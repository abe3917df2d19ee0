"""Where Android starts the service of a shift (`buildozer.spec`). Copied to the top of the staged tree by `stage.py`."""

import os

from mobile.device.android_guard import run_service

run_service(os.environ.get("PYTHON_SERVICE_ARGUMENT", ""))

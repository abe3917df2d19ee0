"""Sets up Kivy for a machine with no screen. Must run before anything imports Kivy, hence apart and free of imports of ours."""

import os
import tempfile

WIDTH, HEIGHT = 412, 892


def prepare(width: int = WIDTH, height: int = HEIGHT) -> None:
    """Fixed density, no config file, no log file, no window system, no input providers of its own."""
    os.environ.setdefault("KIVY_NO_ARGS", "1")
    os.environ.setdefault("KIVY_NO_CONFIG", "1")
    os.environ.setdefault("KIVY_LOG_MODE", "PYTHON")
    os.environ.setdefault("KIVY_NO_FILELOG", "1")
    os.environ.setdefault("KIVY_METRICS_DENSITY", "1")
    os.environ.setdefault("KIVY_CLIPBOARD", "dummy")
    os.environ.setdefault("KIVY_HOME", tempfile.mkdtemp(prefix="lantern-kivy-"))
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    from kivy.config import Config

    Config.set("graphics", "width", str(width))
    Config.set("graphics", "height", str(height))
    Config.set("graphics", "multisamples", "0")
    Config.set("graphics", "maxfps", "0")
    for name, _ in Config.items("input"):
        Config.remove_option("input", name)

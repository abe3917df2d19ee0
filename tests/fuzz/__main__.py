"""Fuzzes one target for some seconds, led by which lines of ours its inputs reach: `python -m tests.fuzz NAME [SECONDS]`.

It begins from the small corpus in the tree and keeps what it finds in a folder of its own. A fault ends it with 1 and the input
that showed it, which belongs into the corpus once it is mended. Needs atheris, which there is for Linux on x86-64.
"""

import sys
import tempfile
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
SECONDS = 60
LONGEST_INPUT, LONGEST_ONE_S = 4096, 20


def main() -> None:
    """Fuzz; never returns."""
    import atheris

    atheris.enabled_hooks.add("str")  # what a comparison of texts would have wanted
    with atheris.instrument_imports(include=["server.importers", "server.actions.sync", "shared", "sync"]):
        from tests.fuzz.targets import TARGETS
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in TARGETS:
        sys.exit(f"Say what to fuzz: {', '.join(TARGETS)}.")
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else SECONDS
    found = tempfile.mkdtemp(prefix=f"lantern-fuzz-{name}-")
    limits = [
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST_INPUT}",
        f"-timeout={LONGEST_ONE_S}",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={found}/", found, str(CORPUS / name)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()

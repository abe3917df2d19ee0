"""`python -m tests.mobile.serve DIR`: the real server in a process of its own, until its input closes. Prints its
address and two codes.
"""

import json
import sys
from pathlib import Path

from tests.mobile.real_server import running


def main() -> int:
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    with running(directory) as server:
        codes = [server.code_for(server.cast.aisha), server.code_for(server.cast.dean)]
        told = {"url": server.url, "codes": codes, "database": str(directory / "server.db")}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())

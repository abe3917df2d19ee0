"""`python -m server.cli`: the command `lantern`, where its script is not on the path."""

from server.cli import main

if __name__ == "__main__":
    main(prog_name="lantern")

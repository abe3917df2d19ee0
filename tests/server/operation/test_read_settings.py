"""A setting that cannot be used ends the command with a sentence that names it; one without a value is as one that is not set."""

import pytest
from click.testing import CliRunner

from server.cli import main
from server.settings import read_settings


@pytest.mark.parametrize("zone", ["Europe/Lundon", "../etc/passwd", "London\0"])
def test_a_time_zone_that_is_none_is_refused_by_name(zone: str) -> None:
    """Every job, the alarms' too, would have failed at each of its runs."""
    with pytest.raises(ValueError, match="LANTERN_TIMEZONE"):
        read_settings({"LANTERN_TIMEZONE": zone})


def test_a_line_without_a_value_sets_nothing() -> None:
    """`LANTERN_DATA=` put keys and ledger into whatever folder the command was called in."""
    names = ("DATA", "TIMEZONE", "CRS", "HOST", "PORT", "LOG", "SMTP_SECURITY", "IMAP_FOLDER", "ALARM_STEPS")
    assert read_settings({f"LANTERN_{name}": "" for name in names}) == read_settings({})
    assert read_settings({"LANTERN_TRUSTED_PROXIES": ""}).trusted_proxies == ""


def test_a_blank_behind_a_value_is_none_of_it_whoever_reads_the_file() -> None:
    """systemd strips it and the wrapper does not: a command would have made a second folder of keys, or known another secret."""
    read = read_settings({"LANTERN_DATA": "/var/lib/lantern \r", "LANTERN_SECRET": f"{'x' * 40} "})
    assert (str(read.data), read.secret) == ("/var/lib/lantern", "x" * 40)


@pytest.mark.parametrize("crs", ["EPSG:4326", "Mercator"])
def test_nothing_is_served_in_a_projection_that_is_not_in_metres(
    crs: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    """Whatever phones recorded would have lain in no square, and nobody would have been told."""
    monkeypatch.setenv("LANTERN_DATA", str(tmp_path))
    monkeypatch.setenv("LANTERN_CRS", crs)
    done = CliRunner().invoke(main, ["serve"])
    assert (done.exit_code, "LANTERN_CRS" in done.output) == (2, True)

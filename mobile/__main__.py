"""`python -m mobile`: the app; with a command, the same phone without a screen. A composition root: it reads the
clock.

    python -m mobile [--data DIR] [--link LINK]                     opens the app, at an enrolment page's link
    python -m mobile shift --server URL --code CODE --data DIR --script FILE.json [--offline]
    python -m mobile enrol --server URL --code CODE --data DIR      enrols this phone
    python -m mobile sync  --data DIR                               unlocks and syncs once
    python -m mobile status --data DIR                              what is unsent, and where the phone stands

Answers are one JSON object on standard output. Exit codes: 0 done, 1 done but something was refused or is unsent, 2
unusable input.
"""

import argparse
import json
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from mobile.composition import build_field_service
from mobile.device import platform
from mobile.field.service import FieldService
from mobile.headless import player
from mobile.headless.player import Player, Switches
from mobile.headless.script import DEFAULT_PIN, Script, read_script
from mobile.headless.world import CuttableNetwork, ScriptedLocation, SettableClock
from mobile.store.rows import to_ms

DONE, REFUSED, UNUSABLE = 0, 1, 2
BUILT_IN_MAP = Path(__file__).resolve().parent.parent / "map"
"""Where `scripts/android/stage.py --map` puts the operator's map; absent in the source tree."""

PHONE_WIDTH, PHONE_HEIGHT = 412, 892
"""On a desktop the window is as large as a phone's glass, in pixels."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    if options.command is None:
        return open_app(options.data, options.link)
    try:
        script = _script(options)
    except (OSError, msgspec.MsgspecError) as error:
        sys.stderr.write(f"The script cannot be used: {error}\n")
        return UNUSABLE
    return _run(options, script)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mobile", description="Lantern's field app, with or without a screen."
    )
    data = Path(os.environ.get("LANTERN_PHONE", ".lantern/phone"))
    parser.add_argument(
        "--data", type=Path, default=data, help="where the phone keeps its files (default: %(default)s)"
    )
    parser.add_argument("--link", default="", help="an enrolment link, as a phone's camera would hand it over")
    commands = parser.add_subparsers(dest="command")
    for name, says in (
        ("shift", "play a scripted shift"),
        ("enrol", "enrol this phone"),
        ("sync", "unlock and sync once"),
        ("status", "say what is unsent"),
    ):
        command = commands.add_parser(name, help=says, description=says)
        command.add_argument("--data", type=Path, default=argparse.SUPPRESS, help="where the phone keeps its files")
        command.add_argument("--pin", default="", help="the PIN (default: the script's, else %(default)r)")
        if name in ("shift", "enrol"):
            command.add_argument("--server", default="", help="the server's address")
            command.add_argument("--code", default="", help="a one-time code")
            command.add_argument("--label", default="Phone", help="what the server's pages call this phone")
        if name == "shift":
            command.add_argument("--script", type=Path, help="a JSON file of steps")
            command.add_argument("--offline", action="store_true", help="after enrolling, play without a network")
    return parser


def _script(options: argparse.Namespace) -> Script:
    path: Path | None = getattr(options, "script", None)
    return Script(steps=()) if path is None else read_script(path.read_bytes())


def open_app(data: Path, link: str = "") -> int:
    """Open the window. Kivy is imported here and nowhere before: it would read our arguments and write a log of its own."""
    os.environ |= {"KIVY_NO_ARGS": "1", "KIVY_NO_FILELOG": "1", "KIVY_LOG_MODE": "PYTHON"}
    from kivy.config import Config

    if not platform.is_android():
        Config.set("graphics", "width", PHONE_WIDTH)
        Config.set("graphics", "height", PHONE_HEIGHT)
    from mobile.app import LanternApp
    from mobile.device.map_pack import MapPack

    service = build_field_service(data, lambda: datetime.now(UTC))
    service.start()
    try:
        app = LanternApp(
            service=service,
            cues=platform.cues(),
            map_source=MapPack(data / "map", BUILT_IN_MAP),
            links=platform.links(link),
            outside=platform.outside(),
            camera=platform.camera(),
            alarm=platform.alarm(),
            guard=platform.guard(data),
        )
        platform.on_screen_off(app.screen_went_off)
        app.run()
    finally:
        service.close()
    return DONE


def _run(options: argparse.Namespace, script: Script) -> int:
    """A command on a phone without a screen."""
    clock, network, location = SettableClock(lambda: datetime.now(UTC)), CuttableNetwork(), ScriptedLocation()
    label = getattr(options, "label", "Phone")
    field = build_field_service(options.data, clock.now, location, label, network, mends_clock=False)
    field.listen()
    switches = Switches(
        set_clock=clock.set,
        set_online=lambda is_online: setattr(network, "is_online", is_online),
        fix=location.fix,
        now_ms=lambda: to_ms(clock.now()),
    )
    try:
        told, code = _perform(options, script, field, switches)
    finally:
        field.close()
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    return code


def _perform(
    options: argparse.Namespace, script: Script, field: FieldService, switches: Switches
) -> tuple[dict[str, Any], int]:
    pin = options.pin or script.pin or DEFAULT_PIN
    told: dict[str, Any] = {"phone": _open_phone(options, field, pin)}
    if not told["phone"]["unlocked"]:
        return told, UNUSABLE if options.command != "status" else DONE
    if options.command == "shift":
        told |= _play(options, script, field, switches, pin)
    elif options.command == "sync":
        told["sync"] = player.say_sync(field.sync_once())
    told |= _stand(field)
    refused = any("error" in step for step in told.get("steps", ()))
    return told, REFUSED if refused or (told["unsent"] and options.command in ("shift", "sync")) else DONE


def _open_phone(options: argparse.Namespace, field: FieldService, pin: str) -> dict[str, Any]:
    """Enrol when a code is given and the phone is new; else unlock."""
    code = getattr(options, "code", "")
    if code and not field.is_enrolled:
        enrolled = field.enrol(code, options.server, pin)
        said: dict[str, Any] = msgspec.to_builtins(enrolled)
        return {"unlocked": enrolled.enrolled} | said
    answer = field.unlock(pin)
    return {"unlocked": answer.is_unlocked, "state": str(answer.state), "message": answer.message}


def _play(
    options: argparse.Namespace, script: Script, field: FieldService, switches: Switches, pin: str
) -> dict[str, Any]:
    """A first sync, the steps, and a last sync, unless the shift is played offline."""
    told: dict[str, Any] = {}
    if options.offline:
        switches.set_online(False)
    else:
        told["first_sync"] = player.say_sync(field.sync_once())
    told["steps"] = Player(field, switches, pin).play(script)
    if not options.offline:
        switches.set_online(True)
        told["last_sync"] = player.say_sync(field.sync_once())
    return told


def _stand(field: FieldService) -> dict[str, Any]:
    """Where the phone stands at the end."""
    if field.lock_state != "unlocked":
        return {"unsent": field.unsent(), "state": str(field.lock_state)}
    return player.tell(field) | {"state": str(field.lock_state)}


if __name__ == "__main__":
    sys.exit(main())

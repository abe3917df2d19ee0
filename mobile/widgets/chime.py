"""Two short sounds, made rather than recorded: a rising pair for saved, a low one for refused."""

import math
import struct
import wave
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

RATE_HZ = 22_050
NOTES: dict[str, tuple[tuple[float, float], ...]] = {
    "saved": ((523.25, 0.08), (783.99, 0.12)),
    "refused": ((196.0, 0.25),),
}
"""Name -> (frequency in hertz, length in seconds) one after another."""


def samples(name: str) -> bytes:
    """The sound as a WAV file's bytes: 16 bit, mono."""
    frames = bytearray()
    for frequency, length_s in NOTES.get(name, NOTES["saved"]):
        count = int(length_s * RATE_HZ)
        for index in range(count):
            fade = min(1.0, index / 200, (count - index) / 600)
            frames += struct.pack("<h", int(9_000 * fade * math.sin(2 * math.pi * frequency * index / RATE_HZ)))
    whole = BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(bytes(frames))
    return whole.getvalue()


@cache
def _loaded(name: str) -> Any:
    from kivy.core.audio import SoundLoader

    file = Path(mkdtemp(prefix="lantern-sound-")) / f"{name}.wav"
    file.write_bytes(samples(name))
    return SoundLoader.load(str(file))


def play(name: str) -> None:
    """Play it once, where the phone can."""
    sound = _loaded(name)
    if sound is not None:
        sound.play()

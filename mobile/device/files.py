"""Writing a small file so that a power cut leaves either the old one or the new one whole. Knows nothing of what is
in it.
"""

import os
from pathlib import Path


def write_durably(path: Path, content: bytes) -> None:
    """Replace `path` with `content`; on the disk when it returns. Readable by its owner only. Raises OSError."""
    partial = path.with_name(path.name + ".part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        _write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    partial.replace(path)
    sync_directory(path.parent)


def append(path: Path, content: bytes) -> None:
    """Add `content` at the end of `path`: safe from a kill when it returns, from a power cut after `flush`. Raises OSError."""
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        _write_all(descriptor, content)
    finally:
        os.close(descriptor)
    if is_new:
        sync_directory(path.parent)


def cut(path: Path, length: int) -> None:
    """Take off whatever lies behind `length` bytes. A file that is shorter, or not there, stays as it is. Raises OSError."""
    try:
        is_longer = path.stat().st_size > length
    except FileNotFoundError:
        return
    if is_longer:
        os.truncate(path, length)


def flush(path: Path) -> None:
    """Put what was appended on the disk. A file that is not there needs nothing."""
    if not path.exists():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(directory: Path) -> None:
    """Make a new or renamed file's name durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]

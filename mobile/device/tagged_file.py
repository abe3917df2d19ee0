"""A file and, beside it, the tag by which the server knows it. Nothing of it is secret: it needs no key."""

from pathlib import Path


class TaggedFile:
    """One such file in a folder of its own."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._tag = file.with_suffix(".etag")

    @property
    def has_tag(self) -> bool:
        """Did a tag ever come with it?"""
        return self._tag.exists()

    def find_tag(self) -> str:
        """The tag of what is here; nothing when either is missing."""
        try:
            return self._tag.read_text("ascii").strip() if self.file.is_file() else ""
        except (OSError, UnicodeDecodeError):
            return ""

    def write(self, body: bytes, tag: str) -> None:
        """A tag is emptied before the file comes and names it after: whenever this is cut, the file is asked for again. Raises
        OSError, or ValueError for a tag that is none."""
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._tag.write_text("", "ascii")
        fresh = self.file.with_name(f"{self.file.name}.new")
        fresh.write_bytes(body)
        fresh.replace(self.file)
        self._tag.write_text(tag, "ascii")

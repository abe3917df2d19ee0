"""The guides of `docs/use` as pages: Markdown in, HTML in GOV.UK's classes out. Nothing but our own files is ever read here."""

from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from msgspec import Struct

from shared.model.codes import Role

PACKAGE: Final = Path(__file__).resolve().parent.parent.parent
CLASSES: Final = {
    "h1": "govuk-heading-l",
    "h2": "govuk-heading-m",
    "h3": "govuk-heading-s",
    "p": "govuk-body",
    "ul": "govuk-list govuk-list--bullet",
    "ol": "govuk-list govuk-list--number",
    "table": "govuk-table",
    "thead": "govuk-table__head",
    "tbody": "govuk-table__body",
    "tr": "govuk-table__row",
    "th": "govuk-table__header",
    "td": "govuk-table__cell",
    "a": "govuk-link",
}
GUIDES: Final = {
    "worker": "use/worker.md",
    "lead": "use/lead.md",
    "coordinator": "use/coordinator.md",
    "partner": "use/partner.md",
    "commissioner": "use/commissioner.md",
    "administrator": "use/administrator.md",
    "case-conference": "case-conference.md",
    "first-monday": "start.md",
}
"""Every guide by its address, in the order of the list."""
OF_ROLE: Final = {
    Role.WORKER: "worker",
    Role.TEAM_LEAD: "lead",
    Role.COORDINATOR: "coordinator",
    Role.AGENCY_MEMBER: "partner",
    Role.COMMISSIONER: "commissioner",
    Role.ADMINISTRATOR: "administrator",
}


class Guide(Struct, frozen=True):
    """A guide ready to be put on a page."""

    name: str
    title: str
    body: Markup
    pictures: frozenset[str]


def find_documents() -> Path:
    """Where the guides are: inside the installed package, else in the tree."""
    installed = PACKAGE / "docs"
    return installed if installed.is_dir() else PACKAGE.parent / "docs"


@cache
def read_guide(name: str) -> Guide:
    """Raises KeyError for a name that is no guide's."""
    path = PurePosixPath(GUIDES[name])
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse((find_documents() / path).read_text())
    pictures: set[str] = set()
    for token in [each for outer in tokens for each in (outer, *(outer.children or ()))]:
        if token.nesting >= 0 and token.tag in CLASSES:
            token.attrJoin("class", CLASSES[token.tag])
        if token.type == "image":
            picture = PurePosixPath(str(token.attrs["src"])).name
            pictures.add(picture)
            token.attrs |= {"src": f"/help/pictures/{picture}", "class": "lantern-guide__picture", "loading": "lazy"}
    for outer in tokens:
        outer.children = _lead_within(outer.children, path.parent) if outer.children else outer.children
    title = next(tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open")
    body = Markup(markdown.renderer.render(tokens, markdown.options, {}))
    return Guide(name, title, body, frozenset(pictures))


def picture_path(name: str) -> Path | None:
    """Where a picture of a guide lies; None for what no guide shows."""
    shown = {each for guide in GUIDES for each in read_guide(guide).pictures}
    return find_documents() / "screenshots" / name if name in shown else None


def order_guides(roles: frozenset[Role]) -> tuple[list[Guide], list[Guide]]:
    """The guides of these roles, and all others."""
    own = {OF_ROLE[role] for role in roles if role in OF_ROLE}
    every = [read_guide(name) for name in GUIDES]
    return [each for each in every if each.name in own], [each for each in every if each.name not in own]


def _lead_within(children: list[Token], folder: PurePosixPath) -> list[Token]:
    """Links between guides lead to their pages; what is no guide (how to operate, decisions) stays as words."""
    kept, open_link = [], False
    for token in children:
        if token.type == "link_open":
            address = _address_of(str(token.attrs["href"]), folder)
            open_link = address is not None
            if address is None:
                continue
            token.attrs["href"] = address
        if token.type == "link_close" and not open_link:
            continue
        kept.append(token)
    return kept


def _address_of(link: str, folder: PurePosixPath) -> str | None:
    target, _, part = link.partition("#")
    steps: list[str] = []
    for step in (folder / target).parts:
        if step == "..":
            steps.pop()
        else:
            steps.append(step)
    found = next((name for name, path in GUIDES.items() if path == "/".join(steps)), None)
    return f"/help/{found}" if found and not part else None

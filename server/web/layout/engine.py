"""The one Jinja environment of all pages: where templates are found, and which words and dates they may speak.

Pages are rendered in the handler's own thread, so that a long list never holds up the event loop. No handler lives here.
"""

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from server.web.layout import assets, words
from server.web.layout.navigation import Waiting, navigation_of
from shared.model.codes import Role

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


class AskedFor(StrictUndefined):
    """A name that nobody gave: asking whether it is there is fine (GOV.UK's macros do), writing it on a page is a fault."""

    def __bool__(self) -> bool:  # type: ignore[override]
        return False


@cache
def environment() -> Environment:
    """Returns the environment: everything escaped, undefined names fail loudly in our templates."""
    loader = ChoiceLoader(
        [
            FileSystemLoader(TEMPLATES),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    made = Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=AskedFor, auto_reload=False
    )
    made.filters.update(words.FILTERS)
    made.globals["asset"] = assets.asset_url
    return made


@lru_cache(maxsize=1024)
def navigation(roles: frozenset[Role], section: str, waiting: tuple[Waiting, ...] = ()) -> Markup:
    """Returns the navigation of everybody with these roles, in this section, where so many wait: rendered once for each."""
    entries, more = navigation_of(roles, section, waiting)
    return Markup(environment().get_template("layout/navigation.html").render(entries=entries, more=more))


def render(template: str, context: dict[str, Any]) -> str:
    """Returns the page's text. Raises jinja2's errors: a broken template is our fault, not the reader's."""
    return environment().get_template(template).render(context)

"""What a place is called: its name, or what kind of place it is in the worker's own language."""

from mobile.field.views import SiteCard
from mobile.text import Catalogue
from shared.model.codes import SiteKind

KIND_OF = {str(kind).replace("_", " "): kind for kind in SiteKind} | {"place without a name": SiteKind.UNKNOWN}


def say_place(words: Catalogue, name: str) -> str:
    """A place as a list names it; of one without a name the services say the kind, in English."""
    kind = KIND_OF.get(name.casefold())
    return name if kind is None else words.say_code("site_kind", kind)


def say_site(words: Catalogue, site: SiteCard) -> str:
    """The same of a place on a card."""
    return say_place(words, site.name) or words.say_code("site_kind", site.kind)

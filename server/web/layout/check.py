"""The page before something that cannot be taken back: what will happen, in rows, and one press that does just that."""

from collections.abc import Mapping, Sequence

from litestar import Response

from server.web.layout.forms import Errors
from server.web.layout.page import AnyRequest, page
from shared.model.value import Value
from shared.model.worker import Worker


class Check(Value, frozen=True, kw_only=True):
    """What is asked: `rows` are what will happen and to whom, `fields` what the press sends, `back` where nothing is done."""

    rows: Sequence[tuple[str, str]]
    action: str
    press: str
    fields: Mapping[str, str]
    back: str
    lead: str = ""
    warning: str = ""
    classes: str = ""
    otherwise: str = "Go back and change it"


def ask(
    request: AnyRequest, check: Check, *, title: str, section: str, worker: Worker, errors: Errors | None = None
) -> Response[str]:
    """Returns the page that asks; with `errors` where what was checked is no longer so."""
    return page(
        request, "layout/check.html", title=title, section=section, worker=worker, check=check, errors=errors or {},
        status=422 if errors else 200,
    )  # fmt: skip

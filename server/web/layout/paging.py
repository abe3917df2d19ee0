"""The pages of a long list, numbered as GOV.UK numbers them: the first, the last, this one and its neighbours, dots between."""

from collections.abc import Callable

from shared.model.value import Value


class PageLink(Value, frozen=True, kw_only=True):
    """A page by its number; without a path it stands for those left out."""

    number: int = 0
    path: str = ""
    is_current: bool = False


class Paging(Value, frozen=True, kw_only=True):
    """What leads from one page of a list to the others."""

    previous: str
    next: str
    links: tuple[PageLink, ...]


def make_paging(current: int, pages: int, path: Callable[[int], str]) -> Paging | None:
    """The links of one page of `pages`; None where there is only one."""
    if pages < 2:
        return None
    shown = sorted({1, pages, *range(max(1, current - 1), min(pages, current + 1) + 1)})
    links: list[PageLink] = []
    for number in shown:
        if links and number - links[-1].number > 1:
            links.append(PageLink())
        links.append(PageLink(number=number, path=path(number), is_current=number == current))
    return Paging(
        previous=path(current - 1) if current > 1 else "", next=path(current + 1) if current < pages else "",
        links=tuple(links),
    )  # fmt: skip

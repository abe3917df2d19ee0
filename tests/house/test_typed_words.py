"""Every form for words of one's own keeps them on the server until it is sent, each by itself: what is typed into one is not lost
by sending the one beside it."""

import re
from collections.abc import Iterator

from tests.paths import ROOT

TEMPLATES = ROOT / "server" / "web" / "templates"
FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
LOOP = re.compile(r"{%-? *(for|endfor)\b")
TYPED = re.compile(
    r'<textarea|<select|type="(?:radio|checkbox|text|date|time|number|email|tel)"|<input class='
    r"|{{ *(?:text_field|text_area|date_field|choose|choice|radios|boxes|fields|line|general_boxes|goal_fields)\("
)
FILTERS = "what is looked for, and no words to be kept"
FILES = "a file, which the browser has from its owner's disk"
SECRETS = "a password or a code: never kept"
OWN_WAY = "kept by a way of its own, field by field"
SHOWN_ONCE = "answered with a page that is shown once, and never gone to"
PUBLIC = "nobody is signed in, so nobody is there to keep it for"
ABOUT = re.compile(r'<input type="hidden" name="(\w+)" value="{{')
OF_ITS_OWN = {"seen", "key", "back", "based_on", "heading", "is_new", "was"}
"""Hidden fields that do not say what a form is about: which press it is, where to go on, what its writer began from."""
ONE_FOR_ALL = {
    "layout/held.html": "what is ticked says itself which record it is about",
    "agency/put_forward.html": "kept with its district, which can be chosen in it",
    "lead/desk.html": "a name for what is looked for now",
}
NOT_KEPT = {
    "admin/audit.html": FILTERS,
    "admin/boundary_changes.html": FILES,
    "admin/county.html": FILES,
    "admin/enrol.html": SHOWN_ONCE,
    "admin/phone.html": "a tick that says which phone is wiped: made at the press, and at no other",
    "admin/record.html": FILTERS,
    "agency/own_link.html": SHOWN_ONCE,
    "agency/consent.html /people/{{ person.id }}/consent/withdraw": "a press",
    "coordinator/caseload_plan.html": OWN_WAY,
    "coordinator/caseload.html /caseload?district={{ district.id }}": FILES,
    "coordinator/case_list.html /cases/search": FILTERS,
    "coordinator/discussion.html": OWN_WAY,
    "coordinator/end.html": "what is chosen is checked on the next page, and means only what its reader saw",
    "coordinator/notices.html /notices/file": FILES,
    "coordinator/room.html": OWN_WAY,
    "coordinator/tracker.html": FILES,
    "everyone/account.html": SECRETS,
    "everyone/service_files.html": FILES,
    "layout/page.html": FILTERS,
    "lead/desk.html /referrals/desk/find": FILTERS,
    "lead/desk.html /referrals/desk": "ticks on a list that moves",
    "lead/import_plan.html": OWN_WAY,
    "lead/imports.html": FILES,
    "lead/place.html": FILTERS,
    "lead/where_next.html": FILTERS,
    "referrer": PUBLIC,
    "signin": SECRETS,
}


def list_forms() -> Iterator[tuple[str, str, str, bool]]:
    """Each form that is typed into: its template, where it is sent, its words, and whether it stands in a loop."""
    for template in sorted(TEMPLATES.rglob("*.html")):
        words = template.read_text()
        for found in FORM.finditer(words):
            form = found[0]
            if 'method="post"' not in form or not TYPED.search(form):
                continue
            action = re.search(r'action="([^"]*)"', form)
            before = LOOP.findall(words[: found.start()])
            yield (
                str(template.relative_to(TEMPLATES)),
                action[1] if action else "",
                form,
                before.count("for") > before.count("endfor"),
            )


def is_left_out(template: str, action: str) -> bool:
    return any(each in NOT_KEPT for each in (template, f"{template} {action}", template.split("/")[0]))


def test_every_form_for_words_is_kept_or_says_why_not() -> None:
    unkept = [f"{name} {action}" for name, action, form, _ in list_forms() if "frame.draft_" not in form]
    assert [each for each in unkept if not is_left_out(*each.split(" ", 1))] == []


def test_no_reason_is_left_over() -> None:
    unkept = {(name, action) for name, action, form, _ in list_forms() if "frame.draft_" not in form}
    known = {key for name, action in unkept for key in (name, f"{name} {action}", name.split("/")[0])}
    assert set(NOT_KEPT) - known == set()


def test_forms_of_one_page_and_address_are_told_apart() -> None:
    seen: set[tuple[str, str]] = set()
    for name, action, form, is_repeated in list_forms():
        if "frame.draft_field" not in form:
            continue
        assert (name, action) not in seen, f"{name}: two forms to {action} are kept as one"
        seen.add((name, action))
        if is_repeated:
            assert "{{" in action.removeprefix("/conferences/{{ conference.id }}").removeprefix(
                "/people/{{ person.id }}"
            ), f"{name}: each form of its list to {action} is kept as one"


def test_what_is_typed_about_one_thing_is_never_laid_into_the_form_about_another() -> None:
    """What a form is about stands in its address or its part, by which its draft is known; the district of what its address names
    already may stand beside."""
    for name, action, form, _ in list_forms():
        if "frame.draft_field" not in form or name in ONE_FOR_ALL:
            continue
        about = set(ABOUT.findall(form)) - OF_ITS_OWN - ({"district"} if "{{" in action else set())
        assert about == set(), f"{name}: forms to {action} about different {about} are kept as one"

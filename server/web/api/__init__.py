"""Addresses of partners' systems: a token, referrals in, the cases, actions and contacts of their own agency, and figures.

Each names its action and its scope; the gate lets a system through as the worker who answers for it. What is told is what that
worker's agency may see: who and when, never where. `docs/integrate/README.md` is for whoever writes such a system.
"""

from server.web.api.actions import explain, list_actions, mark_done, refuse, reopen, show_action
from server.web.api.cases import list_cases, show_case
from server.web.api.contacts import list_contacts
from server.web.api.figures import list_figures
from server.web.api.referrals import send_referral, show_referral
from server.web.api.tokens import give_token

PAGES = (
    give_token, send_referral, show_referral, list_cases, show_case, list_contacts, list_figures,
    list_actions, show_action, mark_done, reopen, explain, refuse,
)  # fmt: skip

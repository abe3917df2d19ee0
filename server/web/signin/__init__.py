"""Signing in and out, and the start page."""

from server.web.signin.agency import come_back, go_to_agency, leave_agency, link_agency
from server.web.signin.handlers import leave, show_sign_in, sign_in
from server.web.signin.invitations import accept_invitation, show_invitation
from server.web.signin.setting_up import set_up, show_setup
from server.web.signin.start import open_start_page, show_welcome

PAGES = (
    go_to_agency, link_agency, come_back, leave_agency, show_invitation, accept_invitation, show_sign_in,
    sign_in, leave, open_start_page, show_welcome, show_setup, set_up,
)  # fmt: skip

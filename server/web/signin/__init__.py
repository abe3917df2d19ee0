"""Signing in and out, and the start page."""

from server.web.signin.handlers import leave, open_start_page, show_sign_in, show_welcome, sign_in
from server.web.signin.invitations import accept_invitation, show_invitation

PAGES = (show_invitation, accept_invitation, show_sign_in, sign_in, leave, open_start_page, show_welcome)

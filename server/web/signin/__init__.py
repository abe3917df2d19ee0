"""Signing in and out, and the start page."""

from server.web.signin.handlers import leave, open_start_page, show_sign_in, show_welcome, sign_in

PAGES = (show_sign_in, sign_in, leave, open_start_page, show_welcome)

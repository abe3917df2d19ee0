"""Pages for everybody who works with Lantern, whatever their role."""

from server.web.everyone.recipients import show_recipients

PAGES = (show_recipients,)

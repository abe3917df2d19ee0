"""E-mail itself: the words of each kind, the message made of them, and the mail server it is handed to."""

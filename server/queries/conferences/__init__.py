"""Case conferences: agenda, attendance, what was typed and decided."""

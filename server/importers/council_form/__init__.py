"""A council's "report someone sleeping rough" web form, as its export."""

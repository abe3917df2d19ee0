"""A district's present caseload, brought in from the spreadsheet it keeps: any columns, any heads, every cell accounted for."""

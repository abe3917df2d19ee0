"""A partner's own spreadsheet of people reported: workbook or CSV, with plain headings."""

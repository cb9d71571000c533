"""An order as a PDF: its rows as plain facts for ticket_pdf, which knows no model."""

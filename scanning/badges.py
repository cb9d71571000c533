"""Labels and badges for who came in, drawn by WeasyPrint with the ticket PDFs' fonts."""

SIZES = {"a6": (105, 148), "62x100": (100, 62), "54x86": (86, 54)}

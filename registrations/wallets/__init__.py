"""Tickets in phones' wallets: Apple's signed pass file (apple.py) and Google's signed link (google.py).

Only where the operator gives certificates; without them there is no button and no address answers. A pass is a
copy: what it says follows from the ticket's row, and phones are told when that changes (updates.py)."""

"""What happens, told to other programs: derived from rows that are there (facts.py), signed, in order, again and
again for three days (sending.py). The verbs know nothing of it, and pay nothing for it."""

"""What this costs: usage × price = cost line.

`workload` says what was used, `price_book` what it costs, `lines` multiplies; the rest asks the three of them:
the plan as written and recomputed (`plan`), this installation (`installation`), scale, what-if, findings."""

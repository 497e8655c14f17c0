"""The guards' report card: what each catches and what it wrongly stops, one file per guard."""

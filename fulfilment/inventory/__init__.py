"""Stock: a ledger of movements and the levels that they add up to."""

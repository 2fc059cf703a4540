"""`make bench`: how fast the store and the questions are, beside their peers in one run; never a unit test."""

STORE_LIMIT = 20_000_000
"""Order lines above which a shop is generated as raw columns only, not as CSV and database."""

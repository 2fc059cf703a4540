"""Banto (番頭): what runs and what answers."""

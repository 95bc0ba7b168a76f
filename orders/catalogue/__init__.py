"""Products: platform master data that every module reads."""

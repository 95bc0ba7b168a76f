"""Pure rules of locations."""

"""Policies of order sourcing, measured on published instances with a known optimum."""

"""Notices: what customers are told of their orders by e-mail, in the retailer's own words."""

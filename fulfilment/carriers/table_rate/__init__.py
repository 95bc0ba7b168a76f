"""Parcels priced by the retailer's own rate tables; everything stays in the house."""

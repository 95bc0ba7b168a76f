"""Carriers: what sending a parcel costs, booking it, its label, its tracking number and the manifest it is on."""

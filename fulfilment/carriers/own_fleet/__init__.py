"""The retailer's own vans: first choice while they have room."""

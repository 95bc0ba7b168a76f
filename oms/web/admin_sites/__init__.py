"""Two back offices: the platform's and each retailer's. Neither registers a model of the other."""

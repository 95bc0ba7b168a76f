"""The module framework: behaviour in releases, configuration in the retailer's profile."""

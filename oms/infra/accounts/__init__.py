"""Who signs in: in each retailer's schema its own staff, in ``public`` the platform's."""

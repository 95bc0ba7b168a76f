"""What orders and stock speak of: products, locations, channels."""

"""Pure types of Order Management."""

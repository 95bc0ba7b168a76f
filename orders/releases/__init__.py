"""The releases of Order Management. The registry finds them; nobody imports one by name."""

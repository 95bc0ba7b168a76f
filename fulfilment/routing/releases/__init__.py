"""The releases of Order Routing. The registry finds them; nobody imports one by name."""

"""Order Routing: which location fulfils which part of an order."""

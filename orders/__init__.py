"""Order Management: the customer's agreement and everything that happens to it."""

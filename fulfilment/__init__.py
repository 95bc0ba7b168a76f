"""From a captured order to goods in the customer's hands."""

"""Orders as the partner API reads them."""

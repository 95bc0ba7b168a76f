"""What platforms send, over the API."""

"""Orders over the API: what a partner sends (``body``), what it gets (``document``), the views."""

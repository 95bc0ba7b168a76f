"""Reading a retailer's order files: pure, streaming, and nothing about one file's layout in code."""

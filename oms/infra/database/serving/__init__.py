"""Database engine of web processes, workers and commands that serve retailers."""

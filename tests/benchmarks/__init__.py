"""Benchmarks: `make bench`. Each figure stands beside a hand-written transaction or COPY of the same rows."""

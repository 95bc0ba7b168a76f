"""Many rows at once: received as a stream, worked by a job in batches, each row with a result.

A batch and its results commit together, so a worker that dies leaves whole batches done and the rest waiting, and the
job goes on from there. What a row does is idempotent on its own: an order by its number, a product by its SKU, a level
by what it is to be.
"""

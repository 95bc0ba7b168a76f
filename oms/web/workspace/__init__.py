"""Where people work: the views of lists that they keep, and what they do to many rows at once."""

"""Pure routing: from facts to a decision with reasons."""

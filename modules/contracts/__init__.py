"""Pure, versioned dataclasses that modules exchange: facts go in, decisions come out."""

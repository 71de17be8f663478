"""One file = one visual: a pure function from data and language to a Dash tree."""

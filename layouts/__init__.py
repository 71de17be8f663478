"""The shells pages live in, and what they stand on."""

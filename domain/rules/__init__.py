"""One file per rule. Each module offers ``RULE: Rule``; found by name, no list to keep."""

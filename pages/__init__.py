"""One file = one screen: its views, its layout and its callbacks."""

"""The port's words and rules. Pure: no I/O, no clock, no SQL, no Dash."""

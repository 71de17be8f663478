"""Live topics: last values, deltas, drawn views and the websocket that carries them."""

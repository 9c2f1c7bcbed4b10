"""Which version serves, and what follows from that in the server."""

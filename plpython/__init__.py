"""PostgreSQL runtime: a real package, shipped to the server as source."""

"""What a server bears, and what a load needs: load tests and sizes, measured on a copy of the database."""

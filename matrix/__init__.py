"""The whole suite on several Debians' PostgreSQL and on a server as managed services have: ``make test-matrix``."""

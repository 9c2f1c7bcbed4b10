"""Alembic history of the schema ``dbml``."""

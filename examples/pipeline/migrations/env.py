"""Alembic environment of the pipeline: nothing here is special for dbml."""

import sqlalchemy as sa
from alembic import context
from shop import Base, url

if context.is_offline_mode():
    context.configure(
        url=url(), target_metadata=Base.metadata, literal_binds=True, dialect_opts={"paramstyle": "named"}
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    with sa.create_engine(url(), poolclass=sa.NullPool).connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata)
        with context.begin_transaction():
            context.run_migrations()

select version_num from dbml.alembic_version

# The official entrypoint reads this once, when it has made the database.
#   DBML_INSTALL=yes          installs the schema dbml into POSTGRES_DB
#   DBML_TRUST=ed25519:…      trusts that public key, by which `dbml model add` signs elsewhere
if [ "${DBML_INSTALL:-}" = yes ]; then
    (
        export PGHOST=/var/run/postgresql PGUSER="$POSTGRES_USER" PGDATABASE="$POSTGRES_DB"
        # A private key has no place on the server that trusts it.
        export DBML_KEY=/nonexistent/key.pem
        dbml install --python-path /opt/dbml/packages
        if [ -n "${DBML_TRUST:-}" ]; then dbml key trust "$DBML_TRUST"; fi
    )
fi

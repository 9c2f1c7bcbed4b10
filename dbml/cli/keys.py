"""Commands for the keys that sign models."""

from __future__ import annotations

from pathlib import Path

import click

from dbml import database
from dbml.cli.shared import dsn_option, json_option, key_option, print_rows
from dbml.models import signing, trust


@click.group("key")
def key_group() -> None:
    """Keys that sign models, and whose signatures count."""


@key_group.command("new")
@key_option
def key_new(key: Path | None) -> None:
    """Make a private key in a file that only you can read; its public half is printed."""
    made = signing.new_key(key)
    click.echo(f"{signing.key_path(key)} is made; keep it to yourself.")
    click.echo(f"To have it trusted, an administrator says: {signing.trust_command(made)}")


@key_group.command("trust")
@dsn_option
@click.argument("public_key")
@click.option("--owner", help="Whose key it is, for those who read it later.")
def key_trust(dsn: str | None, public_key: str, owner: str | None) -> None:
    """Let versions run that PUBLIC_KEY has signed; only an administrator can."""
    with database.connect(dsn) as connection:
        added = trust.trust_key(connection, public_key, owner)
    click.echo("The key is trusted from now on." if added else "The key is trusted already.")


@key_group.command("revoke")
@dsn_option
@click.argument("key")
def key_revoke(dsn: str | None, key: str) -> None:
    """Stop what only KEY (a fingerprint or public key) has signed, in every session; it can never be trusted again."""
    with database.connect(dsn) as connection:
        owner = trust.revoke_key(connection, key)
    click.echo(f"The key of {owner} is revoked.")


@key_group.command("list")
@dsn_option
@json_option
def key_list(dsn: str | None, as_json: bool) -> None:
    """List the keys that this database trusts or has trusted."""
    with database.connect(dsn) as connection:
        rows = trust.trusted_keys(connection)
    columns = ("fingerprint", "owner", "added_at", "added_by", "revoked_at", "revoked_by")
    print_rows(rows, columns, as_json)

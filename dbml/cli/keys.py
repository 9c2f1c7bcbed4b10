"""Commands for the keys that sign models."""

from __future__ import annotations

from pathlib import Path

import click

import dbml
from dbml.cli.shared import connect, dsn_option, json_option, key_option, print_rows


@click.group("key")
def key_group() -> None:
    """Make keys that sign models, and say whose signatures count."""


@key_group.command("new")
@key_option
def key_new(key: Path | None) -> None:
    """Make a private key. Only you can read its file; its public half is printed."""
    from dbml.models import signing

    made = signing.new_key(key)
    click.echo(f"{signing.key_path(key)} is made; keep it to yourself.")
    click.echo(f"To have it trusted, an administrator says: {signing.trust_command(made)}")


@key_group.command("trust")
@dsn_option
@click.argument("public_key")
@click.option("--owner", help="Whose key it is; key list shows it.")
def key_trust(dsn: str | None, public_key: str, owner: str | None) -> None:
    """Let versions run that PUBLIC_KEY has signed. Only an administrator can."""
    with connect(dsn) as connection:
        added = dbml.trust_key(connection, public_key, owner)
    click.echo("The key is trusted from now on." if added else "The key is trusted already.")


@key_group.command("revoke")
@dsn_option
@click.argument("key")
def key_revoke(dsn: str | None, key: str) -> None:
    """Stop every version that only KEY has signed, in every session.

    KEY is a fingerprint or a public key. A revoked key can never be trusted again.
    """
    with connect(dsn) as connection:
        owner = dbml.revoke_key(connection, key)
    click.echo(f"The key of {owner} is revoked.")


@key_group.command("list")
@dsn_option
@json_option
def key_list(dsn: str | None, as_json: bool) -> None:
    """List the keys that this database trusts or has trusted."""
    with connect(dsn) as connection:
        rows = dbml.trusted_keys(connection)
    columns = ("fingerprint", "owner", "added_at", "added_by", "revoked_at", "revoked_by")
    print_rows(rows, columns, as_json)

"""Prints the Secrets that profiles dev and ci name, from the same keys as `trustrelay up` makes. Usage: FOLDER RELEASE."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from trustrelay.devstack.relying_party import write_registration
from trustrelay.devstack.secrets import Secrets


def manifests(folder: Path, release: str) -> list[dict[str, object]]:
    """One Secret per purpose, so that each pod mounts its own and nothing else."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = Secrets.open(folder)
    database = f"{release}-dev-postgres:5432/trustrelay"
    content: dict[str, dict[str, str]] = {
        "trustrelay-database": {"url": f"postgresql+asyncpg://trustrelay_app:{keys.database.app}@{database}"},
        "trustrelay-database-owner": {"url": f"postgresql+asyncpg://trustrelay_owner:{keys.database.owner}@{database}"},
        "trustrelay-object-store": {"access-key": keys.s3_admin.access, "secret-key": keys.s3_admin.secret},
        "trustrelay-payload-store": {"access-key": keys.s3_payloads.access, "secret-key": keys.s3_payloads.secret},
        "trustrelay-payload-keys": {"payload_keys.json": keys.payload_keys.read_text()},
        "trustrelay-assertion-private": {"private.pem": keys.assertion_private_key.read_text()},
        "trustrelay-assertion-public": {"public.pem": keys.assertion_public_key.read_text()},
        "trustrelay-capsule-key": {"private.pem": keys.capsule_private_key.read_text()},
        "trustrelay-dev-database": {"database.json": (folder / "database.json").read_text()},
        "trustrelay-dev-s3": {"s3.json": (folder / "s3.json").read_text()},
        "trustrelay-dev-issuer": {"issuer_private.pem": keys.issuer_private_key.read_text(), "dev_users.json": keys.dev_users.read_text()},
        "trustrelay-dev-users": {"dev_users.json": keys.dev_users.read_text()},
        "trustrelay-identity": {"signing.pem": keys.identity_signing_key.read_text(), "decryption.pem": keys.identity_decryption_key.read_text()},
        "trustrelay-dev-sandbox": {"identity_registration.json": write_registration(keys, folder).read_text()},
    }
    return [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data} for name, data in content.items()]


if __name__ == "__main__":
    print(json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests(Path(sys.argv[1]), sys.argv[2])}))  # noqa: T201

"""Verifies a capsule with a tool that is not ours: openssl, on the pre-authentication encoding of DSSE."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
from pathlib import Path


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """What a DSSE signature is made over (DSSE v1, protocol.md)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def openssl_verifies(envelope: bytes, public_key: Path) -> bool:
    """Whether `openssl dgst -sha256 -verify` accepts the first signature. False where there is no openssl."""
    parsed = json.loads(envelope)
    payload = base64.b64decode(parsed["payload"])
    openssl = shutil.which("openssl")
    if openssl is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        signature, signed = Path(folder, "sig"), Path(folder, "pae")
        signature.write_bytes(base64.b64decode(parsed["signatures"][0]["sig"]))
        signed.write_bytes(pre_authentication_encoding(parsed["payloadType"], payload))
        command = [openssl, "dgst", "-sha256", "-verify", str(public_key), "-signature", str(signature), str(signed)]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0

"""A small invented world, the public registries that describe it, and the papers of its people."""

from trustrelay.sandbox.app import create_app
from trustrelay.sandbox.cast import Cast
from trustrelay.sandbox.documents.hostile import write_oversize_pdf
from trustrelay.sandbox.dossier import dossier
from trustrelay.sandbox.examples import write_examples
from trustrelay.sandbox.forbidden import forbidden
from trustrelay.sandbox.world import REAL_LIMITS, Limits, RelyingParty, World

__all__ = ["REAL_LIMITS", "Cast", "Limits", "RelyingParty", "World", "create_app", "dossier", "forbidden", "write_examples", "write_oversize_pdf"]

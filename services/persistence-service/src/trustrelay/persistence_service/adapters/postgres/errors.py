"""Postgres errors → typed errors, in one place. No message, value or statement of the database ever passes through."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

import asyncpg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from trustrelay.servicekit.errors import Aborted, FailedPrecondition, Internal, InvalidArgument, ServiceError, Unavailable

RETRY_AFTER = timedelta(seconds=2)
_NO_STATE = ""
# SQLSTATE classes and codes after which trying again later is right: connection, resources, shutdown, cancelled by timeout, lost races.
_RETRYABLE_CLASSES = ("08", "53", "57", "58")
_RETRYABLE_CODES = frozenset({"40001", "40P01", "25006", "55P03"})

# Raised by our own triggers (migrations 0001, 0005, 0006, 0009, 0010, 0012, 0014).
# Raised by our own triggers (migrations 0001, 0005, 0006, 0009, 0010, 0015).
_OURS: Mapping[str, tuple[type[ServiceError], str, str]] = {
    "TR001": (FailedPrecondition, "TRANSITION_FORBIDDEN", "it may not change like this"),
    "TR002": (Aborted, "STATE_VERSION_CONFLICT", "the case has changed since"),
    "TR004": (FailedPrecondition, "FOUR_EYES_VIOLATED", "a second officer, other than the first, must agree"),
    "TR008": (FailedPrecondition, "APPEND_ONLY", "what is written there is never changed"),
    "TR009": (Internal, "TENANT_NOT_SET", "a statement ran without a tenant"),
}
# Words that our triggers say and callers may know.
_CAUSES = frozenset({
    "HITS_OPEN", "CHECKS_NOT_ASSESSED", "DECISION_MISSING", "SECOND_OFFICER_MISSING", "CASE_CLOSED", "PAIR_NOT_ALLOWED", "CASE_IDENTITY",
    "RESOLUTION_MISSING", "HIT_RESOLVED", "HIT_IDENTITY", "RULE_MISSING", "CHECK_ASSESSED", "NOT_IN_REVIEW", "STAGE_NOT_REACHED",
    "VERSION_NOT_RECORDED", "PREDECESSOR_NOT_ESCALATED", "RUN_ENDED", "RUN_IDENTITY", "CASE_NOT_DECIDED", "ALERT_MISSING",
    "DISCRIMINATORS_INSUFFICIENT", "RULE_CHANGE", "RULE_ENDED", "SHIPMENT_CLOSED", "SHIPMENT_HELD", "SHIPMENT_IDENTITY", "DISCREPANCIES_OPEN",
    "DISCREPANCY_NOT_OPEN", "DISCREPANCY_NOT_EXPLAINED", "DISCREPANCY_IDENTITY", "DOCUMENTS_UNPROCESSED", "COMPARISON_MISSING", "NOT_PROCESSING",
    "WORD_MISSING",
})  # fmt: skip


@contextmanager
def translated() -> Iterator[None]:
    """Raise a ServiceError for whatever the driver, the pool or the server says; ServiceErrors pass."""
    try:
        yield
    except DBAPIError as error:
        raise _typed(error) from None
    except (PoolTimeout, OSError, TimeoutError):
        raise unavailable() from None
    except SQLAlchemyError as error:
        raise Internal("DATABASE_ERROR", "the database refused a statement", metadata={"error_type": type(error).__name__}) from None


def unavailable() -> Unavailable:
    """The database cannot be used now; nothing was stored, or what was stored will be recognised."""
    return Unavailable("DATABASE_UNAVAILABLE", "the database cannot be reached", retry_after=RETRY_AFTER)


def _typed(error: DBAPIError) -> ServiceError:
    state = str(getattr(error.orig, "sqlstate", None) or _NO_STATE)
    if state in _OURS:
        kind, reason, message = _OURS[state]
        return kind(reason, message, metadata=_cause(error))
    cause = error.orig.__cause__ if error.orig is not None else None
    # Class 22, and the driver's own refusal to encode: a value that no column can hold, such as a NUL character.
    if isinstance(cause, asyncpg.exceptions.DataError) or state.startswith("22"):
        return InvalidArgument("FIELD_INVALID", "a value cannot be stored")
    # An error without SQLSTATE comes from the driver: the connection broke or was never made.
    if error.connection_invalidated or state == _NO_STATE or state[:2] in _RETRYABLE_CLASSES or state in _RETRYABLE_CODES:
        return unavailable()
    constraint = getattr(cause, "constraint_name", None)
    metadata = {"sqlstate": state} | ({"constraint": str(constraint)} if constraint else {})
    return Internal("DATABASE_ERROR", "the database refused a statement", metadata=metadata)


def _cause(error: DBAPIError) -> dict[str, str]:
    """The trigger's own word for the refusal, if it is one of ours."""
    said = str(getattr(error.orig.__cause__ if error.orig is not None else None, "message", "") or "")
    return {"cause": said} if said in _CAUSES else {}

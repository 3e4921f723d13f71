"""Workflow and activities for the Temporal tests: they move recognisable clear text through every channel."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

CLEAR_TEXT = "Odalric Vantongerloo-Brindlewick"
BIG_BYTES = 3 * 1024 * 1024


@dataclass
class Person:
    """What must not be readable anywhere."""

    name: str = ""


@activity.defn
async def produce_big(person: Person) -> str:
    """3 MB that hardly compress, with the name in it."""
    import random

    noise = random.Random(7).randbytes(BIG_BYTES * 3 // 4).hex()[:BIG_BYTES]
    return f"{person.name} {noise}"


@activity.defn
async def fail_naming(person: Person) -> None:
    """Heartbeats and fails with the name in details and message."""
    activity.heartbeat(person.name)
    raise ApplicationError(f"no such person: {person.name}", person.name, type="NoSuchPerson", non_retryable=True)


@activity.defn
async def say_trace_id() -> str:
    """The trace that this activity belongs to."""
    from opentelemetry import trace

    with trace.get_tracer("activity").start_as_current_span("work") as span:
        return trace.format_trace_id(span.get_span_context().trace_id)


@workflow.defn
class Traced:
    """Waits for one update, whose handler runs an activity."""

    def __init__(self) -> None:
        self._done = False

    @workflow.run
    async def run(self) -> None:
        """Ends after the update."""
        await workflow.wait_condition(lambda: self._done and workflow.all_handlers_finished())

    @workflow.update
    async def work(self) -> str:
        """The activity's trace id."""
        seen = await workflow.execute_activity(say_trace_id, start_to_close_timeout=timedelta(seconds=20))
        self._done = True
        return seen


@workflow.defn
class Flow:
    """One big result, one failure, one update, one refused update; the result says what was seen."""

    @workflow.init
    def __init__(self, person: Person) -> None:
        self._person = person
        self._updates: list[str] = []

    @workflow.run
    async def run(self, person: Person) -> str:
        """Length of the big result and the failure's message, as the workflow saw them."""
        big = await workflow.execute_activity(produce_big, person, start_to_close_timeout=timedelta(seconds=60))
        try:
            await workflow.execute_activity(
                fail_naming,
                person,
                start_to_close_timeout=timedelta(seconds=20),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except ActivityError as failure:
            seen = str(failure.__cause__)
        await workflow.wait_condition(lambda: bool(self._updates))
        await workflow.wait_condition(workflow.all_handlers_finished)
        return f"{len(big)} {seen} {self._updates}"

    @workflow.update
    async def rename(self, person: Person) -> Person:
        """Echo the payload; an empty name fails after acceptance, quoting the old one."""
        if not person.name:
            raise ApplicationError(f"cannot rename {self._person.name}", type="NoName")
        self._updates.append(person.name)
        return person


@workflow.defn
class BigOnly:
    """Nothing but one activity with a 3 MB result."""

    @workflow.run
    async def run(self, person: Person) -> int:
        """How many characters arrived in the workflow."""
        return len(await workflow.execute_activity(produce_big, person, start_to_close_timeout=timedelta(seconds=60)))

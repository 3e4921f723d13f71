"""A source's refusal, raised anywhere in its router and sent as it is."""

from fastapi import Request, Response


class Refusal(Exception):
    """Carries the response that the real service would send."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"refused with status {response.status_code}")
        self.response = response


async def send_refusal(_: Request, refusal: Exception) -> Response:
    """Exception handler of the app."""
    if not isinstance(refusal, Refusal):
        raise refusal
    return refusal.response

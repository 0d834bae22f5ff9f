"""What a conversation refuses. All are the gateway's errors, so that clients are told in
OpenAI's shape.

GatewayError
├── ConversationNotFound   404 conversation_not_found
└── BadRequest             400: see `gateway.errors`
"""

from gateway.errors import INVALID_REQUEST, GatewayError


class ConversationNotFound(GatewayError):
    """There is no such conversation of this person."""

    status, type, code = 404, INVALID_REQUEST, "conversation_not_found"
    param = "conversation_id"

    def __init__(self) -> None:
        super().__init__(
            "There is no such conversation of this user. Leave `conversation_id` out to "
            "begin one; its id is in the answer."
        )

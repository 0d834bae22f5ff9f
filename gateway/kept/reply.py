"""The reply of a model as one text, from an answer or from the chunks of a stream. What is
odd in it is left out and never raises: a client's stream goes through here."""

from typing import Any

Json = dict[str, Any]

# More of a stream is not gathered: the exchange is cut by then.
PIECES_MAX_LENGTH = 128 * 1024


class StreamedReply:
    """Gathers a reply while its chunks pass by, at the cost of an append."""

    __slots__ = ("_calls", "_pieces", "length")

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._calls: list[Any] = []
        self.length = 0

    def take(self, chunk: Json) -> None:
        """Take what a chunk adds to the first choice."""
        for choice in chunk["choices"]:
            if self.length > PIECES_MAX_LENGTH or choice.get("index"):
                continue
            delta = choice.get("delta")
            if not isinstance(delta, dict):
                continue
            if isinstance(text := delta.get("content"), str):
                self._pieces.append(text)
                self.length += len(text)
            if isinstance(calls := delta.get("tool_calls"), list):
                self._calls.extend(calls)
                self.length += sum(len(str(call)) for call in calls)

    def text(self) -> str:
        """Return the reply so far."""
        return _joined("".join(self._pieces), _merged(self._calls))


class WholeReply:
    """The reply in an answer that came at once."""

    __slots__ = ("_message", "length")

    def __init__(self, answer: Json) -> None:
        self._message: Json = answer["choices"][0]["message"]
        self.length = len(str(self._message.get("content") or ""))

    def text(self) -> str:
        """Return the reply."""
        content, calls = self._message.get("content"), self._message.get("tool_calls")
        return _joined(
            content if isinstance(content, str) else "",
            [_function(c) for c in calls] if isinstance(calls, list) else [],
        )


Reply = StreamedReply | WholeReply


def _joined(text: str, calls: list[tuple[str, str]]) -> str:
    """Return the text, and a line for each tool that the model wants to call."""
    lines = [f"→ {name}({arguments})" for name, arguments in calls]
    return "\n".join([text, *lines] if text else lines)


def _merged(pieces: list[Any]) -> list[tuple[str, str]]:
    """Return name and arguments of each call, whose parts have its index in common."""
    found: dict[int, tuple[str, str]] = {}
    for piece in pieces:
        index = piece.get("index") if isinstance(piece, dict) else None
        place = index if isinstance(index, int) else 0
        name, arguments = found.get(place, ("", ""))
        more_name, more_arguments = _function(piece)
        found[place] = (name + more_name, arguments + more_arguments)
    return [found[place] for place in sorted(found)]


def _function(call: Any) -> tuple[str, str]:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        return "", ""
    name, arguments = function.get("name"), function.get("arguments")
    return str(name or ""), str(arguments or "")

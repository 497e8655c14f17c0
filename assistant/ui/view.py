"""What one browser tab looks at. It lives on the server, in Gradio's session state, and holds no rights."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class View:
    """Changed in place by the handlers of one tab, so that a stream notices that the tab has moved on."""

    conversation: str = ""
    turn: str = ""
    """The turn that runs in this conversation."""
    asked: str = ""
    """Its question, as typed."""
    seen: str = ""
    """The state of the conversation that is on the screen."""
    followed: tuple[str, int] = ("", 0)
    moves: int = 0

    def move(self, conversation: str, turn: str = "", asked: str = "") -> None:
        """Look at something else; streams of before end."""
        self.conversation, self.turn, self.asked, self.seen = conversation, turn, asked, ""
        self.moves += 1

    def follow(self) -> bool:
        """Whether there is a turn to follow that this tab does not follow already."""
        now = (self.turn, self.moves)
        if not self.turn or self.followed == now:
            return False
        self.followed = now
        return True


class Asked:
    """Questions of running turns as typed, for a tab that comes to one later: the store has them when a turn ends."""

    def __init__(self, limit: int = 500) -> None:
        self._texts: dict[str, str] = {}
        self._limit = limit

    def put(self, turn: str, text: str) -> None:
        """Keep it until ``drop``, or until many others came."""
        self._texts[turn] = text
        while len(self._texts) > self._limit:
            del self._texts[next(iter(self._texts))]

    def get(self, turn: str | None) -> str:
        """The question of a turn, or "" where it is not known here."""
        return self._texts.get(turn or "", "")

    def drop(self, turn: str) -> None:
        """The turn has ended."""
        self._texts.pop(turn, None)

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

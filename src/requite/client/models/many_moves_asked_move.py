from typing import Literal

ManyMovesAskedMove = Literal[
    "accept",
    "agree",
    "close",
    "credit",
    "dispute",
    "escalate",
    "maintain",
    "part_accept",
    "part_uphold",
    "reject",
    "send",
    "uphold",
    "withdraw",
]

MANY_MOVES_ASKED_MOVE_VALUES: set[ManyMovesAskedMove] = {
    "accept",
    "agree",
    "close",
    "credit",
    "dispute",
    "escalate",
    "maintain",
    "part_accept",
    "part_uphold",
    "reject",
    "send",
    "uphold",
    "withdraw",
}


def check_many_moves_asked_move(value: str) -> ManyMovesAskedMove:
    if value in MANY_MOVES_ASKED_MOVE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {MANY_MOVES_ASKED_MOVE_VALUES!r}")

from typing import Literal

OneMoveAskedMove = Literal[
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

ONE_MOVE_ASKED_MOVE_VALUES: set[OneMoveAskedMove] = {
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


def check_one_move_asked_move(value: str) -> OneMoveAskedMove:
    if value in ONE_MOVE_ASKED_MOVE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ONE_MOVE_ASKED_MOVE_VALUES!r}")

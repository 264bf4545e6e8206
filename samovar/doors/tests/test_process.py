"""What every process does alike."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator

import pytest

from samovar.doors.process import take_short_turns


@pytest.fixture
def turns() -> Iterator[None]:
    """The length of a turn is the process's: put back what it was."""
    before_s = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before_s)


def seconds_of_moments(moments: int) -> float:
    """How long a thread takes that lets go of the interpreter so many times beside one that computes."""
    is_over = threading.Event()

    def compute() -> None:
        while not is_over.is_set():
            sum(range(100))

    beside = threading.Thread(target=compute)
    beside.start()
    began = time.perf_counter()
    for _ in range(moments):
        time.sleep(0)
    took_s = time.perf_counter() - began
    is_over.set()
    beside.join()
    return took_s


def test_a_thread_that_needs_the_interpreter_for_moments_is_not_held_up_by_one_that_computes(turns: None) -> None:
    sys.setswitchinterval(0.02)
    in_long_turns_s = seconds_of_moments(10)
    take_short_turns()
    assert min(seconds_of_moments(10) for _ in range(5)) < in_long_turns_s / 2

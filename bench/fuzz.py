"""100,000 broken rules: texts, trees and baskets. Each is taken or refused, within a second; nothing else may happen.

    python bench/fuzz.py [--cases 100000] [--seed 1]

Texts are rules of the tests with letters and words put in, taken out and changed places, heaps of words, and heaps of letters;
trees are the stored form of rules with parts of it gone, changed or of another kind; between them stand bombs (20,000 brackets, a
megabyte of text, a list of thousands, SQL in a text). What is taken goes on to its text, both sentences, SQL, masks and function:
these may refuse it no more. Targets: no other failure than the house's `Refusal`, none of these steps over a second of the
processor's time.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from samovar import rules
from samovar.kit.errors import Refusal
from samovar.rules.baskets import read_basket
from samovar.rules.closure import basket_closure, closure, person_reads
from samovar.rules.formulas import Read, Type
from samovar.rules.lowering import Lowering
from samovar.rules.masks import Column, mask
from samovar.rules.sentence import say
from samovar.rules.sql import Moment, people_sql
from samovar.rules.tests.histories import MOMENTS, ZONE
from samovar.rules.tests.strategies import BASKET_CATALOGUE, CATALOGUE

SECONDS_MAX = 1.0
HERE = Path(rules.__file__).parent / "tests"
LETTERS = "aя9\"'\\()., \n\t\0\ud800#=<>-+*/ёİßﬃ😀\u200b\u0301%_$;"
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**30, 1.5, float("nan"), float("inf"), "", "x", "\0", "\ud800", "1e999999", "NaN", "2026-13-01",
    [], {}, [[]], {"type": "and"}, "9" * 400, ["a"] * 50,
)  # fmt: skip
Case = tuple[str, Any]
T = TypeVar("T")


def texts() -> list[str]:
    """Rules that are right, and some that are wrong, as the tests have them."""
    written = [line.split(" ⇒")[-1].strip() for name in ("canonical.txt", "errors.txt") for line in _lines(name)]
    blocks = (HERE / "sentences.txt").read_text().split("\n\n")
    return [*written, *(block.splitlines()[0] for block in blocks if block.strip() and not block.startswith("#"))]


def _lines(name: str) -> list[str]:
    return [line for line in (HERE / name).read_text().splitlines() if line and not line.startswith("#")]


def bombs() -> Iterator[Case]:
    """What would hang or exhaust a careless reader."""
    deep: dict[str, Any] = rules.to_json(rules.parse("is_vip", CATALOGUE))["condition"]
    for _ in range(300):
        deep = {"type": "not", "item": deep}
    yield from (
        ("text", text)
        for text in (
            "(" * 20_000 + "is_vip" + ")" * 20_000, "not " * 15_000 + "is_vip", "not(" * 12_000 + "is_vip", "(" * 20_000,
            "x" * 1_000_000, '"' + "я" * 500_000 + '"', "#" * 60_000, "\n" * 60_000 + "x", "city = \"'); DROP TABLE people; --\"",
            "city in (" + ", ".join(f'"{n}"' for n in range(6_000)) + ")", "is_vip" + " and is_vip" * 5_000,
            "score " + "+ 1 " * 9_000 + "> 1", "1 - " * 15_000 + "1 > 2", "(score + " * 6_000 + "1", "score / 0 > 1 or 1 / 0 = 1",
            "(" * 150 + "score" + ")" * 150 + " > 1", "trait" + ".a" * 20_000 + " > 1", "count(orders where " * 2_000,
            "did views" + " then views" * 7_000, "((" * 9_000 + "is_vip or " * 2,
        )
    )  # fmt: skip
    yield "tree", {"condition": deep}
    yield "tree", '{"condition":' + '{"type":"not","item":' * 20_000
    yield "tree", {"condition": {"type": "and", "items": [deep] * 40}}


def cases(seed: int, many: int) -> Iterator[Case]:
    """Cases by a fixed seed, bombs first."""
    r = random.Random(seed)
    good = texts()
    words = sorted({word for text in good for word in text.split(" ")})
    trees = [json.dumps(rules.to_json(rule)) for text in good if (rule := _read(text)) is not None]
    yield from bombs()
    for _ in range(many - len(list(bombs()))):
        kind = r.random()
        if kind < 0.15:
            yield "text", _joined(r, good)
        elif kind < 0.4:
            yield "text", _mutated(r, r.choice(good), words)
        elif kind < 0.55:
            yield "text", " ".join(r.choice(words) for _ in range(r.randint(1, 25)))
        elif kind < 0.6:
            yield "text", "".join(r.choice(LETTERS) for _ in range(r.randint(0, 60)))
        elif kind < 0.75:
            yield "tree", _crossed(r, json.loads(r.choice(trees)), json.loads(r.choice(trees)))
        elif kind < 0.97:
            yield "tree", _broken(r, json.loads(r.choice(trees)))
        else:
            basket = {"total": 5, "coupon": "a", "items": [{"sku": "a", "price": 2, "quantity": 1}, {}]}
            yield "basket", _broken(r, basket)


def _read(text: str) -> rules.Rule | None:
    try:
        return rules.parse(text.replace("\\n", "\n"), BASKET_CATALOGUE)
    except Refusal:
        return None


def _joined(r: random.Random, good: list[str]) -> str:
    """Rules in one another: most of them are rules again."""
    parts = [r.choice(good).replace("\\n", "\n") for _ in range(r.randint(1, 4))]
    return f" {r.choice(['and', 'or', 'and not'])} ".join(f"({part}\n)" if r.random() < 0.7 else part for part in parts)


def _crossed(r: random.Random, value: Any, other: Any) -> Any:
    """A tree with a part in the place of one of the same name, from itself or from another tree."""
    by_key: dict[Any, list[Any]] = {}
    for holder, key in (*_places(value), *_places(other)):
        by_key.setdefault(key, []).append(holder[key])
    holder, key = r.choice([(holder, key) for holder, key in _places(value) if isinstance(key, str)])
    holder[key] = copy.deepcopy(r.choice(by_key[key]))
    return value


def _mutated(r: random.Random, text: str, words: list[str]) -> str:
    for _ in range(r.randint(1, 4)):
        at = r.randint(0, len(text))
        match r.randrange(6):
            case 0:
                text = text[:at] + text[at + r.randint(1, 4) :]
            case 1:
                text = text[:at] + r.choice(LETTERS) + text[at:]
            case 2:
                text = f"{text[:at]} {r.choice(words)} {text[at:]}"
            case 3:
                parts = text.split(" ")
                r.shuffle(parts)
                text = " ".join(parts)
            case 4:
                text += text[at : at + r.randint(1, 40)]
            case 5:
                parts = text.split(" ")
                parts[r.randrange(len(parts))] = r.choice(words)
                text = " ".join(parts)
    return text


def _broken(r: random.Random, value: Any) -> Any:
    """Plain values with up to three parts gone, changed, or put in another's place."""
    for _ in range(r.randint(1, 3)):
        places = list(_places(value))
        if not places:
            break
        holder, key = r.choice(places)
        match r.randrange(4):
            case 0:
                del holder[key]
            case 1:
                holder[key] = copy.deepcopy(r.choice(ODD))
            case 2:
                other, where = r.choice(places)
                holder[key] = copy.deepcopy(other[where])
            case 3:
                if isinstance(holder, dict):
                    holder[r.choice(["place", "extra", "where", "window", "type", "value", ""])] = copy.deepcopy(r.choice(ODD))
                else:
                    holder.append(copy.deepcopy(holder[key]))
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


class Trial:
    """One case on its way; `longest_s` is its slowest step."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    def _step(self, step: Callable[[], T]) -> T:
        began = time.process_time()
        try:
            return step()
        finally:
            self.longest_s = max(self.longest_s, time.process_time() - began)

    def is_taken(self, kind: str, what: Any) -> bool:
        """Whether a case is taken. Raises what it raises, but for a refusal."""
        try:
            rule = self._step(lambda: _taken(kind, what))
        except Refusal as refusal:
            assert refusal.message and "%(" not in refusal.message
            return False
        if rule is not None:
            self._goes_on(rule)
        return True

    def _goes_on(self, rule: rules.Rule) -> None:
        """A rule that was taken goes through everything."""
        text, stored = self._step(lambda: rules.to_text(rule)), self._step(lambda: json.dumps(rules.to_json(rule)))
        assert self._step(lambda: rules.parse(text, BASKET_CATALOGUE)) == rule
        assert self._step(lambda: rules.from_json(stored)) == rule
        assert self._step(lambda: say(rule, "en", BASKET_CATALOGUE)) and self._step(lambda: say(rule, "ru", BASKET_CATALOGUE))
        moment = Moment(MOMENTS[0], ZONE)
        truth = self._step(lambda: Lowering(BASKET_CATALOGUE, moment).truth(rule.condition))
        reads = list(dict.fromkeys(person_reads(truth)))
        places = {read: place for place, read in enumerate(reads)}
        basket = read_basket({}, currency="RUB", at_us=MOMENTS[0], zone=ZONE)
        self._step(lambda: basket_closure(truth, places)([None] * len(reads), basket))
        if _is_of_people(rule):
            self._step(lambda: closure(truth, places)([None] * len(reads)))
            self._step(lambda: mask(truth, {read: _unknown(read) for read in reads}, 1))
            self._step(lambda: people_sql(rule, CATALOGUE, moment))


def _taken(kind: str, what: Any) -> rules.Rule | None:
    """The rule of a text or a tree, None for a basket. Raises `Refusal`."""
    match kind:
        case "basket":
            read_basket(what, currency="RUB", at_us=MOMENTS[0], zone=ZONE)
            return None
        case "tree":
            rule = rules.from_json(what)
            rules.check_rule(rule, BASKET_CATALOGUE)
            return rule
    return rules.parse(what, BASKET_CATALOGUE)


def _is_of_people(rule: rules.Rule) -> bool:
    """Whether a rule reads no basket."""
    try:
        rules.check_rule(rule, CATALOGUE)
    except Refusal:
        return False
    return True


def _unknown(read: Read) -> Column:
    """A feature nothing is known of, for one person."""
    values: NDArray[Any] = np.zeros(
        1, {Type.DOUBLE: np.float64, Type.BOOLEAN: np.bool_, Type.TEXT: np.int32}.get(read.type, np.int64)
    )
    return Column(values, np.zeros(1, np.bool_))


def main() -> int:
    """Try every case, say whether the targets hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    counts: Counter[str] = Counter()
    slowest, failures, slow = 0.0, list[str](), list[str]()
    began = time.perf_counter()
    for kind, what in cases(asked.seed, asked.cases):
        trial = Trial()
        try:
            counts[f"{kind} {'taken' if trial.is_taken(kind, what) else 'refused'}"] += 1
        except Exception as error:
            failures.append(_told(kind, what, "".join(traceback.format_exception(error, limit=-3))))
        if trial.longest_s > SECONDS_MAX:
            slow.append(_told(kind, what, f"{trial.longest_s:.2f} s"))
        slowest = max(slowest, trial.longest_s)
    for text in [*failures[:20], *slow[:20]]:
        print(text, file=sys.stderr)
    result = {
        "benchmark": "fuzz", "cases": asked.cases, **counts, "failures": len(failures), "over_a_second": len(slow),
        "slowest_ms": round(slowest * 1000), "seconds": round(time.perf_counter() - began, 1), "ok": not (failures or slow),
    }  # fmt: skip
    print(json.dumps(result))
    return 0 if result["ok"] else 1


def _told(kind: str, what: Any, fault: str) -> str:
    return f"{kind} {str(what)[:300]!r}: {fault}"


if __name__ == "__main__":
    sys.exit(main())

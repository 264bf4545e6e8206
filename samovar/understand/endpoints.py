"""The REST API of segments, rules, lifecycle stages. `at_us` is the moment asked about, now when absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ninja import Query, Router, Schema, Status
from pydantic import Field

from samovar import rules
from samovar.collect.erasure.queries import person_of
from samovar.collect.quality import unsafe
from samovar.collect.quality.endpoints import UnsafeReason
from samovar.collect.quality.models import QualityAlarm
from samovar.engine.warehouse.client import current
from samovar.kit.errors import Refusal
from samovar.rules.tree import TEXT_BYTES_MAX
from samovar.staff.access import Allowed
from samovar.understand import bulk, operations, queries, uses, words
from samovar.understand.explaining import explain
from samovar.understand.library.operations import take
from samovar.understand.library.shelf import Offer, offers
from samovar.understand.lint import lint, stages
from samovar.understand.models import Segment
from samovar.understand.overlaps import people_in
from samovar.understand.rules import with_shares
from samovar.understand.sayings import said, sentence, spoken, warned
from samovar.understand.turning import turning
from samovar.webkit.bulk import serve
from samovar.webkit.requests import OfficeRequest

router = Router(tags=["segments"])
PAGE_MAX = 1_000


class SegmentOut(Schema):
    id: int
    slug: str
    name: str
    description: str
    rule: str = Field(description="canonical text")
    tree: dict[str, Any] = Field(description="the stored form")
    sentence: str = Field(description="what the rule means, in the caller's language")
    version: int
    is_archived: bool
    people: int | None = Field(description="at `counted_us`; null before the first count")
    counted_us: int | None
    published_us: int
    unsafe: list[UnsafeReason] = Field(description="open alarms on what its rule reads; empty for one that is archived")


class Segments(Schema):
    segments: list[SegmentOut]


class NewSegment(Schema):
    name: str
    rule: str = Field(max_length=TEXT_BYTES_MAX)
    slug: str = ""
    description: str = ""


class SegmentChange(Schema):
    """What is given is set, as a new version; `version` is the one that was read."""

    version: int
    name: str | None = None
    rule: str | None = Field(None, max_length=TEXT_BYTES_MAX)
    description: str | None = None


class RuleIn(Schema):
    rule: str = Field(max_length=TEXT_BYTES_MAX)
    at_us: int | None = None


class WarningOut(Schema):
    code: str
    message: str
    name: str
    line: int
    column: int


class RuleOut(Schema):
    """A warning names a known word that no data bears out yet; the rule is good all the same."""

    text: str
    tree: dict[str, Any]
    sentence: str = Field(description="what the rule means, in the caller's language")
    warnings: list[WarningOut]


class WordOut(Schema):
    name: str
    kind: str
    people: int = Field(description="customers of whom it is known")
    share: float = Field(description="of all customers, from 0 to 1")
    examples: list[str | int | float | bool] = Field(description="values that several people have, the most common first")


class WordFieldOut(Schema):
    name: str
    kind: str


class CollectionOut(Schema):
    name: str
    rows: int = Field(description="how often it happened, or how many there are")
    fields: list[WordFieldOut]


class WordsOut(Schema):
    counted_us: int | None = Field(description="null before the worker has counted for the first time")
    people: int = Field(description="customers")
    attributes: list[WordOut]
    collections: list[CollectionOut]


class CountOut(Schema):
    count: int
    of: int = Field(description="customers at the moment")
    ms: float


class LeafOut(Schema):
    text: str = Field(description="what the test looks at, in the caller's language")
    value: bool | int | float | str | None = Field(description="money in major units, days and moments as ISO texts")
    shown: str = Field(description="the value in words")
    needs: str
    ok: bool = Field(description="whether the test is as the rule wants it")


class Explained(Schema):
    is_in: bool = Field(alias="in")
    sentence: str
    leaves: list[LeafOut]


class ExplainIn(RuleIn):
    person_id: int


class SegmentMemberOut(Schema):
    person_id: int
    orders: int
    revenue_minor: int
    last_order_us: int | None
    city: str | None


class Members(Schema):
    people: list[SegmentMemberOut]
    next_after: int | None = Field(description="give it as `after` for the next page; null on the last")


class StageOut(Schema):
    stage: str
    people: int


class Stages(Schema):
    stages: list[StageOut]


class SizeOut(Schema):
    slug: str
    people: int


class CombinationOut(Schema):
    segments: list[str] = Field(description="slugs; these people are in none of the other segments asked about")
    people: int


class Overlap(Schema):
    segments: list[SizeOut]
    combinations: list[CombinationOut] = Field(description="those with anybody, the largest first")


class MoveOut(Schema):
    number: int = Field(description="of its announcement; the latest is the greatest")
    person_id: int
    is_in: bool = Field(description="true for who came in, false for who went out")
    time_us: int
    version: int = Field(description="of the segment, whose rule moved the person")


class Moves(Schema):
    moves: list[MoveOut]
    next_before: int | None = Field(description="give it as `before` for the next page; null on the last")


class TurnedLeaf(LeafOut):
    was: str = Field(description="the value in words at `before_us`; empty when nothing turned")
    has_turned: bool


class MoveExplained(Schema):
    """The explanation as of a move. `before_us` is a nearby earlier moment when the rule said otherwise, else null."""

    is_in: bool = Field(alias="in")
    sentence: str
    leaves: list[TurnedLeaf]
    before_us: int | None


class ReadyOut(Schema):
    """A ready segment in the caller's language; `used` is the slug of a segment in use with the same rule."""

    slug: str
    group: str
    name: str
    description: str
    rule: str
    sentence: str
    has_example: bool = Field(description="whether the rule holds a word a shop puts its own in place of")
    used: str | None


class Library(Schema):
    segments: list[ReadyOut]


class StageIn(Schema):
    name: str
    rule: str = Field(max_length=TEXT_BYTES_MAX)
    says: str = Field("", description="the sentence people know the stage by")


class StagesIn(Schema):
    stages: list[StageIn]


class LintFindingOut(Schema):
    """`history` is the shortest that shows it: `what` and `days_ago` (`minutes_ago`) of each fact, and fields that matter."""

    kind: Literal["overlap", "gap", "no_exit", "note"]
    stages: list[str]
    history: list[dict[str, Any]]
    sentence: str


class Findings(Schema):
    findings: list[LintFindingOut]


@router.get("/segments", response=Segments, auth=Allowed("segments:read"))
def list_segments(request: OfficeRequest, with_archived: bool = False, at_us: int | None = None) -> dict[str, Any]:
    """Segments by name, with their last counts, or with the counts of their rules as of a moment: then those in use alone."""
    fallen = unsafe.alarms_of("segment")
    if at_us is not None:
        sizes = queries.sizes_at(warehouse=current(), at_us=at_us)
        return {"segments": [{**_out(row, fallen), "people": people, "counted_us": at_us} for row, people in sizes]}
    return {"segments": [_out(row, fallen) for row in queries.segments(with_archived=with_archived)]}


@router.post("/segments", response={201: SegmentOut}, auth=Allowed("segments:write"))
def create_segment(request: OfficeRequest, body: NewSegment) -> Status[dict[str, Any]]:
    """Make a segment."""
    row = operations.create(
        name=body.name,
        rule=_read(body.rule),
        slug=body.slug,
        description=body.description,
        actor=request.actor,
        at_us=request.at_us,
    )
    return Status(201, _out(row))


@router.post("/segments/lint", response=Findings, auth=Allowed("segments:read"))
def lint_stages(request: OfficeRequest, body: StagesIn) -> dict[str, Any]:
    """Overlaps, gaps and dead ends among stages, each a rule of its own. A rule's fault names its stage in `params`."""
    given = [stage.model_dump() for stage in body.stages]
    found = stages.read(given, lambda text: words.read(text, current()))
    return {"findings": lint(found, words.open_catalogue())}


@router.get("/segments/library", response=Library, auth=Allowed("segments:read"))
def list_ready_segments(request: OfficeRequest, search: str = "") -> dict[str, Any]:
    """The ready segments of the library, shelf by shelf."""
    return {"segments": [_offered(one) for _group, found in offers(spoken(), search=search) for one in found]}


@router.post("/segments/library/{slug}", response={201: SegmentOut}, auth=Allowed("segments:write"))
def take_ready_segment(request: OfficeRequest, slug: str) -> Status[dict[str, Any]]:
    """Make a segment of a ready one, with its name in the caller's language."""
    return Status(201, _out(take(slug=slug, language=spoken(), actor=request.actor, at_us=request.at_us)))


@router.get("/segments/overlap", response=Overlap, auth=Allowed("segments:read"))
def overlap_segments(request: OfficeRequest, slug: Query[list[str]]) -> dict[str, Any]:
    """How many people are in each combination of two to six segments, by who is announced to be in them now."""
    rows = [queries.segment(one) for one in slug]
    found = queries.overlap_of(rows, current())
    told = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return {
        "segments": [{"slug": row.slug, "people": people_in(found, 1 << n)} for n, row in enumerate(rows)],
        "combinations": [
            {"segments": [row.slug for n, row in enumerate(rows) if code >> n & 1], "people": people} for code, people in told
        ],
    }


@router.get("/segments/{slug}", response=SegmentOut, auth=Allowed("segments:read"))
def get_segment(request: OfficeRequest, slug: str) -> dict[str, Any]:
    """One segment by slug or number."""
    return _out(queries.segment(slug))


@router.patch("/segments/{slug}", response=SegmentOut, auth=Allowed("segments:write"))
def publish_segment(request: OfficeRequest, slug: str, body: SegmentChange) -> dict[str, Any]:
    """Publish a new version; refused when another was published meanwhile."""
    row = queries.segment(slug)
    row.version = body.version
    rule = None if body.rule is None else _read(body.rule)
    row = operations.publish(
        segment=row, rule=rule, name=body.name, description=body.description, actor=request.actor, at_us=request.at_us
    )
    return _out(row)


@router.post("/segments/{slug}/archive", response=SegmentOut, auth=Allowed("segments:write"))
def archive_segment(request: OfficeRequest, slug: str) -> dict[str, Any]:
    """Put a segment away."""
    return _out(operations.archive(segment=queries.segment(slug), actor=request.actor, at_us=request.at_us))


@router.post("/segments/{slug}/restore", response=SegmentOut, auth=Allowed("segments:write"))
def restore_segment(request: OfficeRequest, slug: str) -> dict[str, Any]:
    """Take an archived segment back into use."""
    row = queries.segment(slug)
    uses.check_footing(row)
    return _out(operations.restore(segment=row, actor=request.actor, at_us=request.at_us))


@router.get("/segments/{slug}/members", response=Members, auth=Allowed("segments:read"))
def list_members(request: OfficeRequest, slug: str, at_us: int | None = None, after: int = 0, limit: int = 100) -> dict[str, Any]:
    """The people of a segment in order of their ids, with why they matter."""
    limit = max(1, min(limit, PAGE_MAX))
    tree, moment = queries.segment(slug).tree, at_us if at_us is not None else request.at_us
    people = current().query("understand.members", tree=tree, at_us=moment, after=after, limit=limit).to_pylist()
    return {"people": people, "next_after": people[-1]["person_id"] if len(people) == limit else None}


@router.get("/segments/{slug}/explain", response=Explained, auth=Allowed("segments:read"), by_alias=True)
def explain_segment(request: OfficeRequest, slug: str, person_id: int, at_us: int | None = None) -> dict[str, Any]:
    """Why a person is in a segment or out of it, test by test."""
    return _explained(request, rules.from_json(queries.segment(slug).tree), person_id, at_us)


@router.get("/segments/{slug}/moves", response=Moves, auth=Allowed("segments:read"))
def list_moves(
    request: OfficeRequest, slug: str, way: Literal["in", "out"] | None = None, before: int = 2**62, limit: int = 100
) -> dict[str, Any]:
    """Who came into a segment and who went out of it, the latest first; whom it began with is not among them."""
    limit, chosen = max(1, min(limit, PAGE_MAX)), None if way is None else way == "in"
    params = {"segment_id": queries.segment(slug).id, "way": chosen, "before": before, "limit": limit}
    moves = [{**move, "number": move["outbox_id"]} for move in current().query("understand.moves", **params).to_pylist()]
    return {"moves": moves, "next_before": moves[-1]["number"] if len(moves) == limit else None}


@router.get("/segments/{slug}/moves/{number}", response=MoveExplained, auth=Allowed("segments:read"), by_alias=True)
def explain_move(request: OfficeRequest, slug: str, number: int) -> dict[str, Any]:
    """Why somebody came in or went out: the tests as of that moment, and which of them turned."""
    row = queries.segment(slug)
    moved = queries.move_of(row, number, current())
    return turning(rule=queries.rule_of(row, moved.version), moved=moved, language=spoken(), warehouse=current())


@router.post("/rules/explain", response=Explained, auth=Allowed("segments:read"), by_alias=True)
def explain_rule(request: OfficeRequest, body: ExplainIn) -> dict[str, Any]:
    """Why a rule holds for a person or does not, test by test."""
    return _explained(request, _read(body.rule), body.person_id, body.at_us)


@router.post("/rules/check", response=RuleOut, auth=Allowed("segments:read"))
def check_rule(request: OfficeRequest, body: RuleIn) -> dict[str, Any]:
    """The canonical text, the stored form and the meaning of a rule. A fault names line, column and suggestions in `params`."""
    found = _checked(body.rule)
    told = [{**one, "message": warned(one)} for one in found.warnings]
    return {"text": found.text, "tree": rules.to_json(found.rule), "sentence": said(found.rule), "warnings": told}


@router.get("/rules/words", response=WordsOut, auth=Allowed("segments:read"))
def list_words(request: OfficeRequest) -> dict[str, Any]:
    """The words a rule may use here, as the worker last counted them: attributes by how many have them, collections by fields."""
    row = queries.vocabulary()
    return {"counted_us": row.counted_us, **with_shares(row.words)}


@router.get("/rules/schema", response=dict[str, Any], auth=Allowed("segments:read"))
def rule_schema(request: OfficeRequest) -> dict[str, Any]:
    """The JSON Schema of a rule's stored form."""
    return rules.json_schema()


@router.post("/rules/count", response=CountOut, auth=Allowed("segments:read"))
def count_rule(request: OfficeRequest, body: RuleIn) -> dict[str, Any]:
    """How many customers fit a rule."""
    at_us = body.at_us if body.at_us is not None else request.at_us
    try:
        [answer] = current().query("understand.segment_count", text=body.rule, at_us=at_us).to_pylist()
    except Refusal as refusal:
        raise _said(refusal) from refusal
    return dict(answer)


@router.get("/lifecycle", response=Stages, auth=Allowed("reports:read"))
def lifecycle(request: OfficeRequest, at_us: int | None = None) -> dict[str, Any]:
    """How many people stand in each lifecycle stage."""
    return {"stages": current().query("understand.stages", at_us=at_us if at_us is not None else request.at_us).to_pylist()}


serve(router, "segments", bulk.ACTIONS)


def _out(row: Segment, fallen: Mapping[str, Sequence[QualityAlarm]] | None = None) -> dict[str, Any]:
    alarms = unsafe.alarms_of("segment") if fallen is None else fallen
    told = {"sentence": said(rules.from_json(row.tree)), "unsafe": unsafe.as_json(alarms.get(row.slug, ()))}
    return {**queries.as_json(row), **told}


def _offered(one: Offer) -> dict[str, Any]:
    return {
        "slug": one.ready.slug, "group": one.ready.group, "name": one.name, "description": one.says, "rule": one.rule,
        "sentence": one.sentence, "has_example": one.ready.has_example, "used": one.used.slug if one.used else None,
    }  # fmt: skip


def _explained(request: OfficeRequest, rule: rules.Rule, person_id: int, at_us: int | None) -> dict[str, Any]:
    moment = at_us if at_us is not None else request.at_us
    return explain(rule=rule, person_id=person_of(person_id), at_us=moment, language=spoken(), warehouse=current())


def _read(text: str) -> rules.Rule:
    return _checked(text).rule


def _checked(text: str) -> words.Checked:
    try:
        return words.check(text, current())
    except Refusal as refusal:
        raise _said(refusal) from refusal


def _said(refusal: Refusal) -> Refusal:
    """The same refusal with its sentence in the caller's language."""
    refusal.message = sentence(refusal)
    return refusal

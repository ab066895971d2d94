"""New instructions from old ones: Self-Instruct (Wang et al. 2022, arXiv 2212.10560, §2.2) as a build step.

Two things differ from the paper. Demonstrations are drawn by content: in each request every row of the pool
has a rank, a hash of the request's place and the row's id, and the first ones are shown. A row that is added
to fifty then changes one request in six, and the others are known to the memo. And demonstrations come from
the training side only, so that no row of the validation split has descendants in training.
"""

from collections import Counter
from typing import Any, NamedTuple

import diskcache

from mbegu.asking.decoding import Decoding
from mbegu.asking.memo import request_key
from mbegu.asking.teachers import Teacher, consult, request
from mbegu.errors import BadInput
from mbegu.rows.ledger import entry
from mbegu.rows.lineage import roots, side
from mbegu.rows.row import Row, question
from mbegu.sources.seeds.demonstrations import draw_demonstrations, is_human, read_templates
from mbegu.sources.seeds.drafts import name
from mbegu.sources.seeds.instances import Ask, add_instances, instance_row
from mbegu.sources.seeds.lists import Instance, Triple, numbered, triples
from mbegu.text import filters
from mbegu.text.alike import Index
from mbegu.text.templates import render
from mbegu.text.words import words

STAGE = "expand"
MOST_ROUNDS = 1000


class Rounds(NamedTuple):
    """How many new instructions are asked for, and how."""

    method: str  # "self-instruct": instruction, kind, instances; "alpaca": all in one request (Taori et al. 2023)
    target: int  # accepted instructions
    requests: int  # a round
    patience: int  # rounds without an accepted instruction after which to stop
    demonstrations: int  # rows shown in a request
    machine: int  # of them at most so many written by the teacher
    instances: int  # at most so many rows of one instruction
    instance_chat: bool  # whether an instance prompt is a user's turn, or plain text to be continued
    instruction: Decoding
    instance: Decoding


class Limits(NamedTuple):
    """What an instruction must hold."""

    min_words: int
    max_words: int
    novelty: float  # ROUGE-L F1 to any earlier question; above it, it is not new
    topics: list[str]
    names: list[str]


class Domain(NamedTuple):
    """What the teacher is told, and where the share of rows held back for validation stands."""

    text: str
    templates: dict[str, str]
    validation: float


class Settings(NamedTuple):
    """All of the above."""

    rounds: Rounds
    limits: Limits
    domain: Domain


def settings(target: int, validation: float, values: dict[str, Any]) -> Settings:
    """From the keys of the section `bootstrap` of params.yaml.

    Raises:
        BadInput: a template is missing, or no instruction can be long enough.
    """
    if values["min_words"] > values["max_words"]:
        raise BadInput(f"bootstrap.min_words {values['min_words']} is above max_words {values['max_words']}; nothing fits.")
    sampling = (values["temperature"], values["top_p"], values["repetition_penalty"])
    rounds = Rounds(
        values["method"], target, values["requests"], values["patience"], values["demonstrations"], values["machine"],
        values["instances"], values["instance_chat"], Decoding(values["instruction_tokens"], *sampling),
        Decoding(values["instance_tokens"], *sampling),
    )  # fmt: skip
    limits = Limits(values["min_words"], values["max_words"], values["novelty"], list(values["topics"]), list(values["names"]))
    return Settings(rounds, limits, Domain(values["domain"], read_templates(values["templates"]), validation))


class Result(NamedTuple):
    """New rows, dropped candidates, and the counts."""

    rows: list[Row]
    ledger: list[dict[str, Any]]
    candidates: int  # instructions read from answers; one with several instances counts as many times
    asked: int


def bootstrap(pool: list[Row], settings: Settings, memo: diskcache.Cache, teacher: Teacher) -> Result:
    """Asks for new instructions in rounds, keeps the good and new ones, then asks for their instances.

    Args:
        pool: answered rows that people wrote or verified, and rows of earlier versions.

    Raises:
        BadInput: the pool has no human row on the training side, a template is wrong, or the teacher fails.
    """
    rounds = settings.rounds
    if not rounds.target:
        return Result([], [], 0, 0)
    state = _State(pool, settings.limits, settings.domain, teacher)
    idle = number = 0
    while len(state.accepted) < rounds.target and idle < rounds.patience and number < MOST_ROUNDS:
        before = len(state.accepted)
        asks = [state.ask_for_instructions(rounds, number, place) for place in range(rounds.requests)]
        answers, asked = consult(teacher, [ask.request for ask in asks], memo)
        state.asked += asked
        for ask, answer in zip(asks, answers, strict=True):
            state.judge(ask, answer, rounds)
        idle = 0 if len(state.accepted) > before else idle + 1
        number += 1
    if rounds.method == "alpaca":
        return Result(state.accepted, state.ledger, state.read, state.asked)
    how = Ask(settings.domain.templates, rounds.instances, rounds.instance_chat, rounds.instance)
    added = add_instances(state.accepted, how, teacher, memo)
    candidates = state.read - len(state.accepted) + added.read
    return Result(added.rows, [*state.ledger, *added.ledger], candidates, state.asked + added.asked)


class _Proposal(NamedTuple):
    request: dict[str, Any]
    origin: dict[str, Any]


class _State:
    """The pool as it grows: what was accepted, what was dropped, and the index of all questions so far."""

    def __init__(self, pool: list[Row], limits: Limits, domain: Domain, teacher: Teacher) -> None:
        self.limits, self.domain, self.teacher = limits, domain, teacher
        self.rows = pool
        self.human = [row for row in pool if is_human(row) and side(roots(row), domain.validation) == "training"]
        if not self.human:
            raise BadInput("expand: no answered hand-written or reviewed row to show the teacher; write at least one seed.")
        self.scripts = filters.scripts(self.human)
        self.accepted: list[Row] = []
        self.ledger: list[dict[str, Any]] = []
        self.asked = self.read = 0
        self.prompts: Counter[str] = Counter()
        self.index = Index()
        for row in pool:
            self.index.add(words(question(row)))

    def ask_for_instructions(self, rounds: Rounds, number: int, place: int) -> _Proposal:
        slot = f"round {number} request {place}"
        shown = draw_demonstrations(self.human, self.accepted, slot, rounds.demonstrations, rounds.machine)
        template, values = (
            ("alpaca", shown) if rounds.method == "alpaca" else ("instructions", [row["instruction"] for row in shown])
        )
        text = render(self.domain.templates[template], template, domain=self.domain.text, demonstrations=values)
        asked = request(self.teacher, text, False, rounds.instruction, self.prompts[text])
        self.prompts[text] += 1  # a small pool shows the same rows again, and shall get another answer
        origin = {
            "kind": "generated",
            "parents": sorted({root for row in shown for root in roots(row)}),
            "demonstrations": [row["id"] for row in shown],
            "teacher": name(self.teacher),
            "request": request_key(asked),
            "round": number,
        }
        return _Proposal(asked, origin)

    def judge(self, ask: _Proposal, answer: dict[str, Any], rounds: Rounds) -> None:
        """Accepts each candidate of an answer, or enters why not."""
        found = read_candidates(answer["text"], rounds.method)
        self.read += len(found)
        for position, candidate in enumerate(found):
            cut = answer["finish_reason"] == "length" and position == len(found) - 1
            origin = {**ask.origin, "finish_reason": "length" if cut else "stop"}
            row = instance_row(candidate.instruction, Instance(candidate.input, candidate.output), origin)
            problem = self.problem(row)
            near = None if problem else self.near(row)
            if problem:
                self.ledger.append(entry(row, STAGE, "dropped", problem[0], problem[1]))
            elif near is not None:
                self.ledger.append(entry(row, STAGE, "dropped", "not novel", near[1], near[0]["id"]))
            elif len(self.accepted) >= rounds.target:
                self.ledger.append(entry(row, STAGE, "dropped", "beyond the target"))
            else:
                nearest = self.index.nearest(words(question(row)))
                if nearest is not None:
                    row["origin"]["nearest"] = {"id": self.row(nearest.position)["id"], "score": round(nearest.score, 4)}
                self.index.add(words(question(row)))
                self.accepted.append(row)

    def problem(self, row: Row) -> filters.Problem | None:
        """The first instruction filter that bites."""
        text, limits = row["instruction"], self.limits
        return (
            filters.cut_off(row["origin"]["finish_reason"])
            or filters.empty(text)
            or filters.control_token(question(row) + row["output"], self.teacher.control_tokens)
            or filters.leading_punctuation(text)
            or filters.length(text, limits.min_words, limits.max_words)
            or filters.about(text, limits.topics)
            or filters.foreign_script(text, self.scripts)
        )

    def near(self, row: Row) -> tuple[Row, float] | None:
        """An earlier question that this one repeats: alike, and with the same numbers and names."""
        own = filters.marks(question(row), self.limits.names)
        for near in self.index.near(words(question(row)), self.limits.novelty):
            other = self.row(near.position)
            if filters.marks(question(other), self.limits.names) == own:
                return other, near.score
        return None

    def row(self, index: int) -> Row:
        return self.rows[index] if index < len(self.rows) else self.accepted[index - len(self.rows)]


def read_candidates(text: str, method: str) -> list[Triple]:
    """What a teacher's answer to an instruction request proposes."""
    if method == "alpaca":
        return triples(text)
    return [Triple(item, "", "") for item in numbered(text, continued=True)]

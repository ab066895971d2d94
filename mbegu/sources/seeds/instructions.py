"""New instructions from old ones: Self-Instruct (Wang et al. 2022, arXiv 2212.10560, §2.2) as a build step.

Two things differ from the paper. Demonstrations are drawn by content: in each request every row of the pool
has a rank, a hash of the request's place and the row's id, and the first ones are shown. A row that is added
to fifty then changes one request in six, and the others are known to the memo. And demonstrations come from
the training side only, so that no row of the validation split has descendants in training.
"""

from collections import Counter
from typing import Any, NamedTuple

from mbegu.asking.about import about
from mbegu.asking.memo import Answer, Request, request_key
from mbegu.asking.teachers import Teacher, origin_of, request, unanswered, unrecorded
from mbegu.errors import BadInput
from mbegu.rows.ledger import Entry, Sieved, entry
from mbegu.rows.lineage import roots, side
from mbegu.rows.parts import kindred, parts
from mbegu.rows.row import Row, question
from mbegu.sources.seeds.demonstrations import draw_demonstrations, is_human
from mbegu.sources.seeds.instances import add_instances, instance_row
from mbegu.sources.seeds.lists import Instance, Triple, numbered, triples
from mbegu.sources.seeds.settings import STAGE, Bootstrap
from mbegu.text import filters, reasons
from mbegu.text.alike import Index
from mbegu.text.templates import render
from mbegu.text.words import words

MOST_ROUNDS = 1000


def check(how: Bootstrap) -> None:
    """Raises `BadInput` if no instruction can be long enough."""
    if how.min_words > how.max_words:
        raise BadInput(f"bootstrap.min_words {how.min_words} is above max_words {how.max_words}; nothing fits.")


def bootstrap(
    pool: list[Row], how: Bootstrap, names: list[str], templates: dict[str, str], teacher: Teacher
) -> tuple[Sieved[list[Row]], int, int]:
    """Asks for new instructions in rounds, keeps the good and new ones, then asks for their instances.

    Args:
        pool: answered rows that people wrote or verified, and rows of earlier versions.
        names: that set two alike questions apart.
        templates: their texts by name (`demonstrations.read_templates`).

    Returns:
        The new rows and the ledger of candidates; the number of candidates, an instruction with several instances counting
        as many times; and how many requests the memo did not know.

    Raises:
        BadInput: the pool has no human row on the training side, a template is wrong, or the teacher fails.
    """
    if not how.target:
        return Sieved([], []), 0, 0
    state = _State(pool, how, names, templates, teacher)
    idle = number = asked = 0
    while len(state.accepted) < how.target and idle < how.patience and number < MOST_ROUNDS and not state.lost:
        before = len(state.accepted)
        asked += state.ask(number)
        idle = 0 if len(state.accepted) > before else idle + 1
        number += 1
    if how.method == "alpaca":
        return Sieved(state.accepted, state.ledger), state.read, asked
    added, read, more = add_instances(state.accepted, how, templates, teacher)
    return Sieved(added.kept, [*state.ledger, *added.ledger]), state.read - len(state.accepted) + read, asked + more


class _Proposal(NamedTuple):
    request: Request
    origin: dict[str, Any]


class _State:
    """The pool as it grows: what was accepted, what was dropped, and the index of all questions so far."""

    def __init__(self, pool: list[Row], how: Bootstrap, names: list[str], templates: dict[str, str], teacher: Teacher) -> None:
        self.how, self.names, self.templates, self.teacher = how, names, templates, teacher
        self.rows = pool
        self.human = [row for row in pool if is_human(row) and side(roots(row), how.validation) == "training"]
        if not self.human:
            raise BadInput("expand: no answered hand-written or reviewed row to show the teacher; write at least one seed.")
        self.scripts = filters.scripts(self.human)
        self.accepted: list[Row] = []
        self.ledger: list[Entry] = []
        self.read = 0
        self.lost = False  # a recording lacks replies of this round, and nobody knows what the next would ask
        self.prompts: Counter[str] = Counter()
        self.index = Index()
        for row in pool:
            self.index.add(words(question(row)))

    def ask(self, number: int) -> int:
        """One round: new instructions are asked for and judged. Gives how many requests the memo did not know."""
        proposals = [self.propose(number, place) for place in range(self.how.requests)]
        answers, asked = self.teacher.ask([proposal.request for proposal in proposals])
        for proposal, answer in zip(proposals, answers, strict=True):
            self.judge(proposal, answer)
        return asked

    def propose(self, number: int, place: int) -> _Proposal:
        """The request of a place in a round, and the origin of what comes of it."""
        slot = f"round {number} request {place}"
        shown = draw_demonstrations(self.human, self.accepted, slot, self.how.demonstrations, self.how.machine)
        template, values = (
            ("alpaca", shown) if self.how.method == "alpaca" else ("instructions", [row["instruction"] for row in shown])
        )
        text = render(self.templates[template], template, domain=self.how.domain, demonstrations=values)
        decoding = self.how.decoding(self.how.instruction_tokens)
        # not what is shown: that changes with each seed, and a recorded list of questions is as good as before
        known = about(template, self.templates[template], round=number, request=place)
        asked = request(self.teacher, text, False, decoding, self.prompts[text], about=known)
        self.prompts[text] += 1  # a small pool shows the same rows again, and shall get another answer
        origin = {
            "kind": "generated",
            "parents": sorted({root for row in shown for root in roots(row)}),
            "demonstrations": [row["id"] for row in shown],
            "request": request_key(asked),
            "round": number,
        }
        return _Proposal(asked, origin)

    def judge(self, proposal: _Proposal, answer: Answer) -> None:
        """Accepts each candidate of an answer, or enters why not."""
        found = read_candidates(answer["text"], self.how.method)
        self.read += len(found)
        if why := unanswered(answer, "instructions"):
            self.lost, self.read = self.lost or unrecorded(answer), self.read + 1
            row = instance_row("", Instance("", ""), proposal.origin)
            self.ledger.append(entry(row, STAGE, "dropped", why))
        before, reason = len(self.accepted), "no question in it"
        for position, candidate in enumerate(found):
            cut = answer["finish_reason"] == "length" and position == len(found) - 1
            wrote = origin_of(self.teacher, answer)
            origin = {**proposal.origin, **wrote, "finish_reason": "length" if cut else "stop"}
            row = instance_row(candidate.instruction, Instance(candidate.input, candidate.output), origin)
            refused: tuple[Any, ...] | None = self.problem(row) or self.repeats(row)
            if refused is None and len(self.accepted) >= self.how.target:
                refused = (reasons.BEYOND_TARGET,)
            if refused:
                reason = refused[0]
                self.ledger.append(entry(row, STAGE, "dropped", *refused))
            else:
                self.accept(row)
        if len(self.accepted) == before and not why:
            self.teacher.refuse(proposal.request, f"none of its {len(found)} is kept: {reason}")

    def problem(self, row: Row) -> filters.Problem | None:
        """The first instruction filter that bites."""
        text, how = row["instruction"], self.how
        return (
            filters.cut_off(row["origin"]["finish_reason"])
            or filters.empty(text)
            or filters.control_token(question(row) + row["output"], self.teacher.control_tokens)
            or filters.leading_punctuation(text)
            or filters.length(text, how.min_words, how.max_words)
            or filters.about(text, how.topics)
            or filters.foreign_script(text, self.scripts)
        )

    def repeats(self, row: Row) -> tuple[str, float, str] | None:
        """An earlier question that this one repeats, alike and with the same numbers and names: reason, score and its id."""
        own = filters.marks(question(row), self.names)
        for near in self.index.near(words(question(row)), self.how.novelty):
            other = self.row(near.position)
            same = kindred(parts(row), parts(other), self.how.novelty)  # as another question about one text is not
            if same and filters.marks(question(other), self.names) == own:
                return reasons.NOT_NOVEL, near.score, other["id"]
        return None

    def accept(self, row: Row) -> None:
        """Adds a row to the pool, with the question that is most like it."""
        nearest = self.index.nearest(words(question(row)))
        if nearest is not None:
            row["origin"]["nearest"] = {"id": self.row(nearest.position)["id"], "score": round(nearest.score, 4)}
        self.index.add(words(question(row)))
        self.accepted.append(row)

    def row(self, index: int) -> Row:
        """The row at a position of the index."""
        return self.rows[index] if index < len(self.rows) else self.accepted[index - len(self.rows)]


def read_candidates(text: str, method: str) -> list[Triple]:
    """What a teacher's answer to an instruction request proposes."""
    if method == "alpaca":
        return triples(text)
    return [Triple(item, "", "") for item in numbered(text, continued=True)]

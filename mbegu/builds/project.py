"""A project's files by name: the one place that knows how dvc.yaml lays out `data/`, `metrics/` and `models/`.

A stage gets its paths from dvc.yaml; the pages and commands that look at a whole project get them from here. What lists files
lists those of the names that params.yaml declares, in its order: others are left over from an earlier build or project.
"""

from pathlib import Path
from typing import Annotated, NamedTuple

from mbegu.builds import declared
from mbegu.errors import BadInput

LEDGER = ".ledger.jsonl"
REVIEWS = ".reviews.jsonl"  # of labels
NONE = "none"  # the version without rows, which the first one extends
# Folders of data/ and of metrics/, and the section of params.yaml whose names their files have, or the sections
DATA: dict[str, str | tuple[str, ...]] = {
    "seeds": "seeds", "documents": "documents", "chunks": "documents", "questions": "questioned", "loaded": "sets",
    "cleaned": "sets", "expanded": "versions", "reviews": "versions", "curated": "versions", "versions": "versions",
    "encoded": ("versions", "pretrained", "learned"), "exported": "exported", "predictions": "models",
    "scores": "models", "judged": "judged", "pretrained": "pretrained", "recordings": ("versions", "studied"),
    "study": "studied", "judgements": "judged", "learned": "learned", "exams": "documents", "retrieved": "retrieved",
    "examined": "examined", "messages": "telegram", "labels": "telegram", "labelled": "telegram", "index": "indexed",
}  # fmt: skip
METRICS = {
    "clean": ("sets",), "funnel": ("versions",), "encode": ("versions",), "train": ("versions",), "score": ("models",),
    "judge": ("judged",), "noise": ("noise",), "continued": ("continued",),
    "warnings": ("versions", "pretrained", "learned", "noise", "continued"),
    "corpus": ("telegram", "extended", "pretrained", "learned", "campaigns", "exams"),
}  # fmt: skip
ROWS = ("seeds", "expanded", "curated", "versions")  # folders of rows, in the order in which they are made of each other


def sections(kind: str) -> tuple[str, ...]:
    """The sections of params.yaml whose names the files of a folder of `data` have."""
    found = DATA[kind]
    return (found,) if isinstance(found, str) else found


class Project(NamedTuple):
    """Where a project's files are, seen from the folder of its dvc.yaml. None of them has to be there."""

    adapters: Annotated[Path, "Folder of the adapters."] = Path("models/adapters")
    base: Annotated[Path, "Folder of the base model."] = Path("models/base")
    data: Annotated[Path, "Folder of the rows."] = Path("data")
    metrics: Annotated[Path, "Folder of all metrics."] = Path("metrics")
    params: Annotated[Path, "File with the section publish."] = Path("params.yaml")
    lock: Annotated[Path, "What was built from what."] = Path("dvc.lock")

    def rows(self, version: str) -> Path:
        """The rows of a version."""
        return self.data / "versions" / f"{version}.jsonl"

    def seeds(self, version: str) -> Path:
        """What people wrote for a version."""
        return self.data / "seeds" / f"{version}.jsonl"

    def drafts(self, version: str) -> Path:
        """A version's new rows before review and filters, from whatever source."""
        return self.data / "expanded" / f"{version}.jsonl"

    def recording(self, version: str) -> Path:
        """Replies to what a teacher is asked for it."""
        return self.data / "recordings" / f"{version}.jsonl"

    def reviews(self, version: str) -> Path:
        """People's decisions on its drafts."""
        return self.data / "reviews" / f"{version}.jsonl"

    def judgements(self, pair: str) -> Path:
        """People's verdicts on the answers of two models."""
        return self.data / "judgements" / f"{pair}.jsonl"

    def judged(self, pair: str) -> tuple[str, str]:
        """The two models of a pair, the newer first.

        Raises:
            BadInput: params.yaml declares no such pair, or one without its models.
        """
        params = declared.read_params(self.params)
        declared.check_names([pair], "judged", params, self.params)
        item = params["judged"][pair]
        if not isinstance(item, dict) or not {"new", "old"} <= set(item):
            raise BadInput(f"{self.params}: judged.{pair} is {item!r}; name two models, such as {{new: v2, old: base}}.")
        return str(item["new"]), str(item["old"])

    def labels(self, corpus: str) -> Path:
        """What people call some messages of a corpus."""
        return self.data / "labels" / f"{corpus}.jsonl"

    def label_reviews(self, corpus: str) -> Path:
        """People's decisions on messages that the classifier was not sure of."""
        return self.data / "labels" / f"{corpus}{REVIEWS}"

    def labelled(self, corpus: str) -> Path:
        """The messages of a corpus, each called an ad or not."""
        return self.data / "labelled" / f"{corpus}.jsonl"

    def queue(self, corpus: str) -> Path:
        """Those of them to review."""
        return self.data / "labelled" / f"{corpus}.queue.jsonl"

    def ledgers(self, version: str) -> list[Path]:
        """What the stages dropped or changed on the way to a version; those that are there, by path."""
        params = declared.read_params(self.params)
        kinds = [kind for kind in DATA if any(version in declared.names(params, section) for section in sections(kind))]
        return [path for kind in sorted(kinds) if (path := self.data / kind / f"{version}{LEDGER}").is_file()]

    def heldout(self) -> Path:
        """The rows that are never trained on."""
        return self.data / "heldout.jsonl"

    def exams(self) -> Path:
        """The folder of questions without a passage."""
        return self.data / "exams"

    def exam(self, documents: str) -> Path:
        """Those about some documents."""
        return self.exams() / documents

    def adapter(self, version: str) -> Path:
        """The folder of a version's adapter."""
        return self.adapters / version

    def made(self) -> dict[Path, str]:
        """The folders of models that stages make, and the section whose names theirs are."""
        others = ("pretrained", "learned", "extended", "noise", "continued")
        return {self.adapters: "versions"} | {self.adapters.with_name(name): name for name in others}

    def predictions(self, model: str) -> Path:
        """A model's answers to the held-out questions; a model is "base" or a version."""
        return self.data / "predictions" / f"{model}.jsonl"

    def measures(self, model: str) -> Path:
        """What was measured of each of these answers."""
        return self.data / "scores" / f"{model}.jsonl"

    def score(self, model: str) -> Path:
        """The sums of these measures."""
        return self.metrics / "score" / f"{model}.json"

    def compared(self) -> Path:
        """All models against each other."""
        return self.metrics / "compare.json"

    def flips(self) -> Path:
        """Held-out questions that versions answer better or worse."""
        return self.data / "flips.jsonl"

    def curve(self, version: str, split: str) -> Path:
        """Loss by step; `split` is "training" or "validation"."""
        return self.metrics / "train" / version / f"{split}.csv"

    def corpus(self, name: str) -> Path:
        """What was measured of messages, labels, tokens and retrieval."""
        return self.metrics / "corpus" / name

    def pretraining(self, name: str, split: str) -> Path:
        """Loss by step of phase one; `split` as for `curve`."""
        return self.corpus(name) / "pretrain" / f"{split}.csv"

    def learning(self, name: str, split: str) -> Path:
        """Loss by step of what was read of documents; `split` as for `curve`."""
        return self.corpus(name) / "learn" / f"{split}.csv"

    def lengths(self, version: str) -> Path:
        """Tokens of each row."""
        return self.metrics / "encode" / f"{version}.csv"

    def funnel(self, version: str) -> Path:
        """Candidates left after each filter."""
        return self.metrics / "funnel" / f"{version}.csv"

    def names(self, section: str) -> list[str]:
        """What a section of params.yaml declares, in its order.

        Raises:
            BadInput: no params.yaml, or one that can't be read.
        """
        return declared.names(declared.read_params(self.params), section)

    def check_versions(self, *wanted: str) -> None:
        """Raises BadInput unless params.yaml declares these versions."""
        declared.check_names(wanted, "versions", declared.read_params(self.params), self.params)

    def check_corpus(self, name: str) -> None:
        """Raises BadInput unless params.yaml declares this corpus of messages."""
        declared.check_names([name], "telegram", declared.read_params(self.params), self.params)

    def tallies(self) -> list[Path]:
        """Pairs of models whose answers were judged; those that are there."""
        return [path for name in self.names("judged") if (path := self.metrics / "judge" / f"{name}.json").is_file()]

    def calibrated(self, pair: str) -> Path:
        """How sure such a tally is, and what people say of the same answers."""
        return self.metrics / "judge" / f"{pair}.calibrated.json"

    def files(self, kind: str, suffix: str = ".jsonl") -> list[Path]:
        """The files of rows or reviews in a folder of `data`, such as "versions"; those that are there, without ledgers."""
        names = [*([NONE] if kind == "versions" else []), *(name for section in sections(kind) for name in self.names(section))]
        return [path for name in names if (path := self.data / kind / f"{name}{suffix}").is_file()]

    def row_files(self) -> list[Path]:
        """Every file of rows from seeds to versions, what comes first first."""
        return [path for kind in ROWS for path in self.files(kind)]

    def row_ledgers(self) -> list[Path]:
        """The ledgers that stand beside them."""
        return [path for kind in ROWS for path in self.files(kind, LEDGER)]

    def record(self) -> list[Path]:
        """What a report names with its hash: what people wrote, and the versions, by path."""
        heldout = [self.heldout()] if self.heldout().is_file() else []
        labels = [*self.files("labels"), *self.files("labels", REVIEWS)]
        written = [path for kind in ("seeds", "recordings", "reviews", "judgements") for path in self.files(kind)]
        return sorted([*heldout, *written, *labels, *self.files("versions")])


def project_in(folder: Path) -> Project:
    """The project of a folder that is not the working directory."""
    return Project(*(folder / path for path in Project()))


def project_of(data: Path) -> Project:
    """The project that a folder of rows belongs to, with its params.yaml beside that folder."""
    return Project(data=data, params=data.parent / Project().params)

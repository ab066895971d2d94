"""The choice of the teacher. It loads what that one needs and no more, and so reaches all of them: whoever is asked by none
of them stays away from here, or an edit of one would run it again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from mbegu.asking.settings import Teachers

if TYPE_CHECKING:
    from mbegu.asking.teachers import Teacher


class LocalModel(NamedTuple):
    """Which model answers where the teacher is local."""

    base: Annotated[Path, "Folder of the base model."]
    teacher: Annotated[Path, "Local teacher: the base, or an adapter."]


class Memory(NamedTuple):
    """What stays from one run to the next."""

    memo: Annotated[str, "Remembered answers: a folder, or the address of what several machines share."]
    work: Annotated[Path, "Folder for this run's lock."]


@contextmanager
def choose(teachers: Teachers, model: LocalModel, memory: Memory) -> Iterator["Teacher"]:
    """The teacher that the section names, with its memo open, while no other run of this stage works.

    Raises:
        BadInput: another run works, the memo or a recording can't be read, or a manifest does not hold.
    """
    from mbegu.asking.memo import open_memo
    from mbegu.outputs import sole_writer

    with sole_writer(memory.work), open_memo(memory.memo) as memo:
        if teachers.kind == "openai":
            from mbegu.asking.endpoint import openai_compatible

            yield openai_compatible(teachers.openai, memo)._replace(samples=teachers.samples)
        elif teachers.kind == "recorded":
            from mbegu.asking.recorded import recorded

            yield recorded(teachers.recorded)
        else:
            from mbegu.asking.local import local
            from mbegu.models.loading import Weights
            from mbegu.models.turns import read_told

            adapter = None if model.teacher == model.base else model.teacher
            told = read_told(teachers.local.template_options, teachers.local.date, "teacher.local")
            weights = Weights(model.base, adapter, teachers.local.quantization)
            yield local(weights, teachers.local.batch_size, memo, told)._replace(samples=teachers.samples)

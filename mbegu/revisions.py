"""Built files as they were at another git revision, from the DVC cache."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mbegu.errors import BadInput

PREDICTION = (
    "id", "instruction", "input", "reference", "prediction", "tokens", "finish_reason", "reference_nll", "reference_tokens",
)  # fmt: skip


@contextmanager
def folder(data: Path, kinds: list[str], version: str, rev: str | None) -> Iterator[Path]:
    """`data` itself, or a temporary folder with `KIND/VERSION.jsonl` as they were at `rev`.

    Raises:
        BadInput: no such revision, or a file that is neither in git nor in the DVC cache there.
    """
    if rev is None:
        yield data
        return
    with tempfile.TemporaryDirectory() as temporary:
        for kind in kinds:
            path = Path(temporary, kind, f"{version}.jsonl")
            path.parent.mkdir()
            path.write_bytes(_read(data / kind / f"{version}.jsonl", rev))
        yield Path(temporary)


def _read(path: Path, rev: str) -> bytes:
    import dvc.api
    from dvc.exceptions import DvcException
    from scmrepo.exceptions import SCMError

    try:
        return bytes(dvc.api.read(str(path), repo=".", rev=rev, mode="rb"))
    except (DvcException, SCMError, OSError) as error:
        raise BadInput(
            f"{path} at {rev}: {str(error).splitlines()[0]}; name a commit that has it, or get its data with "
            "`dvc fetch --all-commits`."
        ) from None

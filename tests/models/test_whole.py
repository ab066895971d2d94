"""Model folders that are not whole, and files that stand in for others, wherever they are read."""

import json
import shutil
from pathlib import Path

import pytest

from mbegu.errors import BadInput
from mbegu.models.base import finish, from_path
from mbegu.models.whole import check_model
from mbegu.text.pointers import stand_in

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"  # noqa: E501
ANNEX = b"/annex/objects/SHA256E-s1048576--0a1b.safetensors\n"


@pytest.fixture
def folder(tiny_base, tmp_path):
    shutil.copytree(tiny_base, tmp_path / "base")
    return tmp_path / "base"


def shards(folder: Path) -> None:
    """The same weights in two shards with an index."""
    from safetensors.numpy import save_file
    from safetensors.torch import load_file

    weights = {name: value.float().numpy() for name, value in load_file(folder / "model.safetensors").items()}
    (folder / "model.safetensors").unlink()
    halves = [dict(list(weights.items())[::2]), dict(list(weights.items())[1::2])]
    places = {}
    for number, half in enumerate(halves, 1):
        save_file(half, folder / f"model-0000{number}-of-00002.safetensors")
        places |= dict.fromkeys(half, f"model-0000{number}-of-00002.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


def test_a_whole_model_is_whole_in_one_file_or_in_shards(folder):
    check_model(folder)
    shards(folder)
    check_model(folder)


PROBLEMS = {
    "pointer": (lambda f: (f / "model.safetensors").write_bytes(LFS), "model.safetensors: is a Git LFS pointer.*`git lfs pull`"),
    "annex": (lambda f: (f / "model.safetensors").write_bytes(ANNEX), "a pointer of git-annex"),
    "tokenizer": (lambda f: (f / "tokenizer.json").write_bytes(LFS), "tokenizer.json: is a Git LFS pointer"),
    "cut in its data": (lambda f: cut(f / "model.safetensors", 10_000), "has 10,000 bytes and its header tells of .* cut off"),
    "cut in its header": (lambda f: cut(f / "model.safetensors", 100), "cut off in its header"),
    "empty": (lambda f: cut(f / "model.safetensors", 0), "cut off in its header"),
    "a page": (lambda f: (f / "model.safetensors").write_text("<!DOCTYPE html>" * 9), "is no safetensors file"),
    "none": (lambda f: (f / "model.safetensors").unlink(), r"holds no \*\.safetensors"),
    "longer": (lambda f: (f / "model.safetensors").open("ab").write(b"more"), "its header tells of"),
    "a shard": (
        lambda f: (shards(f), (f / "model-00002-of-00002.safetensors").unlink()),
        "index.json: names model-00002-of-00002.safetensors, which is not there",
    ),
    "the index": (lambda f: (shards(f), (f / "model.safetensors.index.json").unlink()), "no model.safetensors.index.json"),
    "a shard and the index": (
        lambda f: (shards(f), (f / "model.safetensors.index.json").unlink(), (f / "model-00001-of-00002.safetensors").unlink()),
        "model-00001-of-00002.safetensors: is missing",
    ),
    "another tensor": (
        lambda f: (f / "model.safetensors.index.json").write_text('{"weight_map": {"x": "model.safetensors"}}'),
        "says that x is in model.safetensors, which does not hold it",
    ),
    "no index": (lambda f: (f / "model.safetensors.index.json").write_text("[]"), "index.json: its header is not"),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_model_that_is_not_whole_is_refused_where_it_is_copied_and_where_a_base_is_finished(folder, tmp_path, problem):
    spoil, message = PROBLEMS[problem]
    spoil(folder)
    with pytest.raises(BadInput, match=message) as error:
        finish(folder, {"source": "test"})
    assert "\n" not in str(error.value)
    with pytest.raises(BadInput):
        from_path(folder, tmp_path / "out")


def test_a_model_that_was_stored_before_is_refused_where_it_is_loaded(folder):
    from mbegu.models.loading import load_base

    (folder / "model.safetensors").write_bytes(LFS)
    with pytest.raises(BadInput, match="is a Git LFS pointer"):
        load_base(folder, "none")


@pytest.mark.parametrize(
    "content", [LFS, b"\xef\xbb\xbf" + LFS, LFS.replace(b"\n", b"\r\n"), ANNEX, b"../.git/annex/objects/a/b"]
)
def test_pointers(content):
    assert "fetch that with" in stand_in(content)


@pytest.mark.parametrize(
    "content", [b"", "ሰላም".encode(), b"version https://example.com", b"In git, /annex/objects/ is a folder.\nMore.", b"\0" * 2000]
)
def test_other_files_stand_for_themselves(content):
    assert stand_in(content) == ""


def test_no_reader_takes_a_pointer_for_the_file(tmp_path):
    from mbegu.rows.jsonl import read_lines
    from mbegu.sources.documents.documents import Unreadable
    from mbegu.sources.documents.readers import read_document
    from mbegu.sources.seeds.sheet import Columns, read_sheet
    from mbegu.sources.sets.records import read
    from mbegu.sources.telegram.slices import read_chats

    for name in ("a.txt", "a.pdf", "a.md"):
        (tmp_path / name).write_bytes(LFS)
        with pytest.raises(Unreadable, match="Git LFS pointer"):
            read_document(tmp_path, name)
    for name in ("set.json", "set.jsonl", "set.csv", "set.parquet"):
        (tmp_path / name).write_bytes(LFS)
        with pytest.raises(BadInput, match=f"{name}: is a Git LFS pointer"):
            list(read(str(tmp_path / name), "auto", "train"))
    for reader in (lambda path: list(read_lines(path, ("id",))), read_chats, lambda path: read_sheet(path, Columns("", "", ""))):
        (tmp_path / "other.csv").write_bytes(LFS)
        with pytest.raises(BadInput, match=r"other\.csv: is a Git LFS pointer"):
            reader(tmp_path / "other.csv")

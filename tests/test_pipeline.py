"""The pipeline files themselves: dependencies, parameters, commands."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml
from root import ROOT

FOLDERS = (".", "examples/company_docs", "examples/finance_qa", "examples/amharic_ads")
MARK = "  # From here on the same in every project.\n"
PARAMS = {folder: yaml.safe_load((ROOT / folder / "params.yaml").read_text()) for folder in FOLDERS}
TEXTS = {folder: (ROOT / folder / "dvc.yaml").read_text() for folder in FOLDERS}
SCRIPTS = sorted(path.name for path in (ROOT / "stages").glob("*.py"))
BODIES = {name: stage.get("do", stage) for name, stage in yaml.safe_load(TEXTS["."])["stages"].items()}
NAMING = {  # the sections whose keys name stages, and whose values their commands take
    stage["foreach"].strip("${}") for stage in yaml.safe_load(TEXTS["."])["stages"].values() if "foreach" in stage
}
VALUES = {"home", "base_model", "release", "memo"}  # of which the pipeline file makes paths
READ = {"publish", "executor"}  # by a command that no stage depends on; by scripts, of which no output depends on it


def script_of(name: str) -> str:
    return re.search(r"exec python (?:\$\{home\}/)?(stages/\w+\.py)", BODIES[name]["cmd"])[1]


def unpacked(name: str) -> list[str]:
    """The sections that a stage's command takes as options."""
    return re.findall(r"(?<!\S)\$\{(\w+)\}(?!\S)", re.sub(r"--\w+ \$\{\w+\}", "", BODIES[name]["cmd"]))


def load(script: str):
    spec = importlib.util.spec_from_file_location(Path(script).stem + "_script", ROOT / script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def flat(values: dict, prefix: str = "") -> dict:
    found = {}
    for key, value in values.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


@pytest.mark.parametrize("name", BODIES)
def test_a_stage_s_one_code_dependency_is_the_fingerprint_of_its_own_script(name):
    deps = BODIES[name]["deps"]
    if name == "fingerprint":
        assert deps == ["mbegu", "stages"]
        return
    # the same script with another seed, on other text, from another start
    script = {"retrain": "train", "learn": "pretrain", "continue_training": "train"}.get(name, name)
    assert script_of(name) == f"stages/{script}.py"
    assert deps[0].removeprefix("${home}/") == f"data/fingerprints/{script}"
    assert not [dep for dep in deps[1:] if dep.endswith(".py") or "fingerprints" in dep]


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("name", BODIES)
def test_every_parameter_of_a_stage_is_an_option_of_its_script_and_declared_as_a_param(name, folder):
    options = {option for param in load(script_of(name)).main.params for option in [*param.opts, *param.secondary_opts]}
    sections = [section for section in unpacked(name) if section != "item"]
    # what the script reads from the file itself
    values = {"compared", "predict.without_context", *(f"train.{key}" for key in ("epochs", "seed", "start", "validation"))}
    named = NAMING | values if "--params params.yaml" in BODIES[name]["cmd"] else set()
    assert sorted(sections) == sorted(set(BODIES[name].get("params", [])) - named)
    for section in sections:  # those of sources that a project has not may be left out of its params.yaml
        for key in flat(PARAMS[folder].get(section, {})):
            assert f"--{key}" in options, f"params.yaml {section}.{key} is no option of {script_of(name)}"
    if "item" in unpacked(name):
        for item in PARAMS[folder][name].values():
            assert {f"--{key}" for key in item} <= options


@pytest.mark.parametrize("name", BODIES)
def test_a_command_names_options_of_its_script_and_gives_each_that_is_required(name):
    params = [param for param in load(script_of(name)).main.params if isinstance(param, click.Option)]
    known = {option: param for param in params for option in [*param.opts, *param.secondary_opts]}
    named = set(re.findall(r"(?<!\S)--[\w.]+", BODIES[name]["cmd"]))
    assert named <= set(known)
    folder = next((one for one in FOLDERS if all(section in PARAMS[one] for section in unpacked(name))), ".")
    given = named | {f"--{key}" for section in unpacked(name) for key in flat(PARAMS[folder].get(section, {}))}
    if "item" not in unpacked(name):
        assert [param.name for param in params if param.required and not given & {*param.opts, *param.secondary_opts}] == []


@pytest.mark.parametrize("name", ["index", "index_chunks"])
def test_an_index_depends_on_the_encoder_whose_vectors_it_holds(name):
    assert "${index.dense}" in BODIES[name]["deps"] and "index" in unpacked(name)
    named = [PARAMS[folder]["index"]["dense"] for folder in FOLDERS if "index" in PARAMS[folder]]
    assert named and all(named)  # DVC has no empty path among what a stage depends on


@pytest.mark.parametrize("name", BODIES)
def test_no_shell_stands_between_dvc_and_a_stage(name):
    assert BODIES[name]["cmd"].startswith("exec python ")  # or a killed dvc leaves the stage running under dash


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_section_of_params_is_read_by_a_stage_or_publish(folder):
    """And every section that a stage of the project reads is there."""
    stages = {name.partition("@")[0] for name in stage_names(folder)}
    own, any_ = (
        {param.partition(".")[0] for name in names for param in BODIES[name].get("params", [])} for names in (stages, BODIES)
    )
    assert own | NAMING | VALUES | READ <= set(PARAMS[folder]) <= any_ | NAMING | VALUES | READ


def stage_names(folder: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "stage", "list", "--name-only"],
        cwd=ROOT / folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split()


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_project_has_the_stages_that_its_params_name(folder):
    stages = yaml.safe_load(TEXTS[folder])["stages"]
    expected = {
        f"{name}@{key}" if "foreach" in stage else name
        for name, stage in stages.items()
        for key in (PARAMS[folder][stage["foreach"].strip("${}")] if "foreach" in stage else [""])
    }
    assert set(stage_names(folder)) == expected


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_version_has_one_source_that_extends_what_it_extends_and_is_among_the_models_or_goes_on(folder):
    params = PARAMS[folder]
    sources = [name for section in ("seeds", "questioned", "sets", "campaigns", "raft", "quizzed") for name in params[section]]
    assert sorted(sources) == sorted(params["versions"])
    others = {  # beside the base and the versions: models asked without context, of phase one, trained again, another base
        name
        for name, path in params["models"].items()
        if name in params["predict"]["without_context"]
        or path in {f"models/{kind}/{key}" for kind in ("pretrained", "learned", "noise", "continued") for key in params[kind]}
        or path in {"models/base", "../../models/base"} - {params["base_model"]}
    }
    going_on = {item["version"] for item in params["continued"].values()}  # whose own adapter need not be asked
    versions = [name for name in params["versions"] if name in params["models"] or name not in going_on]
    assert [name for name in params["models"] if name not in others] == ["base", *versions]
    asked = {*params["models"].values(), *(item["model"] for item in params["examined"].values())}
    assert all(f"models/continued/{name}" in asked for name in params["continued"])
    assert params["models"]["base"] == params["base_model"]
    assert {name: seeds["extends"] for name, seeds in params["seeds"].items()} == {
        name: params["versions"][name]["extends"] for name in params["seeds"]
    }
    assert params["release"] in params["versions"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_project_s_pipeline_is_the_same_but_for_its_head(folder):
    head, _, rest = TEXTS[folder].partition(MARK)
    assert rest and rest == TEXTS["."].partition(MARK)[2], f"copy dvc.yaml from the marker on: {folder}/dvc.yaml differs"
    assert folder == "." or set(yaml.safe_load(head)["stages"] or {}) <= {"base"}  # of its own, or the main project's
    assert not (ROOT / folder / "dvc.yaml").is_symlink()  # DVC reads the link's text at another revision


def test_the_pipeline_file_stays_short_and_names_no_module():
    assert len(TEXTS["."].splitlines()) < 22 * len(BODIES)
    assert not [line for line in TEXTS["."].splitlines() if re.search(r"(?<!\.)mbegu/", line) and not line.startswith("#")]


@pytest.mark.parametrize("name", BODIES)
def test_a_stage_reads_nothing_outside_the_repository_and_writes_only_below_its_own_folder(name):
    outs = [
        next(iter(out)) if isinstance(out, dict) else out
        for kind in ("outs", "metrics", "plots")
        for out in BODIES[name].get(kind, [])
    ]
    assert not [out for out in outs if out.startswith(("/", ".."))]
    assert not [dep for dep in BODIES[name]["deps"] if dep.startswith(("/", ".."))]


# for people: they read what stages wrote, and write no stage's out
TOOLS = {"app", "ask", "diff", "memo", "plan", "publish", "review", "sweep", "why"}


def test_every_script_but_the_tools_is_a_stage():
    assert {script_of(name) for name in BODIES} == {f"stages/{script}" for script in SCRIPTS} - {
        f"stages/{tool}.py" for tool in TOOLS
    }


@pytest.mark.parametrize("name", BODIES)
def test_slow_stages_have_only_cached_outs_so_that_the_run_cache_restores_them(name):
    outs = [out for kind in ("outs", "metrics", "plots") for out in BODIES[name].get(kind, [])]
    uncached = [out for out in outs if isinstance(out, dict) and any(value.get("cache") is False for value in out.values())]
    slow = {"base", "expand", "question", "answer", "study", "learn", "train", "continue_training", "predict", "examine"}
    assert not (uncached and name in slow)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_option_has_a_help_text_and_help_imports_no_heavy_library(script):
    code = f"import sys; sys.argv = ['x', '--help']; import runpy\ntry: runpy.run_path({str(ROOT / 'stages' / script)!r}, run_name='__main__')\nexcept SystemExit: pass\nprint([name for name in ('torch', 'transformers', 'datasets', 'evaluate', 'regex', 'gradio') if name in sys.modules])"  # fmt: skip  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    main = load(f"stages/{script}").main
    assert main.help
    assert all(param.help for param in main.params if isinstance(param, click.Option))


@pytest.mark.parametrize("path", sorted(path.name for path in (ROOT / "templates").glob("report*")))
def test_report_templates_name_no_outside_address(path):
    assert not re.search(r"https?://|//cdn|@import", (ROOT / "templates" / path).read_text())


def test_nothing_committed_holds_an_absolute_path_or_a_secret():
    files = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines()
    for name in files:
        path = ROOT / name
        if path.suffix in (".yaml", ".json", ".toml", ".md", ".csv", ".lock", ".jsonl") or name == ".dvc/config":
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"(?<![\w.])/(home|root|work|Users)/|AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY", text), name

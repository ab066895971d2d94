"""The pipeline files themselves: dependencies, parameters, commands."""

import importlib.util
import re
import runpy
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml
from closure import ROOT, closure

FOLDERS = {".": "", "examples/company_docs": "../../", "examples/finance_qa": "../../"}  # and the way up from there
PARAMS = {folder: yaml.safe_load((ROOT / folder / "params.yaml").read_text()) for folder in FOLDERS}
SCRIPTS = sorted(path.name for path in (ROOT / "stages").glob("*.py"))
BODIES = {
    f"{folder}:{name}": stage.get("do", stage)
    for folder in FOLDERS
    for name, stage in yaml.safe_load((ROOT / folder / "dvc.yaml").read_text())["stages"].items()
}


def folder_of(name: str) -> str:
    return name.partition(":")[0]


def script_of(name: str) -> str:
    return re.search(rf"python {FOLDERS[folder_of(name)]}(stages/\w+\.py)", BODIES[name]["cmd"])[1]


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
def test_deps_are_exactly_the_modules_that_the_script_imports(name):
    up = FOLDERS[folder_of(name)]
    code = {dep.removeprefix(up) for dep in BODIES[name]["deps"] if dep.endswith(".py")}
    assert code == closure(script_of(name))


@pytest.mark.parametrize("name", BODIES)
def test_every_parameter_of_a_stage_is_an_option_of_its_script_and_declared_as_a_param(name):
    options = {option for param in load(script_of(name)).main.params for option in [*param.opts, *param.secondary_opts]}
    unpacked = re.findall(r"\$\{(\w+)\}(?!\.)", BODIES[name]["cmd"].replace("${key}", ""))
    assert sorted(unpacked) == sorted(BODIES[name].get("params", []))
    for section in unpacked:
        for key in flat(PARAMS[folder_of(name)][section]):
            assert f"--{key}" in options, f"params.yaml {section}.{key} is no option of {script_of(name)}"


@pytest.mark.parametrize("name", BODIES)
def test_no_shell_stands_between_dvc_and_a_stage(name):
    assert BODIES[name]["cmd"].startswith("exec python ")  # or a killed dvc leaves the stage running under dash


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_section_of_params_is_read_by_a_stage_or_publish(folder):
    read = {section for name, body in BODIES.items() if folder_of(name) == folder for section in body.get("params", [])}
    stages = {"versions", "judged"} & set(PARAMS[folder])  # these name stages
    assert read | stages | {"publish"} == set(PARAMS[folder])


def test_the_examples_stages_are_those_of_the_main_pipeline_up_to_their_paths():
    pipelines = runpy.run_path(str(ROOT / "docs/pipelines.py"))
    main = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    for folder in [folder for folder in FOLDERS if folder != "."]:
        text = (ROOT / folder / "dvc.yaml").read_text(encoding="utf-8")
        assert text == pipelines["rendered"](Path(folder).name, main), f"{folder}: run `python docs/pipelines.py`"
        own = {name.partition(":")[2] for name in BODIES if folder_of(name) == folder}
        assert set(pipelines["SHARED"]) < own


@pytest.mark.parametrize("name", BODIES)
def test_a_stage_reads_nothing_outside_the_repository_and_writes_only_below_its_own_folder(name):
    outs = [
        next(iter(out)) if isinstance(out, dict) else out
        for kind in ("outs", "metrics", "plots")
        for out in BODIES[name].get(kind, [])
    ]
    assert not [out for out in outs if out.startswith(("/", ".."))]
    assert not [dep for dep in BODIES[name]["deps"] if dep.startswith("/") or dep.count("..") > 2]


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
    slow = {"base", "expand", "question", "answer", "train", "predict", "predict_base"}
    assert not (uncached and name.partition(":")[2] in slow)


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

"""Which code a script reaches, and its hashes: the one code dependency of a stage.

Bytes are hashed and not syntax trees, which differ between versions of Python; so a comment counts as code.
"""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

from mbegu.errors import BadInput

# they decide whether an output appears, and where it is computed; never what it holds
HALL = ("cluster", "command", "errors", "executors", "extras", "outputs", "quiet")


def fingerprints(stages: Path, library: Path) -> dict[str, str]:
    """The fingerprint of each script of a folder, by the script's name without suffix.

    Args:
        library: folder of the package, wherever it is installed.

    Returns:
        Lines in the form of `sha256sum`, sorted by path; those of the library begin with the package's name.

    Raises:
        BadInput: no script there, a syntax error, or an import of a module that the library does not have.
    """
    scripts = sorted(stages.glob("*.py"))
    if not scripts:
        raise BadInput(f"{stages}: no scripts here; expected NAME.py for each stage of dvc.yaml. Name their folder by --stages.")
    known: dict[Path, set[Path]] = {}
    return {script.stem: _lines(closure(script, library, known), library) for script in scripts}


def _lines(files: list[Path], library: Path) -> str:
    hashes = {_name(file, library): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))


def _name(file: Path, library: Path) -> str:
    top = library.parent if file.is_relative_to(library) else file.parents[1]
    return file.relative_to(top).as_posix()


def closure(script: Path, library: Path, known: dict[Path, set[Path]] | None = None) -> list[Path]:
    """The files that a script reaches, sorted: itself, what it imports of its folder and of the library, wherever the import
    stands, and the `__init__.py` of each package on the way. The hall is left out, and not followed.

    Args:
        known: what each file imports, if it was read before; filled with what is read here.

    Raises:
        BadInput: as `fingerprints` does.
    """
    known = {} if known is None else known
    seen: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            if path not in known:
                known[path] = set(_imported(path, script.parent, library))
            waiting += known[path]
    return sorted(seen)


def _imported(path: Path, stages: Path, library: Path) -> Iterator[Path]:
    """The files that one file's imports run."""
    package = path.relative_to(library.parent).parent.parts if path.is_relative_to(library) else ()
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            names = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            names = [(module, alias.name) for alias in node.names]
        else:
            continue
        for module, name in names:
            yield from _files(module, name, stages, library, f"{path}:{node.lineno}")


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:  # the latter of a null byte
        place = f"{path}:{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else str(path)
        problem = error.msg if isinstance(error, SyntaxError) else str(error)
        raise BadInput(f"{place}: not Python ({problem}); mend it, then run `dvc repro` again.") from None


def _files(module: str, name: str, stages: Path, library: Path, place: str) -> Iterator[Path]:
    """The files that `import module` runs, or `from module import name`; none of other libraries."""
    first, *rest = module.split(".")
    if first != library.name:
        if (stages / f"{first}.py").is_file():
            yield stages / f"{first}.py"
        return
    folder = library
    for depth, part in enumerate([*rest, *([name] if name else [])]):
        if depth == 0 and part in HALL:
            return
        yield from _init(folder)
        if (folder / part).is_dir():
            folder /= part
        elif (folder / f"{part}.py").is_file() and depth >= len(rest) - 1:
            yield folder / f"{part}.py"
            return
        elif depth == len(rest) and _binds(folder, part):
            return
        else:
            raise BadInput(f"{place}: imports {'.'.join(filter(None, [module, name]))}, which is not there; mend the import.")
    yield from _init(folder)


def _init(folder: Path) -> list[Path]:
    return [folder / "__init__.py"] if (folder / "__init__.py").is_file() else []


def _binds(folder: Path, name: str) -> bool:
    """Whether a package's own code gives this name; `*` asks for no certain one."""
    return name == "*" or any(name in _bound(node) for init in _init(folder) for node in ast.walk(_parsed(init)))


def _bound(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    return [node.id] if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else []

"""The page Ask and the API of one published adapter, as a hub's Space runs them: from one folder, without a project.

The folder has `base/`, `adapter/`, `examples.jsonl` with questions to offer, and `space.json` with what else the page says
(`mbegu.sharing.space` writes them).
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from mbegu.asking.speakers import load_speakers
from mbegu.asking.together import Engine
from mbegu.builds.project import project_in
from mbegu.models.loading import load_tokenizer
from mbegu.pages.app import chat, frame, guard, server
from mbegu.pages.app.settings import Serving
from mbegu.pages.app.site import Site

HUB = "SPACE_ID"  # which a hub sets where it runs a Space, whose proxy alone then reaches this program
HOST = "SPACE_HOST"  # the name by which browsers know a Space; its proxy may know this program by another
FRAMES = "'self' https://huggingface.co"  # a hub shows a Space in a page of its own
PORT = 7860


def open_space(folder: Path) -> Site:
    """Loads what a folder holds.

    Raises:
        BadInput: something is missing, or was changed since it was published.
    """
    told = json.loads((folder / "space.json").read_text(encoding="utf-8"))
    found = {"base": folder / "base", told["version"]: folder / "adapter"}
    speakers, limits = load_speakers(folder / "base", found, told["quantization"]), Serving()
    engine = Engine(speakers, load_tokenizer(folder / "base"), limits.queue, limits.max_prompt_tokens)
    offered = chat.example_questions(folder / "examples.jsonl", 8)
    return Site(
        folder, project_in(folder), {}, told["title"], told["disclaimer"], engine, {}, offered, {told["version"]: told["about"]},
        told["longest"],
    )  # fmt: skip


def run(folder: Path) -> None:
    """Serves it until SIGTERM: on a hub to everyone whom the Space is open to, elsewhere to this machine."""
    server.keep_to_itself()
    site = open_space(folder)
    on_hub = HUB in os.environ
    app = frame.guarded_application(site, rules(os.environ), {"Ask": chat})
    host, port = "0.0.0.0" if on_hub else "127.0.0.1", int(os.environ.get("GRADIO_SERVER_PORT", PORT))
    server.serve(app, host, port, lambda address: print(f"Answers on {address}", flush=True), site.engine.close)


def rules(environment: Mapping[str, str]) -> guard.Rules:
    """Who comes in, by what the hub has set."""
    password, name = environment.get(server.PASSWORD, ""), environment.get(HOST)
    if HUB not in environment:
        return guard.Rules(guard.LOOPBACK, password, frames=FRAMES)
    return guard.Rules(None, password, frames=FRAMES, origins=frozenset({f"https://{name}"} if name else ()))

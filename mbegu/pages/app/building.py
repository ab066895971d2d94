"""The part of a page that says what a build would do, and does it."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mbegu.builds import repro
from mbegu.extras import needs
from mbegu.pages.app import fragments as page

with needs("app"):
    import gradio as gr

PAUSE = 1.0  # seconds between two looks at a build


class Builds(NamedTuple):
    """What all visitors share."""

    running: list[repro.Running]  # the last one, if there was any
    starting: threading.Lock  # of two who start a build at once


def make_part(folder: Path) -> None:
    """Fills the open block: a build of the project in a folder, one at a time for all visitors."""
    builds = Builds([], threading.Lock())
    with gr.Row():
        look = gr.Button("What would be built?", min_width=120)
        build = gr.Button("Run dvc repro", variant="primary", min_width=120)
        stop = gr.Button("Stop the build", min_width=120)
    said = gr.HTML()
    look.click(lambda: _plan(folder, builds), None, said, api_visibility="private")

    def watch() -> Iterator[str]:  # gradio takes a lambda that gives a generator for no generator
        yield from _build(folder, builds)

    build.click(watch, None, said, api_visibility="private", show_progress="hidden", concurrency_limit=None)
    stop.click(lambda: _stop(builds), None, None, api_visibility="private")


def _goes_on(builds: Builds) -> bool:
    return any(one.process.poll() is None for one in builds.running)


@page.telling(1)
def _plan(folder: Path, builds: Builds) -> str:
    if _goes_on(builds):
        return page.html(_shown(repro.progress(builds.running[-1])))
    found = repro.plan(folder)
    if not found.now:
        return page.html(page.done("Everything is built: nothing would run."))
    after = f"Then, where these write something else: {', '.join(found.after)}." if found.after else ""
    return page.html(page.titled(f"`dvc repro` would run {len(found.now)} stages now", ", ".join(found.now)), page.text(after))


def _build(folder: Path, builds: Builds) -> Iterator[str]:
    """Starts a build, or looks on at the one that runs; a visitor who leaves does not stop it."""
    try:
        with builds.starting:
            running = builds.running[-1] if _goes_on(builds) else repro.start(folder)
            builds.running[:] = [running]
    except OSError as error:
        yield page.html(page.fault(f"{error.filename}: {error.strerror}"))
        return
    while (found := repro.progress(running)).status is None:
        yield page.html(_shown(found))
        time.sleep(PAUSE)
    yield page.html(_shown(found))


def _shown(found: repro.Progress) -> str:
    counted = f"{found.stages} stages looked at" + (f", now {found.stage}" if found.stage and found.status is None else "")
    if found.status is None:
        head = page.done(f"Building: {counted}.")
    elif found.status == 0:
        head = page.done(f"Built: {counted}.")
    else:
        head = page.fault(f"Not built: it ended at {found.stage or 'the start'}. What is done is kept; the next build goes on.")
    return head + page.text(found.said, "pre", "")


def _stop(builds: Builds) -> None:
    for running in builds.running:
        repro.stop(running)

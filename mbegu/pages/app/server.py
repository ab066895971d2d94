"""The chat page on an address of this machine: served to nobody else unless asked, and with nothing from elsewhere."""

import os
import socket
from typing import Any

from mbegu.errors import BadInput


def check_free(host: str, port: int) -> None:
    """Raises `BadInput` if nothing can listen there, before a model is loaded for it."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]  # the rest says the address again
        raise BadInput(f"--host {host} --port {port}: can't listen there ({reason}); choose another.") from None


def keep_to_itself() -> None:
    """Has gradio report to no one, and ask no proxy for its own address. Call it before importing gradio."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["no_proxy"] = "*"  # gradio asks its own address whether it is up; no proxy could tell


def launch(page: Any, style: str, host: str, port: int) -> str:
    """Serves a `gradio.Blocks` from threads of its own, and returns its address."""
    _, address, _ = page.launch(
        server_name=host, server_port=port, share=False, ssr_mode=False, mcp_server=False, pwa=False, quiet=True,
        enable_monitoring=False, run_history=False, footer_links=[], css=style, prevent_thread_lock=True,
    )  # fmt: skip
    return str(address)

"""A published folder on its way to a hub."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mbegu.errors import BadInput

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

TOKEN = "HF_TOKEN"  # the environment variable; nothing else is asked for a token
REASONS = {
    400: "the hub refused what it was sent ({said})",
    401: f"the hub does not know this token; put a token that may write into {TOKEN}",
    403: f"this token may not write to {{repo}}; put one that may into {TOKEN}, or name a repository of your own",
    404: "the hub has no {repo} for this token; check the name and what the token may do",
    409: "someone else is changing {repo} at the same time; push again",
    413: "the hub finds it too large; push without --merge",
    429: "the hub asks to wait; push again later",
}


def check_repo(repo: str, option: str) -> str:
    """The name.

    Args:
        option: the option that the user gave it with.

    Raises:
        BadInput: it is no NAME/REPO as hubs allow it.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise BadInput(f"{option} {repo!r}: {_first_line(error)}.") from None
    if not re.fullmatch(r"[^/]+/[^/]+", repo):
        raise BadInput(f"{option} {repo!r}: expected NAME/REPO, such as my-name/{repo or 'my-model'}.")
    return repo


def check_token(token: str | None) -> str:
    """The token.

    Raises:
        BadInput: there is none.
    """
    if not token or not token.strip():
        raise BadInput(f"--push: no token; put a token that may write into the environment variable {TOKEN}.")
    return token.strip()


def push(folder: Path, repo: str, private: bool, token: str, endpoint: str | None, message: str) -> str:
    """Creates the repository if it is not there and commits the folder's files at once; returns the commit's address.

    `upload_folder` has the hub check the card's metadata first, and leaves alone what has not changed.

    Args:
        endpoint: address of the hub; None for Hugging Face's.

    Raises:
        BadInput: no network, or the hub refuses; the token is not in the message.
    """
    import httpx2
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    api = HfApi(endpoint=endpoint, token=token)
    try:
        # None leaves the visibility of a new repository to the account's own default
        api.create_repo(repo, private=private or None, exist_ok=True)
        return str(api.upload_folder(repo_id=repo, folder_path=folder, commit_message=message).commit_url)
    except HfHubHTTPError as error:
        problem = _explain(error, repo)
    except (httpx2.TransportError, OfflineModeIsEnabled, ConnectionError) as error:
        problem = f"can't reach {api.endpoint} ({_first_line(error)}); check the network and HF_ENDPOINT, then push again"
    except (ValueError, RuntimeError) as error:  # metadata that the hub refuses; an upload that broke off
        problem = " ".join(str(error).split()).rstrip(".")
    raise BadInput(f"--push {repo}: {problem.replace(token, '…')}. The folder itself is published: {folder}")


def _explain(error: "HfHubHTTPError", repo: str) -> str:
    status = error.response.status_code
    said = error.server_message or _first_line(error)
    reason = REASONS.get(status, "the hub answered {status} ({said}); push again later")
    return reason.format(repo=repo, status=status, said=" ".join(said.split()))


def _first_line(error: Exception) -> str:
    return (str(error).strip().split("\n", 1)[0] or type(error).__name__).rstrip(".")

"""A hub on loopback: enough of Hugging Face's protocol to create a repository and take an upload.

It knows: create a repository (409 if it is there), its information, validate-yaml (by `huggingface_hub`'s own reading of
a card), preupload, the LFS batch with the basic transfer, PUT of an object (checked by its SHA-256), and a commit with
regular files in base64 and LFS files by hash. It does not know Xet, branches or pull requests.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from huggingface_hub import ModelCard

NAME = r"(?P<repo>[^/]+/[^/]+)"
OID = "0" * 40


class Hub:
    """What the server holds, and what it was asked."""

    def __init__(self, token: str, lfs: bool = False, failures: dict[str, tuple[int, str]] | None = None) -> None:
        self.token, self.lfs = token, lfs
        self.failures = failures or {}  # by path prefix: status and message that are answered instead
        self.files: dict[str, dict[str, bytes]] = {}  # by repository, by path
        self.private: dict[str, bool] = {}
        self.objects: dict[str, bytes] = {}  # by SHA-256
        self.requests: list[tuple[str, str]] = []  # method and path
        self.commits: list[str] = []  # messages
        self.url = ""

    def create(self, body: dict) -> tuple[int, dict]:
        repo = f"{body['organization']}/{body['name']}"
        if repo in self.files:
            return 409, {"error": "You already created this model repo", "url": f"{self.url}/{repo}"}
        self.files[repo], self.private[repo] = {}, body.get("visibility") == "private"
        return 200, {"url": f"{self.url}/{repo}"}

    def validate(self, body: dict) -> tuple[int, dict]:
        try:
            data = ModelCard(body["content"]).data
        except ValueError as error:
            return 400, {"errors": [{"message": str(error)}], "warnings": []}
        errors = [{"message": f'"{key}" is required'} for key in ("license", "base_model") if not data.get(key)]
        return (400 if errors else 200), {"errors": errors, "warnings": []}

    def preupload(self, body: dict, repo: str) -> tuple[int, dict]:
        mode = {True: "lfs", False: "regular"}
        modes = [{"path": file["path"], "uploadMode": mode[self.lfs and file["path"].endswith(".safetensors")],
                  "shouldIgnore": False, "oid": self._oid(repo, file["path"])} for file in body["files"]]  # fmt: skip
        return 200, {"files": modes}

    def _oid(self, repo: str, path: str) -> str | None:
        """Git's name of what the repository has under a path, by which a client leaves out what has not changed."""
        content = self.files[repo].get(path)
        return content if content is None else hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

    def batch(self, body: dict, repo: str) -> tuple[int, dict]:
        objects = [{"oid": one["oid"], "size": one["size"], "actions": {
            "upload": {"href": f"{self.url}/objects/{one['oid']}"}, "verify": {"href": f"{self.url}/verify"},
        }} for one in body["objects"]]  # fmt: skip
        return 200, {"transfer": "basic", "objects": objects}

    def verify(self, body: dict) -> tuple[int, dict]:
        return (200 if len(self.objects[body["oid"]]) == body["size"] else 422), {}

    def put(self, content: bytes, oid: str) -> tuple[int, dict]:
        if hashlib.sha256(content).hexdigest() != oid:
            return 422, {"error": "the object is not what its name says"}
        self.objects[oid] = content
        return 200, {}

    def commit(self, lines: list[dict], repo: str) -> tuple[int, dict]:
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                self.commits.append(value["summary"])
            elif line["key"] == "file":
                self.files[repo][value["path"]] = base64.b64decode(value["content"])
            else:
                self.files[repo][value["path"]] = self.objects[value["oid"]]
        return 200, {"commitUrl": f"{self.url}/{repo}/commit/{OID}", "commitOid": OID}

    def info(self, repo: str) -> tuple[int, dict]:
        known = repo in self.files
        return (200, {"id": repo, "sha": OID, "siblings": []}) if known else (404, {"error": "Repository not found"})

    def route(self, method: str, path: str) -> tuple[Callable, dict[str, str]] | None:
        routes: list[tuple[str, str, Callable]] = [
            ("POST", r"/api/repos/create", self.create),
            ("POST", r"/api/validate-yaml", self.validate),
            ("POST", rf"/api/models/{NAME}/preupload/main", self.preupload),
            ("POST", rf"/{NAME}\.git/info/lfs/objects/batch", self.batch),
            ("PUT", r"/objects/(?P<oid>\w{64})", self.put),
            ("POST", r"/verify", self.verify),
            ("POST", rf"/api/models/{NAME}/commit/main", self.commit),
            ("GET", rf"/api/models/{NAME}(?:/revision/main)?", self.info),
        ]
        matches = ((re.fullmatch(pattern, path), action) for verb, pattern, action in routes if verb == method)
        return next(((action, match.groupdict()) for match, action in matches if match), None)

    def answer(self, method: str, path: str, authorization: str | None, content: bytes) -> tuple[int, dict]:
        self.requests.append((method, path))
        for prefix, (status, message) in self.failures.items():
            if path.startswith(prefix):
                return status, {"error": message}
        if not path.startswith(("/objects/", "/api/validate-yaml")) and authorization != f"Bearer {self.token}":
            return 401, {"error": "Invalid username or password."}
        found = self.route(method, path)
        if found is None:
            return 404, {"error": f"{method} {path}: not known here"}
        action, named = found
        if method == "PUT":
            return action(content, **named)
        if method == "GET":
            return action(**named)
        lines = [json.loads(line) for line in content.split(b"\n") if line.strip()]
        return action(lines if path.endswith("/commit/main") else lines[0], **named)


@contextmanager
def running(hub: Hub) -> Iterator[Hub]:
    """Serves on a free port of loopback; `hub.url` is where."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.split("?", 1)[0]
            status, body = hub.answer(self.command, path, self.headers.get("Authorization"), content)
            data = json.dumps(body).encode()
            self.send_response(status)
            if "error" in body:
                self.send_header("X-Error-Message", body["error"])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = handle_any

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

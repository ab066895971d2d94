"""How many requests a second does a teacher behind endpoints get answered, in how much memory, and what does a kill cost?

    python benchmarks/endpoints.py [--requests N] [--concurrency N]

Two servers on loopback answer at once, in a process of their own; requests go through the memo as in a build, each answer written
before the next. Columns: requests; requests a second, and a second of the asking process's processor time, which a busy machine
does not change much; memory before the first is sent and at its peak. Then a run is killed by
SIGKILL after a third, and continued: what the memo held, what the second run asked, and what was asked twice, which is at most
what was in flight.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

MODEL = "stub"
CHOICE = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Jibu ni hili: ቦንድ ብድር ነው።"}}
BODY = {"object": "chat.completion", "model": MODEL, "choices": [CHOICE], "usage": {"prompt_tokens": 20, "completion_tokens": 12}}

ANSWERED = [0]


class Stub(asyncio.Protocol):
    """As little HTTP as there can be: GET tells the count, POST is answered."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.waiting = transport, b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head = self.waiting[:end].lower()
            start = head.find(b"content-length:")
            length = int(head[start + 15 :].split(b"\r\n")[0]) if start >= 0 else 0
            if len(self.waiting) < end + 4 + length:
                return
            self.waiting = self.waiting[end + 4 + length :]
            asked = head.startswith(b"post")
            ANSWERED[0] += asked
            body = json.dumps(BODY if asked else {"count": ANSWERED[0], "data": [{"id": MODEL}]}).encode()
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )


def serve(ports) -> None:
    """Two servers, until the process is ended."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        found = [await loop.create_server(Stub, "127.0.0.1", 0) for _ in range(2)]
        ports.send([one.sockets[0].getsockname()[1] for one in found])
        await asyncio.Event().wait()

    asyncio.run(run())


def ask(memo: str, urls: list[str], number: int, concurrency: int) -> None:
    """Asks, and prints what it took as JSON."""
    from mbegu.asking.decoding import Decoding
    from mbegu.asking.endpoint import KEY, openai_compatible
    from mbegu.asking.memo import open_memo
    from mbegu.asking.settings import Endpoint
    from mbegu.asking.teachers import request

    os.environ[KEY] = "none"
    endpoint = Endpoint(urls[0], MODEL, concurrency, 4, 60.0, 0.0, 0.0, base_urls=urls[1:])
    with open_memo(Path(memo)) as known:
        teacher = openai_compatible(endpoint, known)
        words = "ቦንድ ምንድን ነው? " * 10
        requests = [request(teacher, f"Swali {one}: {words}", True, Decoding(64)) for one in range(number)]
        before, start, worked = resident(), time.monotonic(), time.process_time()
        answers, asked = teacher.ask(requests)
        seconds, worked = time.monotonic() - start, time.process_time() - worked
    assert len(answers) == number and all(answer["text"] == CHOICE["message"]["content"] for answer in answers)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "worked": worked, "asked": asked, "before": before, "peak": peak}))


def resident() -> float:
    """Of this process now, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def run(memo: Path, urls: list[str], number: int, concurrency: int) -> subprocess.Popen:
    command = [sys.executable, __file__, "--requests", number, "--concurrency", concurrency, "--memo", memo, *urls]
    return subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def found(process: subprocess.Popen) -> dict[str, float]:
    said = process.communicate()[0]
    if process.returncode:
        raise SystemExit(f"a run ended with {process.returncode}; run it by hand with --memo to see why")
    return json.loads(said.splitlines()[-1])


def count(url: str) -> int:
    return json.loads(urllib.request.urlopen(f"{url}/models", timeout=30).read())["count"]


def killed(folder: Path, urls: list[str], number: int, concurrency: int) -> None:
    """Prints what a kill costs."""
    from mbegu.asking.memo import export_lines, open_memo

    start = count(urls[0])
    first = run(folder / "killed", urls, number, concurrency)
    while count(urls[0]) - start < number / 3:
        assert first.poll() is None, "it ended before it was killed; ask for more --requests"
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.wait()
    with open_memo(folder / "killed") as memo:
        kept = sum(1 for _ in export_lines(memo))
    asked = int(found(run(folder / "killed", urls, number, concurrency))["asked"])
    twice = count(urls[0]) - start - number
    told = f"the memo held {kept:,} of {number:,}, the second run asked {asked:,}; {twice:,} were asked twice"
    print(f"\nKilled after a third and continued: {told}")


def main() -> None:
    """Prints a line a size, and what a kill costs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--concurrency", type=int, default=32, help="to each of the two")
    parser.add_argument("--memo", help=argparse.SUPPRESS)
    parser.add_argument("urls", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memo:
        return ask(given.memo, given.urls, given.requests, given.concurrency)
    near, far = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(far,), daemon=True)
    server.start()
    urls = [f"http://127.0.0.1:{port}/v1" for port in near.recv()]
    with tempfile.TemporaryDirectory() as folder:
        print("| requests | a second | a processor second | MB before | MB at most |\n|---|---|---|---|---|")
        for number in (given.requests // 10, given.requests):
            one = found(run(Path(folder) / str(number), urls, number, given.concurrency))
            speeds = " | ".join(f"{number / one[key]:,.0f}" for key in ("seconds", "worked"))
            print(f"| {number:,} | {speeds} | {one['before']:.0f} | {one['peak']:.0f} |", flush=True)
        killed(Path(folder), urls, given.requests, given.concurrency)
    server.terminate()


if __name__ == "__main__":
    main()

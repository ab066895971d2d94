"""A CUDA GPU: training and generation, Mbegu's and that of others, in one run on one card.

    python benchmarks/gpu.py                     # all of it, in under 8 minutes
    python benchmarks/gpu.py 7B/32 --out x.json  # what this regular expression is found in

Models have the shapes of TinyLlama-1.1B and of a 7B Mistral and random weights: NF4, LoRA r 16 on q/k/v/o, dropout 0.05.
Rows are log-normal, 60 to 512 tokens, median 179; a third is the prompt, which is not trained. Tokens are those of rows,
without padding; "first" is Mbegu's speed with the recording of its steps, and "GiB" all that PyTorch took from the card.
trl packs rows by its own "bfd"; "varlen" puts PyTorch's FlashAttention in the place of the package flash-attn, the starts of
the rows found once a step. At 7B, group_by_length and packing with sdpa are with checkpointing. Prompts have 129 to 192
tokens; answers end at each token with a probability of 1/50 (median 35 tokens), at most after 100.
"""

import argparse
import contextlib
import gc
import hashlib
import io
import json
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mbegu.quiet import quiet

quiet()

import torch  # noqa: E402

SHAPES = {
    "1.1B": {"hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 22, "num_key_value_heads": 4},
    "7B": {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_key_value_heads": 8},
}
VOCABULARY, END = 32000, 2
STEPS, WARM = {"1.1B": 20, "7B": 10}, 3  # steps of ours; of others 6 are measured after the warm ones
STARTED = time.monotonic()


def peak() -> float:
    """Operations a second of a large product of random bf16 matrices."""
    a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    for _ in range(3):
        a @ b
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(20):
        a @ b
    torch.cuda.synchronize()
    return 20 * 2 * 8192**3 / (time.perf_counter() - start)


def rows(count: int) -> Any:
    """Encoded rows of random tokens."""
    from datasets import Dataset

    generator = torch.Generator().manual_seed(0)
    lengths = (torch.randn(count, generator=generator) * 0.5 + 5.19).exp().clamp(60, 512).int().tolist()
    draw = lambda length: torch.randint(5, VOCABULARY, (length,), generator=generator).tolist()  # noqa: E731
    return Dataset.from_list(
        [
            {"id": str(n), "roots": [str(n)], "input_ids": draw(length), "completion_start": length // 3}
            for n, length in enumerate(lengths)
        ]
    )


def write_base(size: str, folder: Path) -> int:
    """Writes a model of random weights and returns its parameters, without those that are looked up."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(**SHAPES[size], num_attention_heads=32, vocab_size=VOCABULARY, bos_token_id=1, eos_token_id=END)
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device("cuda"):
        net = LlamaForCausalLM(config)
    torch.set_default_dtype(torch.float32)
    net.save_pretrained(folder, max_shard_size="2GB")
    return sum(value.numel() for value in net.parameters()) - net.get_input_embeddings().weight.numel()


def tokenizer() -> Any:
    """Knows as many tokens as the models; trl wants one."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({f"t{number}": number for number in range(VOCABULARY)}, unk_token="t0"))
    return PreTrainedTokenizerFast(tokenizer_object=words, eos_token=f"t{END}", pad_token="t0")


class Bench:
    """What was measured, and the base model that is in memory."""

    def __init__(self, out: Path, wanted: list[str], folder: Path, seconds: float) -> None:
        self.out, self.wanted, self.folder, self.seconds = out, wanted, folder, seconds
        self.found: dict[str, Any] = {}
        self.base: tuple[str, str, Any] | None = None
        self.parameters: dict[str, int] = {}
        self.peak = peak()

    def measure(self, name: str, task: Callable[[], dict[str, Any]]) -> None:
        if self.wanted and not any(re.search(part, name) for part in self.wanted):
            return
        if time.monotonic() - STARTED > self.seconds:
            self.found[name] = {"left out": "no time"}
            return
        torch.cuda.reset_peak_memory_stats()
        start = time.monotonic()
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                found = task()
        except Exception as error:  # one that fails must not cost the others
            found = {"failed": f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}"}
            if os.environ.get("TRACE"):
                import traceback

                traceback.print_exc()
        self.found[name] = found | {"took": round(time.monotonic() - start, 1)}
        print(f"{time.monotonic() - STARTED:5.0f} s  {name:42} {json.dumps(self.found[name])}", flush=True)
        call = {"card": torch.cuda.get_device_name(), "torch": torch.__version__, "peak TFLOP/s": round(self.peak / 1e12)}
        self.out.write_text(json.dumps({"calls": [call | {"found": self.found}]}, indent=1) + "\n")
        free()

    def model(self, size: str, quantization: str = "nf4") -> Any:
        from mbegu.models.loading import load_base

        if self.base is None or self.base[:2] != (size, quantization):
            self.base = None
            free()
            place = self.folder / size
            if size not in self.parameters:
                self.parameters[size] = write_base(size, place)
                free()
            self.base = (size, quantization, load_base(place, quantization))
            torch.cuda.reset_peak_memory_stats()
        return self.base[2]


def free() -> None:
    gc.collect()
    torch.cuda.empty_cache()


# Training


class Stopwatch:
    """Times steps from one to another, and counts what the CPU launches in the one after them."""

    def __init__(self, first: int, last: int) -> None:
        from transformers import TrainerCallback

        self.first, self.last = first, last
        self.tokens: list[int] = []  # of the batches, in the order in which they are made
        self.start = self.seconds = 0.0
        self.launches = 0
        self.profiler: Any = None
        self.callback = type("Watch", (TrainerCallback,), {"on_step_begin": self.begin, "on_step_end": self.end})()

    def begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == self.first:
            torch.cuda.synchronize()
            self.start = time.perf_counter()
        if state.global_step == self.last:
            torch.cuda.synchronize()
            self.seconds = time.perf_counter() - self.start
            kinds = torch.profiler.ProfilerActivity
            self.profiler = torch.profiler.profile(activities=[kinds.CPU, kinds.CUDA])
            self.profiler.__enter__()

    def end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.profiler is not None:
            torch.cuda.synchronize()
            self.profiler.__exit__(None, None, None)
            names = [event.name for event in self.profiler.events()]
            self.launches = sum("LaunchKernel" in name or "GraphLaunch" in name for name in names)
            self.profiler = None
            control.should_training_stop = True

    def counted(self, collate: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
        def count(examples: list[Any]) -> Any:
            self.tokens.append(sum(len(example["input_ids"]) for example in examples))
            return collate(examples)

        return count

    def speed(self) -> float:
        return sum(self.tokens[self.first : self.last]) / self.seconds


@contextlib.contextmanager
def adapted(base: Any, adapt: Callable[..., Any], attention: str = "sdpa") -> Iterator[Any]:
    from mbegu.training.settings import Lora

    base.set_attn_implementation(attention)
    net = adapt(base, Lora(16, 32, 0.05, ["q_proj", "k_proj", "v_proj", "o_proj"]), 0)
    try:
        yield net
    finally:
        net.zero_grad()
        net.unload()
        base.set_attn_implementation("sdpa")
        base.__dict__.pop("peft_config", None)
        if base.is_activation_checkpointing:
            base.activation_checkpointing_disable()
        base.disable_input_require_grads()


def result(bench: Bench, size: str, speed: float, watch: Stopwatch, **more: Any) -> dict[str, Any]:
    share = speed * 4 * bench.parameters[size] / bench.peak  # forward, and backward to the inputs: frozen weights need no more
    memory = torch.cuda.max_memory_reserved() / 2**30
    return {"tokens/s": round(speed), "share": round(share, 4), "GiB": round(memory, 1), "launches": watch.launches, **more}


def ours(
    bench: Bench,
    size: str,
    batch: int,
    checkpointing: bool = True,
    deterministic: bool = True,
    liger: bool = False,
    forced: bool = False,
) -> dict:
    """Speed of steps whose shapes were all met before, and of the first steps, recordings and all."""
    from mbegu.training import cuda, packing, trainer
    from mbegu.training.settings import Schedule

    os.environ.pop("ACCELERATE_MIXED_PRECISION", None)  # trl's Trainer leaves it behind
    base = bench.model(size)
    cuda.order_sums(deterministic)
    steps = STEPS[size]
    schedule = Schedule(1, batch, 1, 2e-4, "linear", 0, 0.0, 1.0, checkpointing, 0.0, 10**6, 0, deterministic, liger, 0)
    with adapted(base, trainer.adapt, packing.NAME) as net, tempfile.TemporaryDirectory() as folder:
        data = rows(batch * steps)
        runner = trainer._trainer(net, data, data.select([]), schedule, Path(folder))
        runner.args.save_strategy = "no"
        if forced:
            runner.recorder._checkpoint()
        first, again = Stopwatch(0, steps - 1), Stopwatch(WARM, steps - 1)
        collate = runner.data_collator
        for watch in (first, again):
            runner.data_collator = watch.counted(collate)
            runner.add_callback(watch.callback)
            runner.train()
            runner.remove_callback(watch.callback)
        shapes = len(runner.recorder.recordings) if runner.recorder.works else 0
        found = result(bench, size, again.speed(), again, first=round(first.speed()), recordings=shapes)
        del runner
    cuda.order_sums(False)
    return found


def attend_by_positions(module: Any, query: Any, key: Any, value: Any, mask: Any, scaling: float, **settings: Any) -> Any:
    """What flash-attn does for trl's packing, with the starts of the rows found once a step."""
    from mbegu.models.row_attention import Rows, attend

    positions = settings["position_ids"]
    if not hasattr(positions, "rows"):
        starts = (positions[0] == 0).nonzero()[:, 0].int()
        starts = torch.cat([starts, starts.new_tensor([positions.shape[1]])])
        positions.rows = Rows(starts, int(starts.diff().max()), 0)
    out = attend(query[0].transpose(0, 1), key[0].transpose(0, 1), value[0].transpose(0, 1), positions.rows, scaling)
    return out[None], None


def trl(bench: Bench, size: str, batch: int, checkpointing: bool, attention: str = "sdpa", **settings: Any) -> dict:
    from transformers import AttentionInterface
    from trl import SFTConfig, SFTTrainer

    from mbegu.training import trainer

    AttentionInterface.register("varlen", attend_by_positions)
    base = bench.model(size)
    watch = Stopwatch(WARM, WARM + 6)
    masked = rows(batch * (WARM + 9)).map(
        lambda row: {"completion_mask": [int(i >= row["completion_start"]) for i in range(len(row["input_ids"]))]},
        remove_columns=["id", "roots", "completion_start"],
    )
    with adapted(base, trainer.add_lora, attention) as net, tempfile.TemporaryDirectory() as folder:
        config = SFTConfig(
            **{
                "output_dir": folder, "per_device_train_batch_size": batch, "max_steps": WARM + 7, "learning_rate": 2e-4,
                "bf16": True, "gradient_checkpointing": checkpointing, "completion_only_loss": True, "max_length": 512,
                "logging_steps": 50, "save_strategy": "no", "report_to": [], "disable_tqdm": True, **settings,
            }
        )  # fmt: skip
        runner = SFTTrainer(model=net, args=config, train_dataset=masked, processing_class=tokenizer())
        runner.data_collator = watch.counted(runner.data_collator)
        runner.add_callback(watch.callback)
        runner.train()
        found = result(bench, size, watch.speed(), watch)
        del runner
    return found


def training(bench: Bench, size: str) -> None:
    """Mbegu may use checkpointing (`train.gradient_checkpointing: true`), and does where memory does not suffice."""

    def run(name: str, task: Callable[..., dict[str, Any]], **more: Any) -> None:
        bench.measure(f"{size}/{batch} {name}", lambda: task(bench, size, batch, **more))

    # about as many tokens as a batch of 32 or 8 rows has
    packed = {rows: {"packing": True, "max_length": 1024, "per_device_train_batch_size": of} for rows, of in ((32, 6), (8, 2))}
    large = size == "7B"
    for batch in packed:
        varlen = {"attention": "varlen", **packed[batch]}
        run("Mbegu", ours)
        run("trl, varlen packing", trl, checkpointing=False, **varlen)
        if batch == 32:
            if large:
                run("Mbegu, checkpointing", ours, forced=True)
                run("trl, varlen packing, checkpointing", trl, checkpointing=True, **varlen)
                run("Mbegu, not deterministic", ours, deterministic=False)
            run("trl, group_by_length", trl, checkpointing=large, train_sampling_strategy="group_by_length")
            run("trl, packing, sdpa", trl, checkpointing=large, **packed[batch])
    for batch in packed:  # from here on liger's kernels are in the model
        run("Mbegu, liger", ours, liger=True)
        liger = {"attention": "varlen", "use_liger_kernel": True, **packed[batch]}
        run("trl, varlen packing, liger", trl, checkpointing=False, **liger)
    bench.base = None


# The same bytes


def bytes_twice(bench: Bench, deterministic: bool) -> dict[str, Any]:
    """Whether two runs, and one that was stopped and resumed, end with the same adapter."""
    from transformers import TrainerCallback

    from mbegu.training import cuda, packing, trainer
    from mbegu.training.settings import Schedule

    os.environ.pop("ACCELERATE_MIXED_PRECISION", None)
    base = bench.model("1.1B")
    data = rows(8 * 12)
    schedule = Schedule(1, 8, 1, 2e-4, "linear", 0, 0.0, 1.0, False, 0.0, 5, 0, deterministic, False, 0)

    class Killed(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if state.global_step == 7:
                raise KeyboardInterrupt

    def run(folder: str, stop: bool = False) -> str:
        with adapted(base, trainer.adapt, packing.NAME) as net:
            if stop:
                runner = trainer._trainer(net, data, data.select([]), schedule, Path(folder))
                runner.add_callback(Killed())
                with contextlib.suppress(KeyboardInterrupt):
                    runner.train()
                return ""
            trainer.train(net, data, data.select([]), schedule, Path(folder))
            digest = hashlib.sha256()
            for name, value in sorted(net.named_parameters()):
                if value.requires_grad:
                    digest.update(name.encode() + value.detach().cpu().numpy().tobytes())
            return digest.hexdigest()

    cuda.order_sums(deterministic)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two, tempfile.TemporaryDirectory() as three:
        first, second = run(one), run(two)
        torch.manual_seed(1)
        run(three, stop=True)
        torch.manual_seed(2)
        resumed = run(three)
    cuda.order_sums(False)
    return {"two runs": first == second, "resumed": first == resumed}


# Generation


class Ending(torch.nn.Module):
    """A head after which each token is the end with a probability of 1/50, by the bits of the hidden state."""

    def __init__(self, head: torch.nn.Module) -> None:
        super().__init__()
        self.head = head
        self.weight = head.weight

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        logits = self.head(hidden)
        bits = hidden[..., :8].bfloat16().contiguous().view(torch.int16).long()
        ends = (bits * torch.arange(31, 39, device=bits.device)).sum(-1).abs() % 50 == 0
        logits[..., END] = torch.where(ends, 1e4, -1e4).to(logits.dtype)
        return logits


@contextlib.contextmanager
def ending(net: Any) -> Iterator[Any]:
    head = net.lm_head
    net.lm_head = Ending(head)
    try:
        yield net
    finally:
        net.lm_head = head


def prompts(count: int) -> list[list[int]]:
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint(129, 193, (count,), generator=generator).tolist()
    return [torch.randint(5, VOCABULARY, (length,), generator=generator).tolist() for length in lengths]


def answered(tokens: list[int]) -> list[int]:
    return tokens[: tokens.index(END)] if END in tokens else tokens


def timed(answer: Callable[[list[list[int]]], dict[int, list[int]]], count: int, warm: int) -> dict[str, Any]:
    """Tokens of answers a second."""
    answer(prompts(warm))
    torch.cuda.synchronize()
    start = time.perf_counter()
    found = answer(prompts(count))
    seconds = time.perf_counter() - start
    lengths = [len(answered(tokens)) for tokens in found.values()]
    speed = sum(lengths) / seconds
    return {"tokens/s": round(speed), "answers": count, "median": statistics.median(lengths), "seconds": round(seconds, 2)}


def one_by_one(net: Any) -> Callable[[list[list[int]]], dict[int, list[int]]]:
    from mbegu.asking import generation
    from mbegu.asking.decoding import Decoding

    def answer(asked: list[list[int]]) -> dict[int, list[int]]:
        words, found = tokenizer(), {}
        for index, ids in enumerate(asked):
            prompt = torch.tensor([ids])
            out = generation._run(net, words, prompt, torch.ones_like(prompt), Decoding(100), [])
            found[index] = out[0, len(ids) :].tolist()
        return found

    return answer


def batched(net: Any) -> Callable[[list[list[int]]], dict[int, list[int]]]:
    """By `generate`, 32 at a time, as Mbegu asks on a CPU."""
    from mbegu.asking import generation
    from mbegu.asking.decoding import Decoding

    def answer(asked: list[list[int]]) -> dict[int, list[int]]:
        wanted = [generation.Wanted("")] * len(asked)
        return dict(generation._by_batches(wanted, asked, Decoding(100), 32, net, tokenizer()))

    return answer


def by_slots(net: Any) -> Callable[[list[list[int]]], dict[int, list[int]]]:
    from mbegu.asking import generation
    from mbegu.asking.decoding import Decoding

    return lambda asked: dict(generation._continuously(asked, Decoding(100), 32, net, tokenizer()))


def generate_batch(net: Any) -> Callable[[list[list[int]]], dict[int, list[int]]]:
    """transformers' continuous batching with CUDA graphs."""
    from transformers import ContinuousBatchingConfig, GenerationConfig

    def answer(asked: list[list[int]]) -> dict[int, list[int]]:
        config = GenerationConfig(max_new_tokens=100, do_sample=False, eos_token_id=END, pad_token_id=0)
        batching = ContinuousBatchingConfig(
            use_cuda_graph=True, num_blocks=96, max_batch_tokens=1024, kv_padding_interval_size=4096
        )
        outputs = net.generate_batch(inputs=asked, generation_config=config, continuous_batching_config=batching)
        return {index: list(outputs[name].generated_tokens) for index, name in enumerate(sorted(outputs, key=_number))}

    return answer


def _number(name: str) -> int:
    return int(name.rsplit("_", 1)[-1])


def alone(answer: Callable[[list[list[int]]], dict[int, list[int]]]) -> dict[str, Any]:
    """How many of some answers stay the same when fewer, or in another order, are asked."""
    asked = prompts(96)
    all_of_them, few, turned = answer(asked), answer(asked[:11]), answer(asked[::-1])
    again = answer(asked)
    same = lambda one, other: answered(one) == answered(other)  # noqa: E731
    return {
        "again": sum(same(all_of_them[n], again[n]) for n in range(96)),
        "turned": sum(same(all_of_them[n], turned[95 - n]) for n in range(96)),
        "of": 96,
        "fewer": sum(same(all_of_them[n], few[n]) for n in range(11)),
        "of fewer": 11,
    }


def generation(bench: Bench) -> None:
    from mbegu.models.lora import round_branches
    from mbegu.training import trainer

    def run(name: str, quantization: str, kind: Callable[..., Any], task: Callable[..., Any], *sizes: int) -> None:
        def go() -> dict[str, Any]:
            with ending(bench.model("1.1B", quantization)) as net:
                return task(kind(net.eval()), *sizes)

        bench.measure(f"generation {name}, {quantization}", go)

    def with_adapter(quantization: str) -> dict[str, Any]:
        base = bench.model("1.1B", quantization)
        with ending(base), adapted(base, trainer.add_lora) as net:
            round_branches(net.eval())
            return timed(by_slots(net), 256, 32)

    for quantization in ("nf4", "none"):
        run("Mbegu", quantization, by_slots, timed, 256, 32)
        run("by generate, 32 at once", quantization, batched, timed, 64, 1)
        run("Mbegu, independence", quantization, by_slots, alone)
    bench.measure("generation Mbegu, an adapter, none", lambda: with_adapter("none"))
    run("generate_batch", "none", generate_batch, timed, 256, 32)
    run("one by one", "none", one_by_one, timed, 4, 1)
    run("generate_batch, independence", "none", generate_batch, alone)


# The table


def table(found: dict[str, Any]) -> str:
    keys = list(dict.fromkeys(key for one in found.values() for key in one))
    lines = [["", *keys]] + [[name, *(str(one.get(key, "")) for key in keys)] for name, one in found.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wanted", nargs="*", help="Regular expressions that find names of what to measure; all without.")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"), help="Where the numbers go.")
    parser.add_argument("--seconds", type=float, default=455, help="After which nothing new is begun.")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("no GPU here")
        return
    from mbegu.training import cuda

    cuda.prepare()
    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        bench = Bench(options.out, options.wanted, Path(folder), options.seconds)
        training(bench, "1.1B")
        for deterministic in (True, False):
            name = "deterministic" if deterministic else "not deterministic"
            bench.measure(f"bytes, {name}", lambda kind=deterministic: bytes_twice(bench, kind))
        generation(bench)
        training(bench, "7B")
    print(table(bench.found))


if __name__ == "__main__":
    main()

"""A version's rows in the formats that people read and other tools train on: bytes of one file a format, every row in each."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from mbegu.asking.prompts import Prompt, render, row_prompts
from mbegu.errors import BadInput
from mbegu.models.turns import messages
from mbegu.rows.row import KEYS, Row

SHAREGPT = {"system": "system", "user": "human", "assistant": "gpt"}  # what it calls who speaks


class Format(NamedTuple):
    """One kind of file."""

    file: str  # its name in the exported folder
    content: Callable[[list[Row], Prompt, Any], bytes]  # of rows, the pipeline's prompt, the base model's tokenizer
    tokenizer: bool = False  # whether it needs the last of them


def as_csv(rows: list[Row], *_: Any) -> bytes:
    """RFC 4180, a line a question: Data (the chunk, or the input), Questions, Answers.

    Texts are as they are, also where one begins with `=`: a spreadsheet may take such a text for a formula, so import
    the file as text. What reads "" or "NA" as a missing value has to be told (`load_dataset(…, keep_default_na=False)`).
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)  # ends lines with CRLF, and so quotes a text that holds either of the two alone
    writer.writerow(("Data", "Questions", "Answers"))
    writer.writerows((row["input"], row["instruction"], row["output"]) for row in rows)
    return file.getvalue().encode()


def as_log(rows: list[Row], *_: Any) -> bytes:
    """A list of chunks in the order of their first rows, each with its questions, answers and the words that support them."""
    groups: dict[tuple[Any, str], dict[str, Any]] = {}
    for row in rows:
        chunk = row["origin"].get("chunk")
        document, _sign, anchor = str(row["origin"].get("source", "")).partition("#")
        place = {"document": document, "anchor": anchor} if chunk else {"document": None, "anchor": None}
        group = groups.setdefault((chunk, row["input"]), {"data": row["input"], **place, "questions": []})
        answered = {"question": row["instruction"], "answer": row["output"], "quote": quote(row)}
        group["questions"].append({"id": row["id"], **answered})
    return _list(groups.values())


def quote(row: Row) -> str | None:
    """The words of the input that support the answer, if the row's origin says which.

    Raises:
        BadInput: they lie outside the input.
    """
    span = row["origin"].get("span")
    if span is None:
        return None
    input_ = str(row["input"])
    inside = isinstance(span, list) and len(span) == 2 and all(type(place) is int for place in span)
    if not inside or not 0 <= span[0] < span[1] <= len(input_):
        raise BadInput(
            f"{row['origin'].get('source', row['id'])}: row {row['id']} has the span {span!r}, expected [start, end] "
            f"within the {len(input_)} characters of its input; build it again with `dvc repro`."
        )
    return input_[span[0] : span[1]]


def as_finetuning(rows: list[Row], *_: Any) -> bytes:
    """`[[{"data", "question"}, {"answer"}], …]`; `load_dataset` names the two columns "0" and "1"."""
    return _list([{"data": row["input"], "question": row["instruction"]}, {"answer": row["output"]}] for row in rows)


def as_alpaca(rows: list[Row], *_: Any) -> bytes:
    """A list of objects with instruction, input and output, as Stanford Alpaca was published."""
    return _list({key: row[key] for key in ("instruction", "input", "output")} for row in rows)


def as_sharegpt(rows: list[Row], prompt: Prompt, _: Any) -> bytes:
    """Lines of {"id", "conversations"}, from human and gpt in turn, after system if the prompt has such a message."""
    return _lines(
        {
            "id": row["id"],
            "conversations": [{"from": SHAREGPT[said["role"]], "value": said["content"]} for said in conversation(row, prompt)],
        }
        for row in rows
    )


def as_openai(rows: list[Row], prompt: Prompt, _: Any) -> bytes:
    """Lines of {"messages"}, by user and assistant in turn, after system if the prompt has such a message."""
    return _lines({"messages": conversation(row, prompt)} for row in rows)


def conversation(row: Row, prompt: Prompt) -> list[dict[str, str]]:
    """A row as the messages of a chat."""
    return [*messages(user_turn(row, prompt), prompt.told.system), {"role": "assistant", "content": row["output"]}]


def user_turn(row: Row, prompt: Prompt) -> str:
    """What a user says. A template that is no chat's holds the marks of a turn, which the other tool writes itself."""
    if prompt.chat:
        return render(prompt, row["instruction"], row["input"])
    return f"{row['instruction']}\n\n{row['input']}" if row["input"] else str(row["instruction"])


def as_prompt_completion(rows: list[Row], prompt: Prompt, tokenizer: Any) -> bytes:
    """Lines of {"prompt", "completion"}: the whole text that the encode stage feeds, without the end-of-sequence token,
    which trl and its like add.

    Raises:
        BadInput: as `mbegu.asking.prompts.row_prompts`.
    """
    texts = row_prompts(rows, prompt, tokenizer)
    return _lines({"prompt": text, "completion": row["output"]} for row, text in zip(rows, texts, strict=True))


def as_parquet(rows: list[Row], *_: Any) -> bytes:
    """The five fields of a row, each a string; `origin` is JSON, as its fields differ from row to row."""
    columns = {key: [row[key] for row in rows] for key in KEYS[:-1]}
    columns["origin"] = [json.dumps(row["origin"], ensure_ascii=False) for row in rows]
    file = io.BytesIO()
    pq.write_table(pa.table(columns, schema=pa.schema([(key, pa.string()) for key in KEYS])), file)
    return file.getvalue()


def _list(values: Iterable[Any]) -> bytes:
    """One JSON list, an element a line, so that versions diff well."""
    return ("[\n" + ",\n".join(json.dumps(value, ensure_ascii=False) for value in values) + "\n]\n").encode()


def _lines(values: Iterable[Any]) -> bytes:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode()


FORMATS = {
    "csv": Format("rows.csv", as_csv),
    "json": Format("log.json", as_log),
    "finetuning": Format("finetuning.json", as_finetuning),
    "alpaca": Format("alpaca.json", as_alpaca),
    "sharegpt": Format("sharegpt.jsonl", as_sharegpt),
    "openai": Format("openai.jsonl", as_openai),
    "prompt_completion": Format("prompt_completion.jsonl", as_prompt_completion, tokenizer=True),
    "parquet": Format("rows.parquet", as_parquet),
}

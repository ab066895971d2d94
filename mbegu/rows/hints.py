"""What most likely is wrong with a line that is no JSON."""

import json
import re

# “ ” „ and their kin, where JSON has structure and not text: behind { , [ : or before : , } ]
CURLY = re.compile(r"[{,:\[]\s*[“”„‟«»‘’‚‛]|[“”„‟«»‘’‚‛]\s*[:,}\]]")
SINGLE = re.compile(r"[{,:\[]\s*'|'\s*[:,}\]]")
NO_ARRAY = "write one object a line, without the [ ] around them and the commas between them"


def hint(error: json.JSONDecodeError) -> str:
    """What to do about it; "" where the fault is of no usual kind."""
    before, rest = error.doc[: error.pos].rstrip(), error.doc[error.pos :].strip()
    if CURLY.search(error.doc[: error.pos + 1]):
        return 'curly quotes “ ” stand where JSON wants straight ones ("); switch them off in the word processor, or replace them'
    if SINGLE.search(error.doc[: error.pos + 1]):
        return 'single quotes stand where JSON wants double ones (")'
    if before.endswith(",") and rest[:1] in ("}", "]"):
        return f"a comma stands before the closing {rest[0]}; remove it"
    if rest.startswith(",") and before.endswith("}"):
        return "a comma stands behind the object; remove it, a line of JSON Lines ends without one"
    if error.doc.strip() in ("[", "]"):
        return f"a JSON array; {NO_ARRAY}"
    return ""

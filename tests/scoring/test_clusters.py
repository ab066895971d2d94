from mbegu.scoring.clusters import clusters


def row(input_: str, group: str = "") -> dict:
    return {"instruction": "?", "input": input_, "group": group}


def test_a_question_stands_with_those_that_say_so_or_share_its_passage():
    rows = [row("ሰላም ለሁላችሁ"), row("alone"), row("ሰላም ለሁላችሁ"), row("", "a"), row(""), row("x", "a"), row("")]
    assert clusters(rows) == ["passage 1", "", "passage 1", "a", "", "a", ""]

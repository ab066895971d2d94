from mbegu.scoring.clusters import clusters


def row(input_: str, group: str = "", *parents: str) -> dict:
    return {"instruction": "?", "input": input_, "group": group, "origin": {"parents": list(parents)}}


def test_a_question_stands_with_those_that_say_so_or_share_its_passage():
    rows = [row("ሰላም ለሁላችሁ"), row("alone"), row("ሰላም ለሁላችሁ"), row("", "a"), row(""), row("x", "a"), row("")]
    assert clusters(rows) == ["questions 1", "", "questions 1", "a", "", "a", ""]


def test_a_declared_group_reaches_all_that_share_its_passage_and_a_document_joins_its_questions():
    rows = [row("ምንባብ", "x"), row("ምንባብ"), row("", "", "d"), row("", "", "d"), row("y", "", "d"), row("", "", "e")]
    assert clusters(rows) == ["x", "x", *["questions 2"] * 3, ""]

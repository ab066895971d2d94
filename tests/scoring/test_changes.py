"""Questions by how much an answer changed, in the better direction of each metric."""

from mbegu.scoring.changes import Change, changes, metrics_of

OLD = [{"rougeL": (0.5, 1.0), "wrong_numbers": (1, 2)}, {"rougeL": (0.2, 1.0), "answer_words": (3, 1)}, {"rougeL": (0.1, 1.0)}]
NEW = [{"rougeL": (0.4, 1.0), "wrong_numbers": (0, 2)}, {"rougeL": (0.9, 1.0), "answer_words": (2, 1)}, {"rougeL": (0.1, 1.0)}]
IDS = ["a", "b", "c"]


def test_the_largest_change_stands_first_and_the_same_is_told():
    assert changes(IDS, OLD, NEW, "rougeL") == [
        Change("b", 0.2, 0.9, "better"),
        Change("a", 0.5, 0.4, "worse"),
        Change("c", 0.1, 0.1, "the same"),
    ]


def test_of_what_is_better_low_less_is_better_and_questions_without_the_metric_are_left_out():
    assert changes(IDS, OLD, NEW, "wrong_numbers") == [Change("a", 0.5, 0.0, "better")]
    assert changes(IDS, OLD, NEW, "chrf") == []


def test_metrics_are_those_that_all_models_have():
    assert [one.name for one in metrics_of({"base": OLD, "v1": NEW})] == ["rougeL", "wrong_numbers", "answer_words"]
    assert [one.name for one in metrics_of({"base": OLD, "v1": NEW[2:]})] == ["rougeL"]
    assert metrics_of({}) == []

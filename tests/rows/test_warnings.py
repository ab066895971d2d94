from mbegu.rows.tables import write_json
from mbegu.rows.warnings import read_warnings


def test_what_stages_warned_of_is_read_in_their_order_once_and_for_these_versions_alone(tmp_path):
    assert read_warnings(tmp_path / "warnings", ["v1"]) == []
    for version, stage, found in [
        ("v1", "train", ["ሁለት rows"]), ("v1", "curate", ["few"]), ("v2", "curate", ["few"]), ("v2", "encode", []),
        ("v2", "train", ["other"]), ("old", "curate", ["gone"]),
    ]:  # fmt: skip
        write_json(tmp_path / version / f"{stage}.json", found)
    assert read_warnings(tmp_path, ["base", "v1", "v2"]) == ["v1, v2: few", "v1: ሁለት rows", "v2: other"]

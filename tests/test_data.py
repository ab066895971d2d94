"""The data of every project in the repository, whoever's it is, and what was built of it where it is built."""

import pytest
from root import ROOT
from test_pipeline import FOLDERS, PARAMS

from mbegu.builds import balance
from mbegu.builds.current import out_of_date
from mbegu.builds.project import project_in
from mbegu.builds.written import check
from mbegu.rows.ledger import read_ledger
from mbegu.rows.row import read_rows


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_people_wrote_is_whole_and_gives_no_held_out_row_away(folder):
    lines = list(check(ROOT / folder))
    # of a campaign, people write briefs, of which the brief stage makes held-out rows
    said = " held out" if PARAMS[folder].get("campaigns") else "held-out row"
    assert lines[0].endswith(f"({', '.join(PARAMS[folder]['versions'])})") and any(said in line for line in lines[1:])


@pytest.mark.parametrize("folder", FOLDERS)
def test_rows_that_are_built_can_be_read_and_no_stage_has_lost_one(folder):
    project, stale = project_in(ROOT / folder), out_of_date(ROOT / folder)
    balance.check(project, ROOT / folder, stale or [])
    assert all(read_ledger(path) is not None for path in project.row_ledgers())
    assert all(read_rows(path, answered=True) for path in project.files("versions")[1:])

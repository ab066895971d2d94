"""Says how sure a judge's win rate is, and corrects it by what people decided; a stage for each pair under `judged`.

In: the judge's verdicts, people's (`mbegu review --pairs PAIR`), the answers that both are about, the held-out rows. Out: rates
with intervals.

    python stages/calibrate.py --verdicts data/judged/v2-base.jsonl --judgements data/judgements/v2-base.jsonl --pair v2:base …
"""

from pathlib import Path

import click

from mbegu.command import Stage
from mbegu.sections import path


@click.command(cls=Stage)
@path("--verdicts", "What the judge stage wrote of each row.")
@path("--judgements", "People's decisions; there need not be any.")
@path("--predictions", "Folder of the predict stage.")
@path("--heldout", "The rows that were answered.")
@path("--params", "Which models there are.")
@click.option("--pair", required=True, help="The models that were compared, such as v2:base.")
@path("--out", "Rates with their intervals.")
def main(verdicts: Path, judgements: Path, predictions: Path, heldout: Path, params: Path, pair: str, out: Path) -> None:
    """Compare a judge with people."""
    from mbegu.builds import comparing, declared
    from mbegu.rows.heldout import read_heldout
    from mbegu.rows.judgements import read_judgements
    from mbegu.rows.tables import write_json
    from mbegu.scoring import calibration
    from mbegu.scoring.clusters import clusters
    from mbegu.scoring.comparison import Trained
    from mbegu.scoring.duels import read_duels

    declares = declared.read_params(params)
    duels = read_duels((pair,), predictions, declared.names(declares, "models"))
    questions = {row["id"]: row for row in read_heldout(heldout)}
    groups = clusters([questions[duel.first["id"]] for duel in duels])
    people = calibration.decided(duels, read_judgements(judgements))
    trained = Trained(comparing.weights(declares)).noisy(*pair.split(":"))
    found = calibration.calibrate(calibration.read_verdicts(verdicts, duels), people, groups, trained)
    write_json(out, {pair: found})
    click.echo(f"{sum(map(bool, people.points))} of {len(duels)} questions decided on by people too: {out}")


if __name__ == "__main__":
    main()

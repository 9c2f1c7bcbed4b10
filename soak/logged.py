"""The log of predictions under faults, and shares that change under writers.

What ought to stand in the log is written down by triggers that an application might have: a row for each score.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import dbml
from soak import faults, shop
from soak.clients import Crowd
from soak.faults import Amount
from soak.trial import Row, Trial

ROLES = {"insert": 5, "hot": 2, "wavering": 5, "mixed": 4}
_AUDIT = """
create table audit (entity text, version integer, score double precision);
grant insert on audit to public;
create function note() returns trigger language plpgsql as $$
begin
  insert into public.audit values (new.id::text, new.churn_version, new.churn_score);
  return null;
end $$;
create trigger note_new after insert on customer for each row execute function note();
create trigger note_moved after update on customer for each row
  when ((old.complaints, old.spend) is distinct from (new.complaints, new.spend)) execute function note();
-- Whoever rescores names the column.
create trigger note_rescored after update of churn_score on customer for each row execute function note();
delete from dbml.log
"""
# More than nothing is lacking, less is too much.
_DIFFERENCES = """
select u.entity, u.version, u.score, sum(u.one)::integer as lacking
  from (select entity, version, score, 1 as one from audit
         union all
        select entity[1], version, score, -1 from dbml.log) u
 group by u.entity, u.version, u.score
having sum(u.one) <> 0
"""
# The buckets of keys, as docs/strategies.md has them.
_BELOW_HALF = """
select count(*) from dbml.log
 where version = 2 and at < %s
   and (hashint8extended(entity[1]::bigint, hashtextextended('churn', 0)) & 9223372036854775807) %% 10000 < 5000
"""


@contextmanager
def logged(trial: Trial) -> Iterator[None]:
    """Log every score of the shop while the block runs, and compare the log with the audit at each look."""
    trial.crowd.pause()
    _attach(trial, log="all")
    trial.db.execute(_AUDIT)
    others, trial.crowd = trial.crowd, Crowd(trial.control.server.dsn, trial.customers, ROLES, seed=2 + len(trial.rows))
    trial.prefix, trial.looks = "log: ", [_compare]
    try:
        yield
    finally:
        trial.crowd.end()
        trial.crowd, trial.prefix, trial.looks = others, "", []
        trial.db.execute("drop table audit; drop function note() cascade")
        _attach(trial)


def _attach(trial: Trial, **prediction: Any) -> None:
    dbml.detach(trial.db, "customer")
    dbml.attach(trial.db, shop.profile(**prediction))
    trial.deploy(1)
    trial.db.execute("select dbml.rescore('churn')")


def _compare(trial: Trial, row: Row) -> None:
    """Count what the log lacks and what it has too much, and scores in it that their version does not give."""
    differences: list[Any] = trial.db.execute(_DIFFERENCES).fetchall()
    # Two who insert one new customer at a moment: whoever does nothing on the conflict has logged before he knows.
    met = [one for one in differences if int(one[0]) > trial.customers and one[3] < 0]
    differences = [one for one in differences if one not in met]
    row.logged += sum(abs(lacking) for *_, lacking in differences)
    if differences:
        trial.say(f"[red]entity, version, score, how many are lacking: {differences[:3]}[/]")
    rows = trial.db.execute("select version, numbers, score from dbml.log").fetchall()
    versions = np.array([version for version, _, _ in rows])
    features = np.array([numbers for _, numbers, _ in rows], dtype=float)
    scores = np.array([score for _, _, score in rows], dtype=float)
    for version in set(versions):
        mine = versions == version
        asked = shop.ROWS.iloc[:0].reindex(range(int(mine.sum())))
        asked[["complaints", "spend"]] = features[mine]
        truth = trial.estimators[int(version)].predict_proba(asked)[:, 1]
        row.scores += int((np.abs(truth - scores[mine]) > 1e-9).sum())
    notes = [f"{len(rows):,} rows of the log", met and f"conflicts that met: {met}", row.note]
    row.note = "; ".join(str(note) for note in notes if note)


def log(trial: Trial, amount: Amount) -> None:
    """Savepoints, rollbacks, deploys, kill -9, stops, a full disk: the log has what was committed, and nothing else."""
    with logged(trial):
        for fault in (faults.load, faults.kill, faults.stop):
            fault(trial, amount)
        faults.disk_full(trial, amount)


def shares(trial: Trial, amount: Amount) -> None:
    """Change a canary's share under writers, up to half of the entities, and then give it all of them."""
    with logged(trial), trial.fault("changes of share, then promote") as row:
        row.part = "shares"
        trial.db.execute("select dbml.deploy('churn', 2, strategy => 'canary', share => 10)")
        chance = random.Random(0)
        for _ in range(amount.changes):
            trial.db.execute("select dbml.set_share('churn', %s)", [chance.choice((0, 1, 10, 33, 50))])
            row.tried += 1
            time.sleep(amount.seconds / amount.changes / 10)
        trial.db.execute("select dbml.set_share('churn', 50)")
        trial.crowd.wait_for(50)
        promoted = _now(trial)
        trial.db.execute("select dbml.promote('churn')")
        trial.crowd.pause()
        since = _now(trial)
        trial.crowd.resume()
        trial.crowd.wait_for(100)
        trial.crowd.pause()
        for query, parameters in (
            (_BELOW_HALF, [promoted]),
            ("select count(*) from dbml.log where version <> 2 and at > %s", [since]),
        ):
            row.scores += int(str((trial.db.execute(query, parameters).fetchone() or (0,))[0]))
        trial.crowd.resume()


def _now(trial: Trial) -> object:
    return (trial.db.execute("select clock_timestamp()").fetchone() or (None,))[0]


PARTS: dict[str, Callable[[Trial, Amount], None]] = {"log": log, "shares": shares}

"""Events whose key leads to the profile through other tables, against a plain GROUP BY over the join."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

import dbml
from dbml import Counter, Event, Profile
from dbml.capacity.mix import attachment, mix
from dbml.errors import LoadTestError, ProfileError, SpecError
from tests.conftest import Databases

Db = psycopg.Connection[Any]

CUSTOMER = """
create table customer (id integer primary key, lines bigint not null default 0, spent numeric not null default 0,
  least integer, kinds bigint not null default 0, latest text);
"""
# Orders that may be nobody's; and lines that reach a customer by two tables, of which nothing is NULL.
SHAPES = {
    "one table": CUSTOMER
    + """
create table orders (id integer primary key, customer_id integer references customer on update cascade on delete cascade,
  note text);
create index on orders (customer_id);
create table line (id integer primary key, order_id integer references orders on update cascade on delete cascade,
  price integer, kind text, at timestamptz not null default now());
create index on line (order_id);
""",
    "two tables": CUSTOMER
    + """
create table account (id integer primary key,
  customer_id integer not null references customer on update cascade on delete cascade);
create index on account (customer_id);
create table orders (id integer primary key, account_id integer not null references account on update cascade on delete cascade,
  note text);
create index on orders (account_id);
create table line (id integer primary key, order_id integer not null references orders on update cascade on delete cascade,
  price integer, kind text, at timestamptz not null default now());
create index on line (order_id);
""",
}
LOW = "create table {0}_low partition of {0} for values from (minvalue) to (3); create table {0}_rest partition of {0} default;"


def partitioned(shape: str) -> str:
    """The same tables, but for the customers' with partitions: by their keys, and lines by their price."""
    tables = SHAPES[shape].replace("create table line (id integer primary key,", "create table line (id integer,")
    for table in ("account", "orders", "line"):
        column = "price" if table == "line" else "id"
        tables = tables.replace(f"create index on {table} ", f"{LOW.format(table)} create index on {table} ")
        head, found, rest = tables.partition(f"create table {table} (")
        if found:
            body, _, rest = rest.partition(");\n")
            tables = head + found + body + f") partition by range ({column});\n" + rest
    return tables


KEYS = {"one table": "order_id.customer_id", "two tables": "order_id.account_id.customer_id"}
COUNTERS: dict[str, str | Counter] = {
    "lines": "count(*)",
    "spent": "sum(price)",
    "least": "min(price)",
    "kinds": "count(distinct kind)",
    "latest": "last(kind order by at)",
}
LATEST = "(array_agg(l.kind order by l.at desc, l.kind desc nulls last) filter (where l.id is not null))[1]"
WRONG = """
select c.id, row(c.lines, c.spent, c.least, c.kinds, c.latest)::text, t.truth
  from customer c
  join (select c.id, row(count(l.id), coalesce(sum(l.price)::numeric, 0), min(l.price), count(distinct l.kind), {latest})::text as truth
          from customer c {joins} left join line l on l.order_id = o.id
         group by c.id) t using (id)
 where row(c.lines, c.spent, c.least, c.kinds, c.latest)::text <> t.truth
"""
JOINS = {
    "one table": "left join orders o on o.customer_id = c.id",
    "two tables": "left join account a on a.customer_id = c.id left join orders o on o.account_id = a.id",
}


def profile(shape: str, mode: str | None = None) -> Profile:
    return Profile("customer", "id", [], [Event("line", KEYS[shape], COUNTERS, mode)])


def wrong(db: Db, shape: str = "one table") -> list[tuple[Any, ...]]:
    """Customers whose counters are not what the join says: what they hold, and the truth."""
    return db.execute(WRONG.format(joins=JOINS[shape], latest=LATEST)).fetchall()  # type: ignore[arg-type]


@pytest.fixture
def mode() -> str | None:
    return None


@pytest.fixture
def parts() -> bool:
    return False


AT_ONCE = pytest.mark.parametrize(("parts", "mode"), [(False, None), (False, "deferred"), (True, None)])


@pytest.fixture
def shop(db: Db, parts: bool, mode: str | None) -> Db:
    """Attached; customers 1 to 3, the orders 1 to 4 of which the last is nobody's, and a line in each."""
    db.execute(partitioned("one table") if parts else SHAPES["one table"])  # type: ignore[arg-type]
    db.execute("insert into customer (id) values (1), (2), (3)")
    db.execute("insert into orders (id, customer_id) values (1, 1), (2, 1), (3, 2), (4, null)")
    dbml.attach(db, profile("one table", mode))
    db.execute("insert into line (id, order_id, price, kind) select g, g, g, 'k' || g from generate_series(1, 4) g")
    assert wrong(db) == []
    assert db.execute("select lines, spent, least from customer order by id").fetchall() == [
        (2, 3, 1),
        (1, 3, 3),
        (0, 0, None),
    ]
    return db


EXAMPLES = int(os.environ.get("DBML_EXAMPLES", "6"))
IDS = st.integers(1, 5)
ORDERS = st.none() | IDS
PRICES = st.none() | st.integers(-2, 9)
KINDS = st.sampled_from(["null", "'a'", "'b'"])


def said(value: int | None) -> str:
    return "null" if value is None else str(value)


class Machine(RuleBasedStateMachine):
    """Random statements on every table of the way, in transactions and savepoints; the truth is the join's."""

    def __init__(self, dsn: str, shape: str, mode: str | None = None) -> None:
        super().__init__()
        self.db = psycopg.connect(dsn, autocommit=True)
        self.shape, self.mode, self.within, self.next = shape, mode, False, 1
        # What an order belongs to.
        self.owner = "account_id" if shape == "two tables" else "customer_id"
        self.script: list[str] = []

    def teardown(self) -> None:
        self.db.close()

    def run(self, statement: str) -> None:
        """What a constraint refuses is taken back, and has changed nothing."""
        self.script.append(statement + ";")
        try:
            with self.db.transaction():
                self.db.execute(statement)  # type: ignore[arg-type]
        except psycopg.errors.IntegrityError as error:
            self.script[-1] += f" -- {error.sqlstate}"
        if not (self.within and self.mode):
            assert wrong(self.db, self.shape) == [], "\n".join(["", *self.script])

    @precondition(lambda self: not self.within)
    @rule(level=st.sampled_from(["read committed", "repeatable read"]))
    def begin(self, level: str) -> None:
        self.script.append(f"begin isolation level {level};")
        self.db.execute(f"begin isolation level {level}")  # type: ignore[arg-type]
        self.within = True

    @precondition(lambda self: self.within)
    @rule(end=st.sampled_from(["commit", "rollback"]))
    def end(self, end: str) -> None:
        self.script.append(end + ";")
        self.db.execute(end)  # type: ignore[arg-type]
        self.within = False
        assert wrong(self.db, self.shape) == [], "\n".join(["", *self.script])

    @rule(orders=st.lists(st.tuples(ORDERS, PRICES, KINDS), min_size=1, max_size=4))
    def insert(self, orders: list[tuple[int | None, int | None, str]]) -> None:
        rows = ", ".join(f"({self.next + n}, {said(o)}, {said(p)}, {k})" for n, (o, p, k) in enumerate(orders))
        self.next += len(orders)
        self.run(f"insert into line (id, order_id, price, kind) values {rows}")

    @rule(order=IDS, rest=st.integers(0, 2), price=PRICES)
    def change_lines(self, order: int, rest: int, price: int | None) -> None:
        self.run(f"update line set order_id = {order}, price = {said(price)} where id % 3 = {rest}")

    @rule(rest=st.integers(0, 3))
    def delete_lines(self, rest: int) -> None:
        self.run(f"delete from line where id % 4 = {rest}")

    @rule(order=IDS, owner=ORDERS)
    def hand_over(self, order: int, owner: int | None) -> None:
        self.run(f"update orders set {self.owner} = {said(owner)}, note = 'moved' where id >= {order}")

    @rule(order=IDS, owner=ORDERS)
    def add_order(self, order: int, owner: int | None) -> None:
        self.run(
            f"insert into orders (id, {self.owner}) values ({order}, {said(owner)})"
            f" on conflict (id) do update set {self.owner} = excluded.{self.owner}"
        )

    @rule(orders=st.dictionaries(IDS, IDS, min_size=1))
    def merge_orders(self, orders: dict[int, int]) -> None:
        rows = ", ".join(f"({order}, {owner})" for order, owner in orders.items())
        self.run(
            f"merge into orders o using (values {rows}) s(id, owner) on o.id = s.id"
            f" when matched and s.owner = 1 then delete when matched then update set {self.owner} = s.owner"
            f" when not matched then insert (id, {self.owner}) values (s.id, s.owner)"
        )

    @rule(order=IDS, other=IDS, owner=IDS, lines=st.booleans())
    def merge_to_other_partitions(self, order: int, other: int, owner: int, lines: bool) -> None:
        """What has partitions shows a row that it moves there in no transition table."""
        moved = (
            f"merge into orders o using (values ({order})) s(id) on o.id = s.id"
            f" when matched then update set id = {other + 3}, {self.owner} = {owner}"
        )
        self.run(
            f"merge into line l using (values ({other})) s(price) on l.price = s.price"
            f" when matched then update set price = 6 - l.price, order_id = {order}"
            if lines
            else moved
        )

    @precondition(lambda self: self.mode and self.within)
    @rule()
    def now(self) -> None:
        self.script.append("set constraints all immediate, deferred;")
        self.db.execute("set constraints all immediate; set constraints all deferred")
        assert wrong(self.db, self.shape) == [], "\n".join(["", *self.script])

    @rule(order=IDS)
    def delete_order(self, order: int) -> None:
        self.run(f"delete from orders where id = {order}")

    @rule(order=IDS, other=st.integers(1, 8), owner=IDS)
    def rename_order(self, order: int, other: int, owner: int) -> None:
        self.run(f"update orders set id = {other}, {self.owner} = {owner} where id = {order}")

    @rule(order=IDS, owner=IDS)
    def both_at_once(self, order: int, owner: int) -> None:
        self.next += 1
        self.run(
            f"with o as (update orders set {self.owner} = {owner} where id = {order} returning id),"
            f" m as (update line set order_id = {order} where id % 2 = 0),"
            f" n as (insert into orders (id, {self.owner}) values (6, {owner}) on conflict do nothing returning id)"
            f" insert into line (id, order_id, price) select {self.next - 1}, id, 4 from n"
        )

    @precondition(lambda self: self.shape == "two tables")
    @rule(account=IDS, customer=IDS)
    def move_account(self, account: int, customer: int) -> None:
        self.run(
            f"insert into account values ({account}, {customer})"
            " on conflict (id) do update set customer_id = excluded.customer_id"
        )

    @rule(customer=IDS, other=IDS)
    def rename_customer(self, customer: int, other: int) -> None:
        self.run(f"update customer set id = {other} where id = {customer}")

    @rule(customer=IDS)
    def renew_customer(self, customer: int) -> None:
        self.run(f"delete from customer where id = {customer}")
        self.run(f"insert into customer (id, lines, spent) values ({customer}, 7, 7)")

    @rule(what=st.sampled_from(["line", "orders cascade"]))
    def truncate(self, what: str) -> None:
        self.run(f"truncate {what}")

    @rule(order=IDS, owner=IDS)
    def taken_back(self, order: int, owner: int) -> None:
        self.run(
            f"do $$ begin update orders set {self.owner} = {owner} where id <= {order}; delete from line;"
            " raise exception 'no'; exception when others then null; end $$"
        )

    @rule()
    def reconcile(self) -> None:
        if self.within and self.mode:
            return
        assert dbml.reconcile(self.db).differences == [], "\n".join(["", *self.script])


@pytest.mark.parametrize(
    ("shape", "parts", "mode"),
    [
        ("one table", False, None),
        ("two tables", True, None),
        ("one table", True, "deferred"),
        pytest.param("one table", True, None, marks=pytest.mark.long),
        pytest.param("two tables", False, None, marks=pytest.mark.long),
        pytest.param("one table", False, "deferred", marks=pytest.mark.long),
        pytest.param("two tables", False, "deferred", marks=pytest.mark.long),
        pytest.param("two tables", True, "deferred", marks=pytest.mark.long),
    ],
)
def test_random_programs(databases: Databases, shape: str, parts: bool, mode: str | None) -> None:
    template = databases.create()
    with psycopg.connect(template, autocommit=True) as db:
        db.execute(partitioned(shape) if parts else SHAPES[shape])  # type: ignore[arg-type]
        dbml.attach(db, profile(shape, mode))
        db.execute("insert into customer (id) select generate_series(1, 5)")
        if shape == "two tables":
            db.execute("insert into account select g, g from generate_series(1, 5) g")
        db.execute("insert into orders select g, g from generate_series(1, 5) g")
    run_state_machine_as_test(
        lambda: Machine(databases.create(like=template), shape, mode),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@contextmanager
def another(db: Db) -> Iterator[Db]:
    with psycopg.connect(db.info.dsn, autocommit=True) as other:
        yield other


def blocks(db: Db, other: Db) -> bool:
    row = db.execute("select pg_backend_pid() = any (pg_blocking_pids(%s))", [other.info.backend_pid]).fetchone()
    return bool(row and row[0])


def waits(db: Db, other: Db, statement: str) -> Callable[[], Any]:
    """Run a statement elsewhere, up to where it waits for this session; returns what waits for its end."""
    pool = ThreadPoolExecutor(1)
    done = pool.submit(other.execute, statement)  # type: ignore[arg-type]
    while not blocks(db, other):
        assert not done.done(), f"did not wait: {statement}"
    pool.shutdown(wait=False)
    return done.result


EVENTS = [
    "insert into line (id, order_id, price, kind) values (9, 1, 5, 'n')",
    "delete from line where id = 1",
    "update line set price = 8 where id = 1",
    "merge into line l using (values (1)) s(id) on l.id = s.id when matched then update set price = 8, order_id = 1",
]
HANDS = {
    "to another": "update orders set customer_id = 3 where id = 1",
    "to nobody": "update orders set customer_id = null where id = 1",
}


def begin(db: Db, statement: str) -> None:
    """A transaction that has counted what it did, and is not committed yet."""
    db.execute(f"begin; {statement}; set constraints all immediate")  # type: ignore[arg-type]


@AT_ONCE
@pytest.mark.parametrize("hand", HANDS)
def test_an_order_that_changes_hands_at_the_same_moment(shop: Db, hand: str) -> None:
    for first, second in [pair for event in EVENTS for pair in ((event, HANDS[hand]), (HANDS[hand], event))]:
        with another(shop) as other:
            begin(shop, first)
            end = waits(shop, other, second)
            shop.execute("commit")
            end()
        assert wrong(shop) == [], (first, second)
        shop.execute("update orders set customer_id = 1 where id = 1; delete from line where id in (1, 9)")
        shop.execute("insert into line (id, order_id, price, kind) values (1, 1, 1, 'k1')")


@AT_ONCE
def test_an_order_that_nobody_owned_is_taken_at_the_same_moment(shop: Db) -> None:
    """No profile row is there that both could lock."""
    take = "update orders set customer_id = 3 where id = 4"
    for number, (first, second) in enumerate(
        (
            ("insert into line (id, order_id, price) values (10, 4, 1)", take),
            (take, "update line set price = 7 where id = 4"),
        )
    ):
        with another(shop) as other:
            shop.execute("update orders set customer_id = null where id = 4")
            begin(shop, first)
            end = waits(shop, other, second)
            shop.execute("commit")
            end()
        assert wrong(shop) == [], number
        assert shop.execute("select lines from customer where id = 3").fetchone() == (2,)


@AT_ONCE
def test_an_order_that_changes_hands_twice_while_one_waits(shop: Db) -> None:
    shop.execute("insert into customer (id) values (5); insert into orders (id, customer_id) values (5, 5)")
    with another(shop) as first, another(shop) as second, another(shop) as holder, another(shop) as waiting:
        begin(first, "update orders set customer_id = 3 where id = 1")
        holder.execute("begin; select from customer where id = 5 for no key update")
        end = waits(first, waiting, "insert into line (id, order_id, price) values (8, 1, 1), (9, 5, 1)")
        first.execute("commit")
        while not blocks(holder, waiting):
            pass
        begin(second, "update orders set customer_id = 2 where id = 1")
        holder.execute("commit")
        while not blocks(second, waiting):
            pass
        second.execute("commit")
        end()
    assert wrong(shop) == []


@AT_ONCE
def test_an_older_snapshot_fails_instead_of_counting_from_it(shop: Db) -> None:
    with another(shop) as other:
        other.execute("begin isolation level repeatable read")
        other.execute("select from customer")
        shop.execute("update orders set customer_id = 3 where id = 1")
        with pytest.raises(psycopg.errors.SerializationFailure):
            other.execute("insert into line (id, order_id) values (9, 1); set constraints all immediate")
        other.execute("rollback")
    assert wrong(shop) == []


def test_an_update_that_says_nothing_of_the_way_touches_no_customer(shop: Db) -> None:
    before = shop.execute("select xmin, id from customer order by id").fetchall()
    shop.execute("update orders set note = 'paid'")
    assert shop.execute("select xmin, id from customer order by id").fetchall() == before


def test_changes_that_no_trigger_saw_are_found_and_mended(shop: Db) -> None:
    shop.execute("set session_replication_role = replica")
    shop.execute("update orders set customer_id = 3 where id = 1; delete from line where id = 3")
    shop.execute("reset session_replication_role")
    found = dbml.reconcile(shop, repair=True).differences
    assert {d.entity[0] for d in found if d.entity} == {"1", "2", "3"}
    assert wrong(shop) == []
    shop.execute("drop index line_order_id_idx")  # read whole then
    shop.execute("set session_replication_role = replica; delete from line; reset session_replication_role")
    dbml.reconcile(shop, repair=True)
    assert wrong(shop) == []
    assert shop.execute("select sum(lines) from customer").fetchone() == (0,)


def test_others_ddl_on_the_way(shop: Db) -> None:
    """Statements go on, what broke is named, and a repair follows."""
    for ddl, told in (
        ("alter table orders rename customer_id to buyer", "column customer_id of public.orders is called buyer now"),
        ("alter table orders rename to purchase", "public.orders is called public.purchase now"),
        ("alter table line rename order_id to purchase_id", "column order_id of public.line is called purchase_id now"),
        ("alter table purchase rename id to number", "column id of public.purchase is called number now"),
    ):
        shop.execute(ddl)  # type: ignore[arg-type]
        (broken,) = shop.execute("select broken from dbml.status").fetchone() or ((),)
        assert told in broken
        column = "purchase_id" if "purchase_id" in ddl or "number" in ddl else "order_id"
        shop.execute(f"insert into line (id, {column}, price) select max(id) + 1, 1, 3 from line")  # type: ignore[arg-type]
        dbml.repair(shop)
        assert shop.execute("select broken from dbml.status").fetchone() == ([],)
        shop.execute(f"insert into line (id, {column}, price) select max(id) + 1, 3, 4 from line")  # type: ignore[arg-type]
    held = shop.execute("select id, lines, spent from customer order by id").fetchall()
    assert (
        held
        == shop.execute(
            "select c.id, count(l.id), coalesce(sum(l.price), 0) from customer c left join purchase o on o.buyer = c.id"
            " left join line l on l.purchase_id = o.number group by c.id order by c.id"
        ).fetchall()
    )
    assert held[0][1] == 6
    (spec,) = shop.execute("select spec from dbml.profile").fetchone() or ({},)
    assert spec["events"][0]["key"] == ["purchase_id.buyer"]


def test_a_way_that_is_no_longer_kept(shop: Db) -> None:
    shop.execute("alter table line drop constraint line_order_id_fkey")
    shop.execute("insert into line (id, order_id, price) values (20, 1, 2)")
    assert wrong(shop) == []
    assert dbml.reconcile(shop).differences[0].held == "no foreign key leads from public.line to public.orders any more"
    with pytest.raises(ProfileError, match='"order_id" of public.line, which belongs to 0 foreign keys'):
        dbml.repair(shop)
    shop.execute("alter table line add foreign key (order_id) references orders on delete cascade")
    dbml.repair(shop)
    shop.execute("delete from orders where id = 1")
    assert wrong(shop) == []


def test_a_column_of_the_way_that_may_be_null_now(db: Db) -> None:
    db.execute(SHAPES["two tables"])  # type: ignore[arg-type]
    db.execute(
        "insert into customer (id) values (1); insert into account values (1, 1); insert into orders values (1, 1)"
    )
    dbml.attach(db, profile("two tables"))
    db.execute("alter table orders alter account_id drop not null")
    db.execute("insert into line (id, order_id) values (1, 1)")
    assert db.execute("select broken from dbml.status").fetchone() == (
        ["column account_id of public.orders may be NULL now"],
    )
    dbml.repair(db)
    db.execute("update orders set account_id = null")
    assert wrong(db, "two tables") == []
    with another(db) as other:
        db.execute("begin")
        db.execute("insert into line (id, order_id) values (2, 1)")
        end = waits(db, other, "update orders set account_id = 1")
        db.execute("commit")
        end()
    assert wrong(db, "two tables") == []


def test_several_columns_windows_and_a_spec_that_changes(db: Db, tmp_path: Path) -> None:
    db.execute(
        "create table customer (tenant text, id integer, month bigint not null default 0, refunds numeric, primary key (tenant, id));"
        "create table orders (tenant text, number integer, customer integer, primary key (tenant, number),"
        " foreign key (tenant, customer) references customer); create index on orders (tenant, customer);"
        'create table "Line" (tenant text, "order" integer, amount numeric, at timestamptz default now(),'
        ' foreign key (tenant, "order") references orders); create index on "Line" (tenant, "order");'
        "insert into customer (tenant, id) select t, g from unnest('{a,b}'::text[]) t, generate_series(1, 3) g;"
        "insert into orders select t, g, 1 + g % 3 from unnest('{a,b}'::text[]) t, generate_series(1, 6) g;"
        """insert into "Line" select t, g, g, now() - g * interval '10 days' from unnest('{a,b}'::text[]) t, generate_series(1, 6) g"""
    )
    spec = tmp_path / "spec.toml"
    text = (
        '[profile]\ntable = "customer"\nkey = ["tenant", "id"]\n'
        '[[event]]\ntable = \'"Line"\'\nkey = ["order.tenant", "order.customer"]\n[event.counters]\n'
        'month = { aggregate = "count(*)", over = "25 days", at = "at" }\n'
    )
    spec.write_text(text)
    dbml.attach_online(db, dbml.spec.read(spec))
    truth = (
        "select c.tenant, c.id, count(l.at) filter (where l.at > now() - interval '25 days'), sum(l.amount) from customer c"
        " left join orders o on (o.tenant, o.customer) = (c.tenant, c.id)"
        ' left join "Line" l on (l.tenant, l."order") = (o.tenant, o.number) group by 1, 2 order by 1, 2'
    )
    held = "select tenant, id, month, refunds from customer order by 1, 2"
    assert [row[:3] for row in db.execute(held)] == [row[:3] for row in db.execute(truth)]
    spec.write_text(text + 'refunds = "sum(amount)"\n')
    dbml.alter(db, dbml.spec.read(spec))
    assert db.execute(held).fetchall() == db.execute(truth).fetchall()
    # One statement takes what is younger than the window out of it, as time alone does.
    db.execute("set session_replication_role = replica")
    db.execute("""update "Line" set at = now() - interval '25 days 1 second' where at > now() - interval '25 days'""")
    db.execute("reset session_replication_role; update dbml.event set followed_until = now() - interval '1 minute'")
    assert dbml.rescore_due(db) == 4
    assert db.execute(held).fetchall() == db.execute(truth).fetchall()
    db.execute("update orders set tenant = tenant, customer = 3 where number = 1")
    assert db.execute(held).fetchall() == db.execute(truth).fetchall()
    dbml.detach(db, "customer")
    assert db.execute(
        "select count(*) from pg_trigger where not tgisinternal and tgname like '%dbml%' and tgrelid::regclass::text !~ '^dbml'"
    ).fetchone() == (0,)


def test_what_is_no_way(db: Db) -> None:
    db.execute(SHAPES["one table"])  # type: ignore[arg-type]

    def refused(key: str | list[str], because: str, counters: dict[str, Any] | None = None) -> None:
        with pytest.raises((ProfileError, SpecError), match=because):
            dbml.attach(db, Profile("customer", "id", [], [Event("line", key, counters or {"lines": "count(*)"})]))

    refused("order_id.buyer", 'public.orders has no column "buyer" for the key')
    refused("ordre_id.customer_id", 'public.line has no column "ordre_id"')
    refused("price.customer_id", '"price" of public.line, which belongs to 0 foreign keys')
    refused("order_id.id", r"ends at \(id\) of public.orders, which is no foreign key to public.customer")
    refused("order_id.customer_id.id", "leads through public.customer itself|is no foreign key")
    refused("order_id..customer_id", "does not lead to one table")
    refused(["order_id.customer_id", "order_id"], "does not lead to one table")
    db.execute("alter table orders alter constraint orders_customer_id_fkey deferrable")
    refused("order_id.customer_id", "which is no foreign key to public.customer")
    db.execute("alter table orders alter constraint orders_customer_id_fkey not deferrable")
    db.execute("drop index line_order_id_idx, orders_customer_id_idx")
    notices = dbml.attach(db, profile("one table")).notices
    assert [n.partition(":")[0] for n in notices] == [
        "public.line has no index on (order_id). Each event reads the whole table without one",
        "public.orders has no index on (customer_id). Each event reads the whole table without one",
    ]
    db.execute(
        "insert into customer (id) values (1); insert into orders values (1, 1); insert into line values (1, 1, 2)"
    )
    assert wrong(db) == []
    with pytest.raises(LoadTestError, match="by way of public.orders"):
        mix(db, attachment(db, "customer"), weights={}, statement=None, random=np.random.default_rng(0))


def test_a_chain_of_profiles(db: Db) -> None:
    """An order's counters are columns that a customer's counters read."""
    db.execute(SHAPES["one table"])  # type: ignore[arg-type]
    db.execute("alter table orders add lines bigint not null default 0, add spent numeric not null default 0")
    dbml.attach(
        db, Profile("orders", "id", [], [Event("line", "order_id", {"lines": "count(*)", "spent": "sum(price)"})])
    )
    counters = {"lines": "sum(lines)", "spent": "sum(spent)"}
    db.execute("update customer set lines = 0; alter table customer alter lines type numeric")
    dbml.attach(db, Profile("customer", "id", [], [Event("orders", "customer_id", counters)]))
    for statement in (
        "insert into customer (id) values (1), (2), (3)",
        "insert into orders (id, customer_id) values (1, 1), (2, 1), (3, 2), (4, null)",
        "insert into line (id, order_id, price) select g, 1 + g % 4, g from generate_series(1, 20) g",
        "update orders set customer_id = 3 where id = 1",
        "update orders set customer_id = 1 where id = 4",
        "update line set order_id = 1 + order_id % 4, price = price + 1 where id % 2 = 0",
        "delete from orders where id = 2",
        "update customer set id = 9 where id = 3",
        "delete from line where price > 12",
        "truncate line",
    ):
        db.execute(statement)  # type: ignore[arg-type]
        held = db.execute("select id, lines, spent from customer order by id").fetchall()
        truth = (
            "select c.id, count(l.id), coalesce(sum(l.price), 0) from customer c left join orders o on o.customer_id = c.id"
            " left join line l on l.order_id = o.id group by c.id order by c.id"
        )
        assert held == db.execute(truth).fetchall(), statement
    assert dbml.reconcile(db).differences == []


@pytest.mark.parametrize(("first", "second"), [(None, None), ("deferred", None), ("deferred", "deferred")])
def test_several_events_by_one_table(db: Db, first: str | None, second: str | None) -> None:
    """Lines and payments of an order, and the order itself."""
    db.execute(
        SHAPES["one table"]  # type: ignore[arg-type]
        + "alter table customer add payments bigint not null default 0, add orders bigint not null default 0;"
        "create table payment (order_id integer references orders on delete cascade); create index on payment (order_id);"
        "insert into customer (id) values (1), (2), (3);"
        "insert into orders (id, customer_id) values (1, 1), (2, 1), (3, 2), (4, null)"
    )
    lines = Event("line", "order_id.customer_id", {"lines": "count(*)", "spent": "sum(price)"}, first)
    payments = Event("payment", "order_id.customer_id", {"payments": "count(*)"}, second)
    orders = Event("orders", "customer_id", {"orders": "count(*)"})
    dbml.attach(db, Profile("customer", "id", [], [lines, payments, orders]), backfill=True)
    held = "select id, lines, spent, payments, orders from customer order by id"
    truth = """
        select c.id, count(l.id), coalesce(sum(l.price), 0)::numeric,
               (select count(*) from payment p join orders o on o.id = p.order_id where o.customer_id = c.id),
               (select count(*) from orders o where o.customer_id = c.id)
          from customer c left join orders o on o.customer_id = c.id left join line l on l.order_id = o.id
         group by c.id order by c.id
    """
    for statement in (
        "insert into line (id, order_id, price) values (1, 1, 5), (2, 2, 6), (3, 4, 7)",
        "insert into payment values (1), (3), (4)",
        "update orders set customer_id = 3 where id in (1, 4)",
        "with a as (delete from payment where order_id = 3), b as (update line set order_id = 3 where id = 1)"
        " update orders set customer_id = 2 where id = 2",
        "delete from orders where id = 1",
        "truncate payment",
        "update customer set id = 9 where id = 2",
        "delete from customer where id = 9",
    ):
        db.execute(statement)  # type: ignore[arg-type]
        assert db.execute(held).fetchall() == db.execute(truth).fetchall(), statement
    assert dbml.reconcile(db).differences == []
    assert db.execute("select from dbml.touched union all select from dbml.settling").fetchall() == []
    assert dbml.status(db)[0].events == ["line", "payment", "orders"]

-- What a guard asks only of columns whose type leaves it open. It is resolved by the column's type each time that an
-- expression is planned, and inlined: so it costs nothing, and a column that becomes another type later is asked.
create or replace function dbml._unbounded(x smallint) returns smallint
language sql
immutable parallel safe
security invoker
as 'select 0::smallint';
comment on function dbml._unbounded(smallint) is '0: the type bounds it.';

create or replace function dbml._unbounded(x integer) returns integer
language sql
immutable parallel safe
security invoker
as 'select 0';
comment on function dbml._unbounded(integer) is '0: the type bounds it.';

create or replace function dbml._unbounded(x anyelement) returns anyelement
language sql
immutable parallel safe
security invoker
as 'select x';
comment on function dbml._unbounded(anyelement) is 'The number itself: its type does not bound it enough, or lets it be NaN.';

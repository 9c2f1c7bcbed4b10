create or replace function dbml._as_columns(numbers text[], texts text[], sorted text) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format('array[%s]::bytea[], array[%s]::text[]',
    coalesce((select string_agg(format('pg_catalog.string_agg(pg_catalog.float8send(coalesce(%s, ''NaN'')), ''''%s)', n, sorted), ', ' order by i)
                from unnest(numbers) with ordinality u(n, i)), ''),
    coalesce((select string_agg(format('pg_catalog.array_agg(%s%s)', t, sorted), ', ' order by i) from unnest(texts) with ordinality u(t, i)), ''))
$$;
comment on function dbml._as_columns(text[], text[], text) is
  'Aggregates that hand rows to PL/Python as columns, numbers as bytes and then texts; the last parameter is a clause that says in which order.';

create or replace function dbml._by_batches(call text, numbers text[], texts text[], named text) returns text
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select format(
    'select b.batch * 4096 + a.i - 1 as n, a.answer as %s'
    '  from (select d.n / 4096 as batch, %s as answers from due d group by 1) b'
    ' cross join lateral unnest(b.answers) with ordinality a(answer, i)',
    named, format(call, dbml._as_columns(numbers, texts, ' order by d.n')))
$$;
comment on function dbml._by_batches(text, text[], text[], text) is
  'A query that calls a function in PL/Python on rows of a relation "due", whose n numbers them from 0, in batches; its answers have these numbers.';

-- A text costs more to hand over than to compare. A code is 0 for NULL, 1 for another text, and from 2 the words.
create or replace function dbml._as_codes(
  known json, texts text[], out words text, out codes text[], out plain text[]
)
language plpgsql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  most constant numeric := 9007199254740992; -- what doubles can tell apart
  product numeric := most;
  found jsonb := '[]';
  size integer;
begin
  codes := '{}';
  plain := '{}';
  for i in 1 .. cardinality(texts) loop
    -- An expression would be computed once for every word.
    if json_typeof(known -> i - 1) is distinct from 'array' or texts[i] !~ '^q\.c[0-9]+::text$' then
      plain := plain || texts[i];
      found := found || '[null]'::jsonb;
      continue;
    end if;
    found := found || jsonb_build_array(known -> i - 1);
    size := json_array_length(known -> i - 1) + 2;
    product := product * size;
    if product > most then
      codes := codes || ''::text;
      product := size;
    end if;
    codes[cardinality(codes)] := concat_ws(' operator(pg_catalog.+) ', nullif(codes[cardinality(codes)], ''), (
      select format('case%s when %s is null then 0 else %L::pg_catalog.float8 end',
               string_agg(format(' when (%s) collate pg_catalog."C" operator(pg_catalog.=) %L then %L::pg_catalog.float8',
                 texts[i], w.word, (w.n + 1) * (product / size)::bigint), '' order by w.n),
               texts[i], (product / size)::bigint)
        from json_array_elements_text(known -> i - 1) with ordinality w(word, n)));
  end loop;
  words := found::text;
end
$$;
comment on function dbml._as_codes(json, text[]) is
  'Texts of rows named q as codes, several in a number, for _score_coded(); given what _words() knows of each. The others stay as they are.';

create or replace function dbml._batch_query(
  keys text[], numbers text[], texts text[], call text, says text, out columns text, out definitions text, out answering text
)
language plpgsql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  columns := coalesce(array_to_string(keys || numbers || texts, ', '), '');
  definitions := concat_ws(', ', dbml._numbered('k%s text', keys), dbml._numbered('n%s float8', numbers), dbml._numbered('t%s text', texts));
  answering := format(
    'select %s, %s'
    '  from (select %s %s as answers'
    '          from {rows}) a'
    '  cross join lateral rows from (%s pg_catalog.unnest(a.answers)) u(%s answer)',
    coalesce('array[' || dbml._numbered('u.k%s', keys) || ']', 'null::text[]'), says,
    coalesce(dbml._numbered('pg_catalog.array_agg(b.k%1$s) as k%1$s', keys) || ', ', ''),
    format(call, dbml._as_columns(string_to_array(dbml._numbered('b.n%s', numbers), ', '), string_to_array(dbml._numbered('b.t%s', texts), ', '), '')),
    coalesce(dbml._numbered('pg_catalog.unnest(a.k%s)', keys) || ', ', ''),
    coalesce(dbml._numbered('k%s', keys) || ', ', ''));
end
$$;
comment on function dbml._batch_query(text[], text[], text[], text, text) is
  'As _scores_in_batches(), of rows that are handed as columns to any call, with what is said of each answer.';

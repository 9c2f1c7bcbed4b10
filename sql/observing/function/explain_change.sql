-- Between two rows a score moves because some features did. Each gets its Shapley value of the move: what it changes, averaged over
-- all orders in which the features could have changed. That needs nothing but scores, so it is exact for every model.
create or replace function dbml.explain_change(model text, old anyelement, new anyelement)
returns table (feature text, old_value text, new_value text, contribution float8)
language sql
stable parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select e.feature, e.old_value, e.new_value, e.contribution
    from dbml._row_inputs(model, new) n
   cross join lateral dbml._row_inputs(format('%s@%s', n.model, n.version), old) o
   cross join lateral dbml._explained_change(n.model, n.version, o.numbers, o.texts, n.numbers, n.texts) e
$$;
comment on function dbml.explain_change(text, anyelement, anyelement) is
  'What each feature that changed did to the score: dbml.explain_change(''churn'', old, new). The contributions add up to the '
  'new score less the old one, both by the version that scores the new row.';

create or replace function dbml.explain_change(model text, old jsonb, new jsonb)
returns table (feature text, old_value text, new_value text, contribution float8)
language sql
stable parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select e.feature, e.old_value, e.new_value, e.contribution
    from dbml._named_inputs(model, new) n
   cross join lateral dbml._named_inputs(format('%s@%s', n.model, n.version), old) o
   cross join lateral dbml._explained_change(n.model, n.version, o.numbers, o.texts, n.numbers, n.texts) e
$$;
comment on function dbml.explain_change(text, jsonb, jsonb) is 'What each of loose feature values that changed did to the score.';

create or replace function dbml._explained_change(
  model text, version integer, old_numbers float8[], old_texts text[], new_numbers float8[], new_texts text[]
) returns table (feature text, old_value text, new_value text, contribution float8)
language plpgsql
stable parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
declare
  at_most constant integer := 10;
  scorer dbml.scorer := dbml._scorer(model, version);
  places integer[];
  are_texts boolean[];
  numbers float8[];
  texts text[];
  -- The score where those features have changed whose bits are set; and what a set of so many counts.
  scores float8[] := '{}';
  weights float8[];
  count integer;
begin
  select array_agg(v.position_in_array order by v.place), array_agg(v.of_texts order by v.place) into places, are_texts
    from dbml._changed(model, version, old_numbers, old_texts, new_numbers, new_texts) v;
  count := coalesce(cardinality(places), 0);
  if count > at_most then
    raise exception '% features differ between the two rows, more than the % that can be told apart', count, at_most
      using errcode = 'DB013', hint = 'Explain each row alone: dbml.explain().';
  end if;
  for changed in 0 .. (1 << count) - 1 loop
    numbers := old_numbers;
    texts := old_texts;
    for i in 1 .. count loop
      continue when changed & (1 << (i - 1)) = 0;
      if are_texts[i] then
        texts[places[i]] := new_texts[places[i]];
      else
        numbers[places[i]] := new_numbers[places[i]];
      end if;
    end loop;
    scores := scores || dbml._score_arrays(scorer, numbers, texts);
  end loop;
  weights := array(select factorial(n) * factorial(count - n - 1) / factorial(count) from generate_series(0, count - 1) n);
  return query
    select v.name, v.old_value, v.new_value,
           (select sum(weights[bit_count(s::bit(16)) + 1] * (scores[(s | v.bit) + 1] - scores[s + 1]))
              from generate_series(0, (1 << count) - 1) s
             where s & v.bit = 0)
      from (select c.*, 1 << (row_number() over (order by c.place) - 1)::integer as bit
              from dbml._changed(model, version, old_numbers, old_texts, new_numbers, new_texts) c) v
     order by v.place;
end
$$;
comment on function dbml._explained_change(text, integer, float8[], text[], float8[], text[]) is
  'What each feature that changed between two rows did to the score of one version.';

create or replace function dbml._changed(
  model text, version integer, old_numbers float8[], old_texts text[], new_numbers float8[], new_texts text[]
) returns table (place integer, name text, old_value text, new_value text, of_texts boolean, position_in_array integer)
language sql
stable parallel safe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = notice
as $$
  select o.place, o.name, o.value, n.value, o.of_texts, o.position_in_array
    from dbml._values(model, version, old_numbers, old_texts) o
    join dbml._values(model, version, new_numbers, new_texts) n using (place)
   where case when o.of_texts then old_texts[o.position_in_array] is distinct from new_texts[o.position_in_array]
              else old_numbers[o.position_in_array] is distinct from new_numbers[o.position_in_array] end
$$;
comment on function dbml._changed(text, integer, float8[], text[], float8[], text[]) is 'The features in which two rows differ.';

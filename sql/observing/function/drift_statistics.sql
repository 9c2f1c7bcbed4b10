-- The arithmetic of drift: two histograms in, statistics and thresholds out. A threshold is the larger of what matters and
-- of what noise alone reaches in TOLERANCE of the windows in which nothing has changed, all features and statistics together.
create or replace function dbml._normal_quantile(upper float8) returns float8
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  -- Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.23: within 4.5e-4 for the upper tail.
  select t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t)
    from (select sqrt(-2 * ln(upper)) as t) u
$$;
comment on function dbml._normal_quantile(float8) is 'What a standard normal variable exceeds with this probability, which is at most a half.';

create or replace function dbml._chi2_quantile(freedom integer, upper float8) returns float8
language sql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  -- Wilson and Hilferty, PNAS 17 (1931) 684: in the far tail a little too large, so never too quick to alarm.
  select case when freedom > 0 then
           freedom * (1 - 2.0::float8 / (9 * freedom) + dbml._normal_quantile(upper) * sqrt(2.0::float8 / (9 * freedom))) ^ 3
         else 0 end
$$;
comment on function dbml._chi2_quantile(integer, float8) is 'What a chi-squared variable exceeds with this probability, about.';

create or replace function dbml._drift_statistics(
  kind text, low integer, high integer, reference bigint[], live bigint[], tests integer
) returns table (statistic text, value float8, threshold float8, n bigint)
language plpgsql
immutable parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  tolerance constant float8 := 0.001;
  fewest constant integer := 30;
  odds float8 := ln(tests / tolerance);
  last integer := cardinality(reference);
  r float8[] := '{}';  -- the reference's values by bin, those beyond its range in the outermost
  l float8[] := '{}';
  merged_r float8[] := '{}';
  merged_l float8[] := '{}';
  m float8 := 0;  -- how many values the reference has
  noise float8;
  every float8;
  a float8 := 0;
  b float8 := 0;
  difference float8 := 0;
  psi float8 := 0;
  js float8 := 0;
  ks float8 := 0;
  p float8;
  q float8;
  chi2 float8;
  outside bigint := 0;
  largest bigint := 0;
  usual bigint := 0;
  slot integer;
begin
  n := 0;
  for i in 2 .. last loop
    n := n + live[i];
    m := m + reference[i];
    if live[i] > largest then
      largest := live[i];
      usual := reference[i];
    end if;
    if kind = 'text' and i = last then
      outside := live[i];
      r := r || reference[i]::float8;
      l := l || live[i]::float8;
    elsif kind = 'number' and (i <= low or i > high + 1) then
      -- A bin's number is its place less one: the first place is that of missing values.
      outside := outside + live[i];
      slot := case when i <= low then 1 else greatest(cardinality(r), 1) end;
      r[slot] := coalesce(r[slot], 0) + reference[i];
      l[slot] := coalesce(l[slot], 0) + live[i];
    elsif kind = 'number' and i = low + 1 then
      r[1] := coalesce(r[1], 0) + reference[i];
      l[1] := coalesce(l[1], 0) + live[i];
    else
      r := r || reference[i]::float8;
      l := l || live[i]::float8;
    end if;
  end loop;
  every := n + live[1];

  statistic := 'missing';
  if every >= fewest and m + reference[1] >= fewest then
    p := reference[1] / (m + reference[1]);
    value := live[1] / every;
    threshold := greatest(p + 0.02, (sqrt(p) + sqrt(odds * (1 / every + 1 / (m + reference[1])))) ^ 2);
  end if;
  if every > 0 then
    n := every;
  end if;
  return next;
  n := every - live[1];
  value := null;
  threshold := null;

  if n < fewest or m < fewest then
    for statistic in select unnest(case kind when 'text' then '{psi,js,unseen,constant}'::text[] else '{psi,js,ks,out_of_range,constant}' end) loop
      return next;
    end loop;
    return;
  end if;
  noise := 1.0::float8 / n + 1 / m;

  -- Where a bin has fewer than 5 to expect, chi-squared is no good guide (Cochran, Biometrics 10 (1954) 417): such bins
  -- are taken together with the next.
  for i in 1 .. cardinality(r) loop
    difference := difference + r[i] / m - l[i] / n;
    ks := greatest(ks, abs(difference));
    a := a + r[i];
    b := b + l[i];
    if (a + b) * least(n, m) / (n + m) >= 5 then
      merged_r := merged_r || a;
      merged_l := merged_l || b;
      a := 0;
      b := 0;
    end if;
  end loop;
  slot := greatest(cardinality(merged_r), 1);
  merged_r[slot] := coalesce(merged_r[slot], 0) + a;
  merged_l[slot] := coalesce(merged_l[slot], 0) + b;
  for i in 1 .. slot loop
    p := (merged_r[i] + 0.5) / (m + 0.5 * slot);
    q := (merged_l[i] + 0.5) / (n + 0.5 * slot);
    psi := psi + (p - q) * ln(p / q);
    p := merged_r[i] / m;
    q := merged_l[i] / n;
    js := js + case when p > 0 then p * ln(2 * p / (p + q)) else 0 end + case when q > 0 then q * ln(2 * q / (p + q)) else 0 end;
  end loop;
  -- Both are about chi-squared with a degree of freedom less than bins: psi / noise (Yurdakul and Naranjo, Journal of Risk
  -- Model Validation 14 (2020) 89), and eight times the square of the distance / noise.
  chi2 := dbml._chi2_quantile(slot - 1, tolerance / tests);
  statistic := 'psi';
  value := psi;
  threshold := greatest(0.1, noise * chi2);
  return next;
  statistic := 'js';
  value := sqrt(greatest(js, 0) / 2);
  threshold := greatest(0.1, sqrt(noise * chi2 / 8));
  return next;
  if kind = 'number' then
    -- Smirnov's asymptotic distribution, its first term; taken at the edges of bins it is smaller rather than larger.
    statistic := 'ks';
    value := ks;
    threshold := greatest(0.1, sqrt(noise * ln(2 * tests / tolerance) / 2));
    return next;
  end if;
  -- Shares: the distance of their square roots, squared, over the noise is less than the likelihood ratio's logarithm, so
  -- that noise alone passes less often than the tolerance (Chernoff's bound).
  statistic := case kind when 'text' then 'unseen' else 'out_of_range' end;
  -- Beyond the smallest and the largest of m values lie two in m + 1 of those to come.
  p := case kind when 'text' then reference[last] / m else 2 / (m + 1) end;
  value := outside / n::float8;
  threshold := greatest(p + 0.01, (sqrt(p) + sqrt(odds * noise)) ^ 2);
  return next;
  -- All in one bin: how likely is that, by the reference?
  statistic := 'constant';
  value := largest / n::float8;
  threshold := case when usual = 0 or n * ln(m / usual) > odds then 1 end;
  return next;
end
$$;
comment on function dbml._drift_statistics(text, integer, integer, bigint[], bigint[], integer) is
  'Statistics of the difference between two histograms, each with the threshold above which it is no noise; NULL where there is too little to say.';

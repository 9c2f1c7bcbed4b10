  select * into dbml_figures from ({query}) q;
  select c.name into dbml_differing
    from unnest({columns}::text[]) with ordinality c(name, i)
   where (to_jsonb(dbml_figures) ->> format('disagree_%s', c.i - 1))::bigint > 0
     and (to_jsonb(dbml_figures) ->> format('held_%s', c.i - 1))::bigint > 0
   limit 1;
  if dbml_differing is not null then
    raise exception 'counter % of % disagrees with %', quote_ident(dbml_differing), {table}, {event}
      using errcode = 'DB010',
            hint = 'It may hold an opening balance. To overwrite it with what the events say: op.attach_profile(…, backfill=True).';
  end if;

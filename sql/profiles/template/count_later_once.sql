insert into dbml.settling (xid)
values (pg_current_xact_id()::text::bigint)
    on conflict on constraint settling_pkey do nothing;

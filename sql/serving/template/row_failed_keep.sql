      if tg_op = 'UPDATE' then
{kept:s}
      -- While a dump is restored, the model may come after the row: then the dump's own score stands.
      elsif exists (select from dbml.profile p where p.id = {profile:L}) then
{cleared:s}
      end if;
{recorded:s}

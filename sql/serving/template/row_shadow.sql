    if {condition:s} then
      begin
{score:s}
        dbml_refused := null;
      exception when others then
        dbml_shadow := null;
        dbml_refused := left(sqlstate || ': ' || regexp_replace(sqlerrm, '^plpy\.Error: ', ''), 1000);
      end;
{insert:s}
    end if;

        dbml_shadow := {score:s};
        -- Apart, because every transaction prepares what it runs: few rows need it.
        if dbml_shadow is null then
          dbml_shadow := {careful:s};
        end if;

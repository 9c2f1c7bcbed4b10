      dbml_bucket := {bucket:s};
{routes:s}
      end if;

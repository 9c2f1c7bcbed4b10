select coalesce(has_table_privilege(to_regclass('dbml.profile'), 'select')
                and has_table_privilege(to_regclass('dbml.event'), 'select')
                and has_table_privilege(to_regclass('dbml.model'), 'select'), false) as may

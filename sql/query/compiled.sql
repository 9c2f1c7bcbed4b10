select exists (
         select from dbml.bytecode b where b.fingerprint = %(fingerprint)s and b.python = %(python)s
       ) as compiled

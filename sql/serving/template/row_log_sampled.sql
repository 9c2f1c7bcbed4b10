    if (hash_array_extended({entity:s}, 0) & 9223372036854775807) % 10000 < {buckets:L} or dbml_arm = 'holdout' then
{insert:s}
    end if;

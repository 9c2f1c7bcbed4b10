    if (hash_array_extended({entity:s}, 0) & 9223372036854775807) % 10000 < {buckets:L} then
{insert:s}
    end if;

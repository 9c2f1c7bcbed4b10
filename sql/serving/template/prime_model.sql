  perform dbml._prime({fingerprint:L}, {engine:L}, {numbers:s}, {texts:s})
     from unnest(batch) c;

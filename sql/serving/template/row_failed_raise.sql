      perform dbml._refuse_row({model:L}, dbml_version, {engine:s}, sqlstate, sqlerrm);

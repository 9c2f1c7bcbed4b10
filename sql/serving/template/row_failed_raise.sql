      perform dbml._refuse_row({model:L}, {version:L}, {engine:L}, sqlstate, sqlerrm);

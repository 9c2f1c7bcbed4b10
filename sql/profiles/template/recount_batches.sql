for dbml_batch in
  {batches}
loop
  {recount}
end loop;

select d.*
  into dbml_counted
  from (select (dbml_given).*) as dbml_n
 cross join lateral ({totals}) as d;
{assignments}

do $dbml_fill$
begin
  if dbml_scorer.{primes}() then
    {counters};
  else
    {trigger};
    {once};
  end if;
end
$dbml_fill$

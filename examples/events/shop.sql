-- The first application: customers, and complaints that others publish.
create table customer (
  id integer primary key,
  spend double precision not null,
  complaints bigint not null default 0,
  churn_score double precision,
  churn_version integer
);
create table complaint (
  id bigint generated always as identity primary key,
  customer_id integer not null references customer,
  said text
);
insert into customer (id, spend) select g, 20 + g % 60 from generate_series(1, 100) g;

-- Who reaches the database, each with no more than it needs. Runs once, after the schema dbml was installed.
\getenv worker WORKER_PASSWORD
\getenv gate GATE_PASSWORD
\getenv metrics METRICS_PASSWORD

create role worker login password :'worker' in role dbml_deployer;
create role metrics login password :'metrics' in role dbml_analyst;

-- A client of the web service, and the role by which the service logs in; it has no right of its own.
create role shop_frontend nologin in role dbml_analyst;
create role gate login noinherit password :'gate';
grant shop_frontend to gate;

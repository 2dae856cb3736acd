#!/usr/bin/env bash
# Makes the four databases, each with its owner and its runtime role, and the roles of health_claims' consumers and of statistics. PostgreSQL's image runs this once, on an
# empty data folder; elsewhere: PGHOST=… PGUSER=postgres SECRETS=/path roles.sh
# Passwords are read from $SECRETS/<role>.password. Running it again sets them anew and changes nothing else.
set -euo pipefail
secrets=${SECRETS:-/run/secrets}

psql_quiet() { psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname=postgres "$@"; }

role() {  # psql itself reads the password, so that no process list shows it
  psql_quiet --set=role="$1" <<SQL
\set password \`cat "$secrets/$1.password"\`
SELECT format('CREATE ROLE %I LOGIN', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
SQL
}

for name in identity contributions health_claims gateway; do
  role "${name}_owner"
  role "$name"
  psql_quiet --set=name="$name" --set=owner="${name}_owner" <<'SQL'
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"name" TO :"name";
SQL
done

# The consumers of health_claims write; its gRPC process reads only.
role health_claims_writer
psql_quiet <<< 'GRANT CONNECT ON DATABASE health_claims TO health_claims_writer;'

# The workers that fold statistics: the only roles beside the owners that see true cells. They keep what they count
# in temporary tables; a dump does not say so of a database, so a restored one has it from here.
for name in identity contributions health_claims; do
  role "${name}_statistics"
  psql_quiet <<< "GRANT CONNECT, TEMPORARY ON DATABASE $name TO ${name}_statistics;"
done

#!/usr/bin/env bash
# Makes the secrets and certificates of the Compose example in $1 (default: deploy/compose/secrets) for the
# external name $2 (default: gateway.localhost). For trials only: the authority's key stays beside the
# certificates. What is there already is kept.
set -euo pipefail
folder=${1:-$(dirname "$0")/secrets}
host=${2:-gateway.localhost}
rights=$(cd "$(dirname "$0")/../rabbitmq" && pwd)/definitions.json
umask 077
mkdir -p "$folder"
cd "$folder"
# The folder is closed to others; the files are open, because containers read them under another user.
umask 022

key() { [ -e "$1" ] || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2> /dev/null; }
password() { [ -e "$1" ] || openssl rand -hex 24 > "$1"; }

certificate() {  # name, DNS name
  [ ! -e "$1.pem" ] || return 0
  key "$1.key"
  openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
  printf 'subjectAltName=DNS:%s\nbasicConstraints=critical,CA:false\nextendedKeyUsage=serverAuth,clientAuth\n' "$2" > extensions
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -sha256 -extfile extensions \
    -out "$1.pem" 2> /dev/null
  rm "$1.csr" extensions
}

service_file() {  # role, database: libpq's pg_service.conf, which knows the password
  printf '[%s]\nhost=postgres\nport=5432\ndbname=%s\nuser=%s\npassword=%s\n' "$1" "$2" "$1" "$(cat "$1.password")"
}

url64() { openssl base64 -A | tr '+/' '-_' | tr -d =; }

public_keys() {  # private key: its public half as a JWK set (RFC 7517), named by its thumbprint (RFC 7638)
  local point x y members
  point=$(mktemp)
  openssl pkey -in "$1" -pubout -outform DER | tail -c 64 > "$point"
  x=$(head -c 32 "$point" | url64) y=$(tail -c 32 "$point" | url64)
  rm "$point"
  members="\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"$x\",\"y\":\"$y\""
  printf '{"keys":[{%s,"kid":"%s","use":"sig","alg":"ES256"}]}\n' "$members" \
    "$(printf '{%s}' "$members" | openssl dgst -sha256 -binary | url64)"
}

definition() {  # user: the hash of the password in the place of the user's name, as RabbitMQ wants it (salt, SHA-256)
  [ -e "rabbitmq-$1.salt" ] || openssl rand -hex 4 > "rabbitmq-$1.salt"
  local salt password hash
  salt=$(sed 's/../\\x&/g' "rabbitmq-$1.salt")
  password=$(cat "rabbitmq-$1.password")
  hash=$({ printf "$salt"; { printf "$salt"; printf %s "$password"; } | openssl dgst -sha256 -binary; } | openssl base64)
  sed -i "s|\"password_hash\": \"$1\"|\"password_hash\": \"$hash\"|" rabbitmq-definitions.json
}

key ca.key
[ -e ca.pem ] || openssl req -x509 -new -key ca.key -subj "/CN=Lienthong trial CA" -days 3650 -sha256 -out ca.pem
key answer-signing.pem
key certificate-signing.pem
public_keys certificate-signing.pem > certificate-keys.json
[ -e pseudonym.hex ] || openssl rand -hex 32 > pseudonym.hex
[ -e statistics.hex ] || openssl rand -hex 32 > statistics.hex
certificate https "$host"
password postgres.password
cp "$rights" rabbitmq-definitions.json
for user in operator gateway contributions health_claims; do
  password "rabbitmq-$user.password"
  definition "$user"
done
: > owners.service
for name in identity contributions health_claims gateway; do
  certificate "$name" "$name"
  password "$name.password"
  password "${name}_owner.password"
  service_file "$name" "$name" > "$name.service"
  service_file "${name}_owner" "$name" >> owners.service
done
password health_claims_writer.password
service_file health_claims_writer health_claims > health_claims_writer.service
for name in identity contributions health_claims; do
  password "${name}_statistics.password"
  service_file "${name}_statistics" "$name" > "${name}_statistics.service"
done
chmod a+r -- *  # openssl closes the keys that it writes
chmod go-r ca.key

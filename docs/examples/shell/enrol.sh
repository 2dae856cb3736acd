#!/usr/bin/env bash
# A key pair and enrolment.json, with openssl 3 alone.
# Usage: enrol.sh DIR AGENCY_ID GATEWAY
set -euo pipefail
umask 077
dir=$1 agency=$2 gateway=$3

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

mkdir -p "$dir"
[ ! -e "$dir/key.pem" ] || { echo "$dir/key.pem exists: a key is never written over" >&2; exit 2; }
openssl genpkey -algorithm ed25519 -out "$dir/key.pem"

# The key's name is the thumbprint of its public half (RFC 7638).
x=$(openssl pkey -in "$dir/key.pem" -pubout -outform DER | tail -c 32 | base64url)
key_id=$(printf '{"crv":"Ed25519","kty":"OKP","x":"%s"}' "$x" | openssl dgst -sha256 -binary | base64url)

# The proof of possession: these four lines, signed.
created=$(date +%s)
statement=$(mktemp)
trap 'rm -f "$statement"' EXIT
printf 'lienthong key enrolment\n%s\n%s\n%s' "$agency" "$key_id" "$created" >"$statement"
proof=v1.$created.$(openssl pkeyutl -sign -rawin -inkey "$dir/key.pem" -in "$statement" | base64url)

pem=$(openssl pkey -in "$dir/key.pem" -pubout | awk '{printf "%s\\n", $0}')
printf '{"agency_id": "%s", "public_key": "%s", "proof": "%s"}\n' "$agency" "$pem" "$proof" >"$dir/enrolment.json"
printf 'agency_id = "%s"\ngateway = "%s"\npurpose = "admission"\nstaff = "desk-1"\n' "$agency" "$gateway" \
  >"$dir/agency.toml"
echo "key $key_id: send $dir/enrolment.json to VSS within a day"

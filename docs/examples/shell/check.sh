#!/usr/bin/env bash
# One signed coverage check with curl and openssl 3, for an Ed25519 key.
# Usage: check.sh DIR ID NAME BORN
# Prints the answer's JSON; exits 0 when it was answered, 3 when refused, 5 when not to be trusted.
set -euo pipefail
dir=$1 id=$2 name=$3 born=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

setting() { sed -n "s/^$1 *= *\"\(.*\)\"/\1/p" "$dir/agency.toml"; }
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
unbase64url() { tr -- '-_' '+/' | awk '{while (length($0) % 4) $0 = $0 "="; print}' | openssl base64 -d -A; }
digest() { printf 'sha-256=:%s:' "$(openssl dgst -sha256 -binary "$1" | openssl base64 -A)"; }

# --- the request ---------------------------------------------------------------
url=$(setting gateway)/v1/coverage:check
purpose=admission staff=$(setting staff)
x=$(openssl pkey -in "$dir/key.pem" -pubout -outform DER | tail -c 32 | base64url)
key_id=$(printf '{"crv":"Ed25519","kty":"OKP","x":"%s"}' "$x" | openssl dgst -sha256 -binary | base64url)
printf '{"identifier":"%s","fullName":"%s","born":"%s"}' "$id" "$name" "$born" >"$work/body"
body_digest=$(digest "$work/body")

created=$(date +%s)
nonce=$(openssl rand 18 | base64url)
covered='("@method" "@target-uri" "content-digest" "content-type" "purpose" "staff")'
params="$covered;created=$created;expires=$((created + 60));nonce=\"$nonce\";keyid=\"$key_id\";tag=\"lienthong-request\""

# The signature base (RFC 9421 section 2.5): no newline at the end.
printf '%s' "\"@method\": POST
\"@target-uri\": $url
\"content-digest\": $body_digest
\"content-type\": application/json
\"purpose\": $purpose
\"staff\": $staff
\"@signature-params\": $params" >"$work/base"
signature=$(openssl pkeyutl -sign -rawin -inkey "$dir/key.pem" -in "$work/base" | openssl base64 -A)

status=$(curl --silent --show-error --max-time 10 --output "$work/answer" --dump-header "$work/headers" \
  --write-out '%{http_code}' --data-binary "@$work/body" \
  -H 'Content-Type: application/json' -H "Content-Digest: $body_digest" \
  -H "Purpose: $purpose" -H "Staff: $staff" \
  -H "Signature-Input: mine=$params" -H "Signature: mine=:$signature:" "$url") || exit 4

# --- the answer: believed only when its signature holds --------------------------
header() { tr -d '\r' <"$work/headers" | sed -n "s/^$1: *//Ip" | head -n 1; }
distrust() { echo "the answer is not to be trusted: $1" >&2; exit 5; }

answer_params=$(header signature-input | sed 's/^[a-z]*=//')
answer_signature=$(header signature | sed 's/^[a-z]*=:\(.*\):$/\1/')
answer_key=$(sed -n 's/.*;keyid="\([^"]*\)".*/\1/p' <<<"$answer_params")
[ "$(header content-digest)" = "$(digest "$work/answer")" ] || distrust "its body was changed"
[[ $answer_params == *";nonce=\"$nonce\""* && $answer_params == *';tag="lienthong-response"'* ]] ||
  distrust "it does not answer this request"
for needed in '"@status"' '"content-digest"' '"@path";req' '"content-digest";req' '"signature";req;key="mine"'; do
  [[ $answer_params == *"$needed"* ]] || distrust "it does not cover $needed"
done

# Its signature base: every component that it covers, in its order.
{
  grep -o '"[^"]*"\(;req\)\?\(;key="[^"]*"\)\?' <<<"${answer_params%%)*}" | while read -r component; do
    case $component in
      '"@status"') value=$status ;;
      '"content-digest"') value=$(header content-digest) ;;
      '"content-type"') value=$(header content-type) ;;
      '"@method";req') value=POST ;;
      '"@path";req') value=/v1/coverage:check ;;
      '"@query";req') value='?' ;;
      '"content-digest";req') value=$body_digest ;;
      '"signature";req;key="mine"') value=":$signature:" ;;
      '"signature-input";req;key="mine"') value=$params ;;
      *) value='(not known here)' ;;
    esac
    printf '%s: %s\n' "$component" "$value"
  done
  printf '"@signature-params": %s' "$answer_params"
} >"$work/answer-base"

# The gateway's key with this thumbprint, out of the pinned set, as a public key file.
jwk=$(tr '{' '\n' <"$dir/gateway-keys.json" | grep -F "\"$answer_key\"") || distrust "its key is not pinned"
member() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" <<<"$jwk"; }
openssl base64 -d -A <<<"$answer_signature" >"$work/raw"
case $(member crv) in
  Ed25519)
    { printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00'; member x | unbase64url; } >"$work/key"
    check=(openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$work/key" -in "$work/answer-base"
      -sigfile "$work/raw") ;;
  P-256)
    { printf '\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07'
      printf '\x03\x42\x00\x04'; member x | unbase64url; member y | unbase64url; } >"$work/key"
    # RFC 9421 writes r and s side by side; openssl wants them in DER.
    hex=$(od -An -tx1 -v "$work/raw" | tr -d ' \n')
    printf 'asn1=SEQUENCE:pair\n[pair]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "${hex:0:64}" "${hex:64}" >"$work/pair"
    openssl asn1parse -genconf "$work/pair" -noout -out "$work/der"
    check=(openssl dgst -sha256 -verify "$work/key" -keyform DER -signature "$work/der" "$work/answer-base") ;;
  *) distrust "its key is of another kind than this example knows" ;;
esac
"${check[@]}" >/dev/null 2>&1 || distrust "its signature does not hold"

cat "$work/answer"
echo
[ "$status" = 200 ] || exit 3

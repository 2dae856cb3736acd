// The signed-request profile for Node.js 20, without packages.
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The parts of an agency's folder. */
export function loadAgency(folder) {
  const toml = readFileSync(join(folder, "agency.toml"), "utf8");
  const setting = (name) => toml.match(new RegExp(`^${name} *= *"(.*)"`, "m"))?.[1];
  const key = createPrivateKey(readFileSync(join(folder, "key.pem")));
  const directory = JSON.parse(readFileSync(join(folder, "gateway-keys.json"), "utf8"));
  const gatewayKeys = new Map(directory.keys.map((jwk) => [thumbprint(jwk), createPublicKey({ key: jwk, format: "jwk" })]));
  return { gateway: setting("gateway"), purpose: setting("purpose"), staff: setting("staff"), key, gatewayKeys };
}

/** RFC 7638: SHA-256 over the required members, in alphabetical order. */
export function thumbprint(jwk) {
  const members = { OKP: ["crv", "kty", "x"], EC: ["crv", "kty", "x", "y"], RSA: ["e", "kty", "n"] }[jwk.kty];
  const canonical = JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]])));
  return createHash("sha256").update(canonical).digest("base64url");
}

export const keyId = (key) => thumbprint(createPublicKey(key).export({ format: "jwk" }));

/** Ed25519, or ECDSA P-256 with r and s side by side (never DER). */
export function signBytes(key, text) {
  const ecdsa = key.asymmetricKeyType === "ec";
  return sign(ecdsa ? "sha256" : null, Buffer.from(text), ecdsa ? { key, dsaEncoding: "ieee-p1363" } : key);
}

function holds(key, text, signature) {
  const ecdsa = key.asymmetricKeyType === "ec";
  return verify(ecdsa ? "sha256" : null, Buffer.from(text), ecdsa ? { key, dsaEncoding: "ieee-p1363" } : key, signature);
}

const digest = (bytes) => `sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`;

/**
 * POST a question, or GET without one; the answer's status and JSON, after its signature was verified.
 * `more`: further headers, such as idempotency-key (signed) or prefer (need not be).
 */
export async function ask(agency, path, question, more = {}) {
  const method = question === undefined ? "GET" : "POST";
  const body = question === undefined ? undefined : Buffer.from(JSON.stringify(question));
  const url = agency.gateway + path;
  const created = Math.floor(Date.now() / 1000);
  const nonce = randomBytes(18).toString("base64url");
  const content = body && { "content-digest": digest(body), "content-type": "application/json" };
  const own = { ...content, purpose: agency.purpose, staff: agency.staff, ...more };
  const values = { "@method": method, "@target-uri": url, ...own };
  const covered = Object.keys(values).map((name) => `"${name}"`).join(" ");
  const params =
    `(${covered});created=${created};expires=${created + 60};nonce="${nonce}"` +
    `;keyid="${keyId(agency.key)}";tag="lienthong-request"`;
  const lines = Object.entries(values).map(([name, value]) => `"${name}": ${value}`);
  const base = [...lines, `"@signature-params": ${params}`].join("\n");
  const signature = `:${signBytes(agency.key, base).toString("base64")}:`;
  const headers = { ...own, "signature-input": `mine=${params}`, signature: `mine=${signature}` };
  const response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(40_000) });
  const answer = Buffer.from(await response.arrayBuffer());
  verifyAnswer(agency, response, answer, { method, path, nonce, params, signature, digest: own["content-digest"] });
  return { status: response.status, requestId: response.headers.get("x-request-id"), body: JSON.parse(answer) };
}

/** Throws unless the gateway signed exactly this answer to exactly this request. */
function verifyAnswer(agency, response, body, request) {
  const distrust = (why) => { throw new Error(`the answer is not to be trusted: ${why}`); };
  const input = response.headers.get("signature-input")?.match(/^\w+=(\((.*?)\).*)$/);
  const given = response.headers.get("signature")?.match(/^\w+=:(.*):$/)?.[1];
  if (!input || !given) distrust("it is not signed");
  const [, params, list] = input;
  const components = list.match(/"[^"]*"(;req)?(;key="[^"]*")?/g) ?? [];
  const values = {
    '"@status"': response.status,
    '"content-digest"': response.headers.get("content-digest"),
    '"content-type"': response.headers.get("content-type"),
    '"@method";req': request.method,
    '"@path";req': request.path,
    '"@query";req': "?",
    ...(request.digest && { '"content-digest";req': request.digest }),
    '"signature";req;key="mine"': request.signature,
    '"signature-input";req;key="mine"': request.params,
  };
  for (const needed of Object.keys(values)) {
    if (!components.includes(needed)) distrust(`it does not cover ${needed}`);
  }
  if (!params.includes(`;nonce="${request.nonce}"`) || !params.includes(';tag="lienthong-response"')) {
    distrust("it does not answer this request");
  }
  if (values['"content-digest"'] !== digest(body)) distrust("its body was changed");
  const key = agency.gatewayKeys.get(params.match(/;keyid="([^"]*)"/)?.[1]);
  if (!key) distrust("its key is not pinned");
  const base = [...components.map((c) => `${c}: ${values[c]}`), `"@signature-params": ${params}`].join("\n");
  if (!holds(key, base, Buffer.from(given, "base64"))) distrust("its signature does not hold");
}

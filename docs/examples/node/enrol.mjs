// A key pair and enrolment.json. Usage: node enrol.mjs DIR AGENCY_ID GATEWAY
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyId, signBytes } from "./signing.mjs";

const [folder, agencyId, gateway] = process.argv.slice(2);
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const created = Math.floor(Date.now() / 1000);
const statement = `lienthong key enrolment\n${agencyId}\n${keyId(privateKey)}\n${created}`;
const enrolment = {
  agency_id: agencyId,
  public_key: createPublicKey(privateKey).export({ type: "spki", format: "pem" }),
  proof: `v1.${created}.${signBytes(privateKey, statement).toString("base64url")}`,
};

mkdirSync(folder, { recursive: true });
const pem = privateKey.export({ type: "pkcs8", format: "pem" });
writeFileSync(join(folder, "key.pem"), pem, { mode: 0o600, flag: "wx" }); // never over another key
writeFileSync(join(folder, "enrolment.json"), JSON.stringify(enrolment, null, 2));
writeFileSync(
  join(folder, "agency.toml"),
  `agency_id = "${agencyId}"\ngateway = "${gateway}"\npurpose = "admission"\nstaff = "desk-1"\n`,
);
console.log(`key ${keyId(privateKey)}: send ${join(folder, "enrolment.json")} to VSS within a day`);

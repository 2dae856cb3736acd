// Hand in one line and wait for its end. Usage: node declare.mjs DIR KEY KIND ID NAME MONTH [BASE]
// Prints the operation's JSON; exits 0 when it is completed, 3 when refused, 4 when pending, 5 when not to be trusted.
import { ask, loadAgency } from "./signing.mjs";

const [folder, key, kind, identifier, fullName, fromMonth, baseVnd = "0"] = process.argv.slice(2);
const line = { kind: `LINE_KIND_${kind.toUpperCase()}`, identifier, fullName, fromMonth, baseVnd };
const agency = loadAgency(folder);
try {
  // The same key after a timeout or a 503: never done twice.
  const purpose = "employment";
  let answer = await ask(agency, "/v1/declarations", { lines: [line] }, { purpose, "idempotency-key": key });
  if (answer.status === 202) {
    const path = `/v1/operations/${answer.body.operation.operationId}`;
    answer = await ask(agency, path, undefined, { purpose, prefer: "wait=30" });
  }
  console.log(JSON.stringify(answer.body));
  const codes = { OPERATION_STATE_COMPLETED: 0, OPERATION_STATE_PENDING: 4 };
  process.exitCode = codes[answer.body.operation?.state] ?? 3;
} catch (error) {
  console.error(error.message);
  process.exitCode = 5;
}

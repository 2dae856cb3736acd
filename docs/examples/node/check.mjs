// One signed coverage check. Usage: node check.mjs DIR ID NAME BORN
// Prints the answer's JSON; exits 0 when it was answered, 3 when refused, 5 when not to be trusted.
import { ask, loadAgency } from "./signing.mjs";

const [folder, identifier, fullName, born] = process.argv.slice(2);
try {
  const answer = await ask(loadAgency(folder), "/v1/coverage:check", { identifier, fullName, born });
  console.log(JSON.stringify(answer.body));
  process.exitCode = answer.status === 200 ? 0 : 3;
} catch (error) {
  console.error(error.message);
  process.exitCode = 5;
}

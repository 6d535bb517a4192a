// node count.js <Jest's results>: prints "<passed> <failed>" and, to stderr, what was skipped or could not even run.
import { readFileSync } from 'node:fs';

const results = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const skipped = results.testResults
  .flatMap((file) => file.assertionResults)
  .filter(({ status }) => status !== 'passed' && status !== 'failed');
for (const { fullName, status } of skipped) console.error(`FAILED: ${status}, and nothing may be: ${fullName}`);
console.log(results.numPassedTests, results.numFailedTests + skipped.length + results.numRuntimeErrorTestSuites);

// node .ci/summary.mjs FOLDER
//
// Counts what .ci/run left in FOLDER: `steps` (a line "NAME passed|failed" each) and the reports NAME.json of those that
// are test suites. A step without a report counts as one check. The last line is `N passed, N failed`.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '.';
const rows = readFileSync(join(folder, 'steps'), 'utf8').trim().split('\n').map(count);

print('');
for (const failure of rows.flatMap(({ failures }) => failures)) print(failure);
for (const { name, passed, failed, skipped } of rows) {
  print(`${name.padEnd(12)} passed ${passed}, failed ${failed}, skipped ${skipped}`);
}
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
print(`${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
process.exitCode = sum('failed') === 0 ? 0 : 1;

function print(line) {
  process.stdout.write(`${line}\n`);
}

function count(line) {
  const [name, outcome] = line.split(' ');
  const report = join(folder, `${name}.json`);
  const tests = existsSync(report)
    ? read(JSON.parse(readFileSync(report, 'utf8')))
    : { passed: 0, failed: 0, skipped: 0, failures: [] };
  if (!existsSync(report) && outcome === 'passed') tests.passed = 1;
  // A suite may fail without a failed test: a file that cannot be loaded, an error outside of every test.
  if (outcome === 'failed') tests.failed = Math.max(tests.failed, 1);
  if (name === 'interop' && tests.skipped > 0) tests.failed += tests.skipped;
  return { name, ...tests };
}

/** vitest's report, or the conformance suite's. */
function read(report) {
  if ('total' in report)
    return { passed: report.passed, failed: report.total - report.passed, skipped: 0, failures: [] };
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: report.testResults.flatMap(failuresOf),
  };
}

/** Said again at the end, where it can be found. */
function failuresOf({ name, message, assertionResults }) {
  const tests = assertionResults.filter(({ status }) => status === 'failed');
  const file = message ? [`FAILED ${name}: ${firstLines(message)}`] : [];
  return [
    ...file,
    ...tests.map(({ fullName, failureMessages }) => `FAILED ${fullName}: ${firstLines(failureMessages.join('\n'))}`),
  ];
}

function firstLines(text) {
  return text.split('\n').slice(0, 12).join('\n  ');
}

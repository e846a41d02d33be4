import { optionsOrProblem } from './demo-options.js';
import { runDemo } from './run-demo.js';

process.exitCode = await main();

async function main(): Promise<number> {
  const options = optionsOrProblem(process.argv.slice(2));
  if (typeof options !== 'string') return runDemo(options, process.env);
  console.error(`demo: ${options}`);
  return 2;
}

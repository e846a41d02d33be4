import { readOptions } from './demo-options.js';
import { runDemo } from './run-demo.js';

process.exitCode = await runDemo(readOptions(process.argv.slice(2)), process.env);

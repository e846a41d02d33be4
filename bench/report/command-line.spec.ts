import { expect, it } from 'vitest';
import { commandLine } from './command-line.js';

it.each([
  [[], 'npm run bench'],
  [['--quick', '--tasks', '70'], 'npm run bench -- --quick --tasks 70'],
  [['--json', '/home/me/b.json', '--markdown'], 'npm run bench -- --json FILE --markdown'],
  [['--previous=/home/me/old', '--charts', 'out'], 'npm run bench -- --previous=DIR --charts DIR'],
  [['--contenders', 'ours|bare SDK'], "npm run bench -- --contenders 'ours|bare SDK'"],
])('shows %j as %s', (args, shown) => {
  expect(commandLine(args)).toBe(shown);
});

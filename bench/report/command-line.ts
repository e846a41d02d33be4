/** Options whose values are places on the machine, with what is shown instead. */
const places: Readonly<Record<string, string>> = {
  '--previous': 'DIR',
  '--json': 'FILE',
  '--charts': 'DIR',
  '--cpu-prof': 'DIR',
};

/** The command as others would type it: it says nothing about the machine. */
export function commandLine(args: readonly string[]): string {
  const shown = args.map((arg, index) => placeOf(args[index - 1] ?? '') ?? withoutPlace(arg));
  return ['npm run bench', ...(shown.length > 0 ? ['--', ...shown] : [])].join(' ');
}

function placeOf(option: string): string | undefined {
  return Object.hasOwn(places, option) ? places[option] : undefined;
}

function withoutPlace(arg: string): string {
  const option = arg.slice(0, arg.indexOf('='));
  const place = placeOf(option);
  return place === undefined ? quoted(arg) : `${option}=${place}`;
}

function quoted(arg: string): string {
  return /^[\w.,=/-]+$/.test(arg) ? arg : `'${arg}'`;
}

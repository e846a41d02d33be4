import { isTask, partsOf, type Drawn, type DrawnTask } from './drawn-canvas.js';

/** A canvas in a line: `chord([0 text@nest, 1 fail@python], 2 list@both)`, with the number of each task. */
export function shown(drawn: Drawn): string {
  let number = 0;
  const task = ({ work, executor, immutable, linked, again }: DrawnTask): string => {
    const marks = [immutable && 'si', again && 'again', linked && `link@${linked}`].filter(Boolean);
    return [number++, `${work}@${executor}`, ...marks].join(' ');
  };
  const show = (one: Drawn): string => {
    if (isTask(one)) return task(one);
    const parts = partsOf(one).map(show);
    if (one.kind === 'chord') return `chord([${parts.slice(0, -1).join(', ')}], ${parts.at(-1)})`;
    return `${one.kind === 'chain' && one.raw ? 'raw chain' : one.kind}(${parts.join(', ')})`;
  };
  return show(drawn);
}

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Chart } from './charts.js';
import { withFigures } from './docs-section.js';
import { asJson, asMarkdown, type Report } from './report.js';

const docs = fileURLToPath(new URL('../../../docs/', import.meta.url));
const CHARTS = 'benchmarks';

export interface ReportTargets {
  readonly json: string | undefined;
  readonly charts: string | undefined;
  readonly markdown: boolean;
}

/** Writes what the command line asks for. */
export async function writeReport(report: Report, charts: readonly Chart[], targets: ReportTargets): Promise<void> {
  if (targets.json !== undefined) await writeFile(targets.json, asJson(report));
  if (targets.charts !== undefined) await writeCharts(charts, targets.charts);
  if (!targets.markdown) return;
  await writeCharts(charts, join(docs, CHARTS));
  const page = join(docs, 'benchmarks.md');
  const images = charts.map(({ file, title }) => `![${title}](${CHARTS}/${file})`).join('\n\n');
  await writeFile(page, withFigures(await readFile(page, 'utf8'), `${asMarkdown(report)}\n\n### Charts\n\n${images}`));
}

async function writeCharts(charts: readonly Chart[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await Promise.all(charts.map(({ file, svg }) => writeFile(join(folder, file), svg)));
}

// Properties are tried with values that are drawn anew in every run, unless SQS_CELERY_SEED names the seed to repeat.
const { SQS_CELERY_SEED: seed } = process.env;

if (seed !== undefined) {
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
}

import { defineConfig } from 'vitest/config';

// The package's own imports and exports name this condition first: tests run the sources, users the build.
const conditions = ['@sqs-celery/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    setupFiles: ['./test/support/property-seed.ts'],
    projects: [
      { extends: true, test: { name: 'unit', include: ['{src,libs,apps,bench}/**/*.spec.ts'], testTimeout: 20_000 } },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/**/*.spec.ts'],
          exclude: ['test/interop/**'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'interop',
          include: ['test/interop/**/*.spec.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
    coverage: { provider: 'v8', include: ['src/**', 'libs/**'] },
  },
});

import { defineConfig } from "vitest/config";

/** What is polled for comes about in its time: vitest's own second is too short for a busy machine. */
const patience = { poll: { timeout: 20_000 } };

/** Two projects: `unit` runs anywhere in seconds; `e2e` runs the real command line on real nodes, one file after another, as root. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**"],
          testTimeout: 60_000,
          expect: patience,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          // against hanging only: the longest takes some 70 s where nothing else runs
          testTimeout: 300_000,
          hookTimeout: 300_000,
          expect: patience,
          fileParallelism: false,
        },
      },
    ],
  },
});

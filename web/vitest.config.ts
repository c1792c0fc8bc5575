import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["api/**/*.test.ts", "console/**/*.test.{ts,tsx}", "member/**/*.test.ts", "texts/**/*.test.ts"],
    environment: "node",
    maxWorkers: 1,
  },
});

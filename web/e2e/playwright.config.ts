import { defineConfig } from "@playwright/test";

// The tests start the server themselves: QUNYING_BIN names the binary,
// bin/qunying of this checkout unless told otherwise. What is waited for comes at
// once on an idle machine; the limits are for one that is starved.
export default defineConfig({
  testDir: ".",
  outputDir: "../test-results",
  timeout: 180_000,
  expect: { timeout: 45_000 },
  // Each takes one file after the other.
  workers: 2,
  fullyParallel: false,
  forbidOnly: true,
  // A run of all tests goes on after what a starved machine let go wrong once; the
  // summary names it.
  retries: process.env.CI ? 1 : 0,
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.QUNYING_CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    },
  },
});

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compress } from "./build/compress.ts";
import { texts } from "./build/texts.ts";

// QUNYING_URL is where `qunying serve` listens while one works on the console.
const server = process.env.QUNYING_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [texts(), react(), compress()],
  build: {
    outDir: "../dist/console",
    emptyOutDir: true,
    target: "es2022",
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 600, // ECharts; sizes.test.ts holds what a page loads
  },
  server: { proxy: { "/api": server } },
});

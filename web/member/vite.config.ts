import { defineConfig } from "vite";
import { compress } from "../console/build/compress.ts";

// QUNYING_URL is where `qunying serve` listens while one works on the page.
const server = process.env.QUNYING_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [compress()],
  base: "/m/",
  build: {
    outDir: "../dist/member",
    emptyOutDir: true,
    target: "es2020", // browsers inside chat apps lag behind
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: { proxy: { "/api": server } },
});

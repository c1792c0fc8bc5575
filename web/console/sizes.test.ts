import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

// What a browser loads before a page is complete, compressed with brotli.
const limit = 500_000; // bytes
const dist = fileURLToPath(new URL("../dist/console/", import.meta.url));
const manifestFile = join(dist, "manifest.json.gz");
const built = existsSync(manifestFile);

interface Chunk {
  file: string;
  imports?: string[];
  dynamicImports?: string[];
  css?: string[];
}

/** What each route loads besides the shell, lazy parts that it always shows included. */
const routes: Record<string, string[]> = {
  setup: ["src/pages/entry/SetupPage.tsx"],
  "sign-in": ["src/pages/entry/SignInPage.tsx"],
  groups: ["src/pages/overview/OverviewPage.tsx", "src/shell/Shell.tsx"],
  group: ["src/pages/group/GroupPage.tsx", "src/pages/group/Charts.tsx", "src/shell/Shell.tsx"],
  messages: ["src/pages/messages/MessagesPage.tsx", "src/parts/OpenRange.tsx", "src/shell/Shell.tsx"],
  imports: ["src/pages/imports/ImportsPage.tsx", "src/shell/Shell.tsx"],
  import: ["src/pages/imports/ImportPage.tsx", "src/shell/Shell.tsx"],
  tasks: ["src/pages/tasks/TasksPage.tsx", "src/shell/Shell.tsx"],
  outbox: ["src/pages/outbox/OutboxPage.tsx", "src/shell/Shell.tsx"],
  sending: ["src/pages/settings/SendingPage.tsx", "src/shell/Shell.tsx"],
  connections: ["src/pages/connections/ConnectionsPage.tsx", "src/shell/Shell.tsx", "../texts/connectors/zh-CN.json"],
  connection: ["src/pages/connections/ConnectionPage.tsx", "src/shell/Shell.tsx", "../texts/connectors/zh-CN.json"],
  connect: ["src/pages/connections/WizardPage.tsx", "src/shell/Shell.tsx", "../texts/connectors/zh-CN.json"],
  capabilities: ["src/pages/capabilities/CapabilitiesPage.tsx", "src/shell/Shell.tsx"],
  webhooks: ["src/pages/webhooks/WebhooksPage.tsx", "src/shell/Shell.tsx"],
  settings: ["src/pages/settings/SettingsPage.tsx", "src/shell/Shell.tsx"],
};
const always = ["index.html", "../texts/zh-CN.json?first"];

describe.skipIf(!built)("the first load (after npm run build)", () => {
  const manifest: Record<string, Chunk> = built ? JSON.parse(gunzipSync(readFileSync(manifestFile)).toString()) : {};

  const weigh = (file: string) => {
    const packed = join(dist, `${file}.br`);
    return existsSync(packed) ? statSync(packed).size : brotliCompressSync(readFileSync(join(dist, file))).length;
  };

  const load = (entries: string[]) => {
    const seen = new Set<string>();
    const filesOf = (name: string): string[] => {
      const chunk = manifest[name];
      if (!chunk) throw new Error(`${name} is not in the build`);
      if (seen.has(name)) return [];
      seen.add(name);
      return [chunk.file, ...(chunk.css ?? []), ...(chunk.imports ?? []).flatMap(filesOf)];
    };
    return [...new Set(entries.flatMap(filesOf))].reduce((sum, file) => sum + weigh(file), 0);
  };

  it.each(Object.entries(routes))("of %s stays small", (name, entries) => {
    const size = load([...always, ...entries]);
    console.info(`${name}: ${Math.round(size / 1000)} KB`);
    expect(size).toBeLessThanOrEqual(limit);
  });
});

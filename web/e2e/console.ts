import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";
import { type Running, serve } from "./server.ts";

export const owner = { name: "阿云", password: "correct horse battery" };

/**
 * A page that fails its test when the browser complains: an error, a warning of
 * Ant Design's, a breach of the content security policy, an answer of 5xx.
 */
export const test = base.extend<{ quiet: undefined }, { server: Running; signedIn: string }>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's shape
    async ({}, use) => {
      const server = await serve({ demo: true });
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  // Goes through the first run once; the tests then share the cookie.
  signedIn: [
    async ({ browser, server }, use) => {
      const context = await browser.newContext({ locale: "zh-CN" });
      const page = await context.newPage();
      await firstRun(page, server);
      const state = JSON.stringify(await context.storageState());
      await context.close();
      await use(state);
    },
    { scope: "worker" },
  ],
  quiet: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on("console", (message) => {
        const text = message.text();
        if (message.type() === "error" || text.includes("[antd:")) complaints.push(`${page.url()}: ${text}`);
      });
      page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.stack ?? error.message}`));
      page.on("response", (response) => {
        if (response.status() >= 500) complaints.push(`${response.status()} ${response.url()}`);
      });
      await use(undefined);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Opens the one-time link and makes the owner. */
export async function firstRun(page: Page, server: Running): Promise<void> {
  await page.goto(server.setup);
  await page.getByLabel("用户名").fill(owner.name);
  await page.getByLabel("密码").fill(owner.password);
  await page.getByRole("button", { name: "建立并进入" }).click();
  await expect(page).toHaveURL(/\/groups$/);
}

/** Gives a fresh page the owner's session. */
export async function enter(page: Page, state: string): Promise<void> {
  await page
    .context()
    .addCookies((JSON.parse(state) as { cookies: Parameters<ReturnType<Page["context"]>["addCookies"]>[0] }).cookies);
}

/** Chooses language and theme as a person's browser remembers them. */
export async function prefer(page: Page, language: "zh-CN" | "en", theme: "light" | "dark"): Promise<void> {
  await page.addInitScript(
    ([l, t]) => {
      localStorage.setItem("qunying.language", l);
      localStorage.setItem("qunying.theme", t);
    },
    [language, theme] as const,
  );
}

/** Waits until a page shows its content: no skeleton is left. */
export async function settled(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
  await expect(page.locator("[role=status] .ant-skeleton")).toHaveCount(0);
}

/** Fails on serious and critical violations. */
export async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  expect(grave.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join("\n")}`)).toEqual([]);
}

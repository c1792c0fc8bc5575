import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect, type Locator, type Page } from "@playwright/test";
import { type Running, serve } from "./server.ts";

export const owner = { name: "阿云", password: "correct horse battery" };

/** A server of the demonstration whose owner has signed in once; the tests share the cookies. */
interface House {
  server: Running;
  signedIn: string;
}

/**
 * A page that fails its test when the browser complains: an error, a warning of
 * Ant Design's, a breach of the content security policy, an answer of 5xx.
 *
 * Each file has a server of its own, so that what it sees does not depend on
 * which files the same worker has run before.
 */
export const test = base.extend<House & { quiet: undefined }, { houseOf: (file: string) => Promise<House> }>({
  houseOf: [
    async ({ browser }, use) => {
      let open: { file: string; house: House } | undefined;
      let server: Running | undefined;
      await use(async (file) => {
        if (open?.file === file) return open.house;
        await server?.stop();
        server = await serve({ demo: true });
        const context = await browser.newContext({ locale: "zh-CN" });
        await firstRun(await context.newPage(), server);
        open = { file, house: { server, signedIn: JSON.stringify(await context.storageState()) } };
        await context.close();
        return open.house;
      });
      await server?.stop();
    },
    { scope: "worker" },
  ],
  server: async ({ houseOf }, use, { file }) => use((await houseOf(file)).server),
  signedIn: async ({ houseOf }, use, { file }) => use((await houseOf(file)).signedIn),
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

/** What a page is seen on. */
export const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

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

/**
 * Chooses in a list by the whole text of an option, again where the list was still
 * opening or loading when it was clicked. `typed` is searched for first.
 */
export async function choose(box: Locator, option: string, typed = ""): Promise<void> {
  const page = box.page();
  const list = page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden)");
  const one = list.getByTitle(option, { exact: true });
  const unfolded = async () => (await box.getAttribute("aria-expanded")) === "true";
  await expect(async () => {
    if (!(await unfolded())) await box.click({ timeout: 5000 });
    if (typed) await box.fill(typed, { timeout: 5000 });
    const before = await one.getAttribute("class", { timeout: 5000 });
    if (!before?.includes("option-selected")) await one.click({ timeout: 5000 });
    // A list of one choice folds up; one of several stays and marks what is chosen.
    await expect(async () => {
      if (await unfolded()) await expect(one).toHaveClass(/option-selected/, { timeout: 200 });
    }).toPass({ timeout: 2000 });
  }).toPass();
}

/** Waits until a page shows its content: no skeleton is left. */
export async function settled(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
  await expect(page.locator("[role=status] .ant-skeleton")).toHaveCount(0);
}

/** Fails on serious and critical violations. */
export async function accessible(page: Page): Promise<void> {
  expect(await violations(page)).toEqual([]);
}

/**
 * Lists serious and critical violations. The console has no frames, so that axe
 * need not open a page of its own for each look; what passes is not listed.
 */
async function violations(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page })
    .setLegacyMode()
    .options({ resultTypes: ["violations"] })
    .analyze();
  return found.violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join("\n")}`);
}

/** How long one page may take on a busy machine, in ms. */
const onePage = 30_000;

/**
 * Two tests: the pages are accessible in Chinese and light, in English and dark.
 * A page with violations is named, and the next ones are looked at all the same.
 */
export function areAccessible(what: string, paths: readonly string[]): void {
  for (const theme of ["light", "dark"] as const) {
    test(`${what} are accessible, ${theme}`, async ({ page, server, signedIn }) => {
      test.setTimeout(paths.length * onePage);
      await enter(page, signedIn);
      await prefer(page, theme === "light" ? "zh-CN" : "en", theme);
      for (const path of paths) {
        await test.step(path, async () => {
          await page.goto(server.address + path);
          await settled(page);
          expect.soft(await violations(page), path).toEqual([]);
        });
      }
    });
  }
}

/** Two tests: the pages are not wider than a phone, in Chinese and in English. */
export function fitAPhone(what: string, paths: readonly string[]): void {
  test.describe("on a phone", () => {
    test.use(phone);
    for (const language of ["zh-CN", "en"] as const) {
      test(`${what} fit, ${language}`, async ({ page, server, signedIn }) => {
        test.setTimeout(paths.length * onePage);
        await enter(page, signedIn);
        await prefer(page, language, "light");
        for (const path of paths) {
          await test.step(path, async () => {
            await page.goto(server.address + path);
            await settled(page);
            const over = await page.evaluate(
              () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
            );
            expect.soft(over, `${path}: pixels wider than the screen`).toBeLessThanOrEqual(0);
          });
        }
      });
    }
  });
}

import type { Page } from "@playwright/test";
import { accessible, enter, expect, prefer, settled, test } from "./console.ts";

const pages = {
  groups: "/groups",
  table: "/groups?view=table",
  group: "/groups/1?days=90",
  messages: "/messages?q=打卡",
  imports: "/imports",
  roster: "/imports?tab=roster",
  connections: "/connections",
  connect: "/connect",
  capabilities: "/capabilities",
  tasks: "/tasks",
  outbox: "/outbox",
  settings: "/settings",
  sending: "/settings/sending",
  webhooks: "/webhooks",
  lost: "/no-such-page",
};

async function fits(page: Page): Promise<void> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(over, "pixels wider than the screen").toBeLessThanOrEqual(0);
}

for (const theme of ["light", "dark"] as const) {
  for (const [name, path] of Object.entries(pages)) {
    test(`${name} is accessible, ${theme}`, async ({ page, server, signedIn }) => {
      await enter(page, signedIn);
      await prefer(page, theme === "light" ? "zh-CN" : "en", theme);
      await page.goto(server.address + path);
      if (name !== "lost") await settled(page);
      await accessible(page);
    });
  }

  test(`signing in is accessible, ${theme}`, async ({ page, server, signedIn }) => {
    expect(signedIn).toBeTruthy();
    await prefer(page, "zh-CN", theme);
    await page.goto(`${server.address}/sign-in`);
    await expect(page.getByRole("button", { name: "登录" })).toBeVisible();
    await accessible(page);
  });
}

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  for (const language of ["zh-CN", "en"] as const) {
    test(`every page fits, ${language}`, async ({ page, server, signedIn }) => {
      await enter(page, signedIn);
      await prefer(page, language, "light");
      for (const path of Object.values(pages)) {
        await page.goto(server.address + path);
        if (path !== pages.lost) await settled(page);
        await fits(page);
      }
    });
  }

  test("the bottom bar leads everywhere", async ({ page, server, signedIn }) => {
    await enter(page, signedIn);
    await page.goto(`${server.address}/groups`);
    await settled(page);
    const bar = page.getByRole("navigation", { name: "主导航" }).last();
    for (const [name, path] of [
      ["消息", "/messages"],
      ["待办", "/tasks"],
      ["发件箱", "/outbox"],
      ["导入", "/imports"],
      ["连接", "/connections"],
      ["设置", "/settings"],
      ["群", "/groups"],
    ] as const) {
      const daily = bar.getByRole("link", { name, exact: true });
      if (await daily.isVisible()) await daily.tap();
      else {
        await bar.getByRole("button", { name: "更多" }).tap();
        await page.getByRole("menuitem", { name }).tap();
      }
      await expect(page).toHaveURL(new RegExp(`${path}$`));
      await settled(page);
    }
    await page.getByRole("article").first().getByRole("link").tap();
    await expect(page).toHaveURL(/\/groups\/\d+$/);
    await settled(page);
  });
});

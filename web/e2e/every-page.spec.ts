import { accessible, areAccessible, enter, expect, fitAPhone, phone, prefer, settled, test } from "./console.ts";

const pages = [
  "/today",
  "/groups",
  "/groups?view=table",
  "/groups/1?days=90",
  "/insight",
  "/reports",
  "/explore",
  "/messages?q=打卡",
  "/imports",
  "/imports?tab=roster",
  "/connections",
  "/connections/demo",
  "/connect",
  "/connect?driver=wecom",
  "/connect?driver=onebot",
  "/capabilities",
  "/tasks",
  "/outbox",
  "/contingency",
  "/settings",
  "/settings/sending",
  "/webhooks",
];

areAccessible("all pages", pages);
fitAPhone("all pages", pages);

for (const theme of ["light", "dark"] as const) {
  test(`signing in and a page that is not there are accessible, ${theme}`, async ({ page, server, signedIn }) => {
    await prefer(page, "zh-CN", theme);
    await page.goto(`${server.address}/sign-in`);
    await expect(page.getByRole("button", { name: "登录" })).toBeVisible();
    await accessible(page);

    await enter(page, signedIn);
    await page.goto(`${server.address}/no-such-page`);
    await expect(page.getByText("没有这个页面")).toBeVisible();
    await accessible(page);
  });
}

test.describe("on a phone", () => {
  test.use(phone);

  test("the bottom bar leads everywhere", async ({ page, server, signedIn }) => {
    await enter(page, signedIn);
    await page.goto(`${server.address}/groups`);
    await settled(page);
    const bar = page.getByRole("navigation", { name: "主导航" }).last();
    for (const [name, path] of [
      ["今天", "/today"],
      ["待办", "/tasks"],
      ["今天", "/today"],
      ["消息", "/messages"],
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
    await page.getByRole("article").first().getByRole("heading").getByRole("link").tap();
    await expect(page).toHaveURL(/\/groups\/\d+$/);
    await settled(page);
  });
});

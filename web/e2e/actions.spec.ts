import { accessible, enter, expect, prefer, settled, test } from "./console.ts";

test("a member is muted in three clicks, and may speak again", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/1`);
  await settled(page);
  await page
    .getByRole("button", { name: /的这条消息$/ })
    .last()
    .click();
  await page.getByRole("menuitem", { name: "禁言" }).click();
  await page.getByRole("button", { name: "刷屏" }).click();
  const sheet = page.getByRole("dialog");
  await expect(sheet.getByText("已完成")).toBeVisible();
  await expect(sheet.getByText(/禁言到/)).toBeVisible();
  await accessible(page);
  await sheet.getByRole("button", { name: "解除禁言" }).click();
  await expect(sheet.getByText("已要求解除禁言")).toBeVisible();
  await sheet.getByRole("link", { name: "看进展" }).click();
  await expect(page).toHaveURL(/\/outbox\?group=1$/);
  await expect(page.getByRole("heading", { name: /解除 .* 的禁言/ }).first()).toBeVisible();
});

test("a member is muted from their own page, in two clicks", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/people/1`);
  const mute = page
    .getByRole("region", { name: "所在的群" })
    .getByRole("button", { name: /^在 .+ 禁言$/ })
    .first();
  const group = (await mute.getAttribute("aria-label"))?.slice(2, -3) ?? "";
  await mute.click();
  await page.getByRole("button", { name: "刷屏" }).click();
  const sheet = page.getByRole("dialog");
  await expect(sheet.getByText("已完成")).toBeVisible();
  await expect(sheet.getByText(/禁言到/)).toBeVisible();
  await sheet.getByRole("link", { name: "看进展" }).click();
  await expect(page).toHaveURL(/\/outbox\?group=\d+$/);
  await expect(page.getByText(group).first()).toBeVisible();
});

test("a message is recalled", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/1`);
  await page.getByLabel("发到群里的消息").fill("这条发错了");
  await page.getByRole("button", { name: "发送", exact: true }).click();
  const line = page.getByRole("article").filter({ hasText: "这条发错了" });
  await line.getByRole("button", { name: /的这条消息$/ }).click();
  await page.getByRole("menuitem", { name: "撤回这条消息" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "撤回" }).click();
  await expect(page.getByRole("dialog").getByText("已完成")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(line.getByText("已撤回")).toBeVisible();
});

test("one message goes to many groups, and is taken back", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups`);
  await settled(page);
  await page.getByRole("button", { name: "选群" }).click();
  await page.getByRole("button", { name: "选上这一页" }).click();
  await expect(page.getByText("已选 8 个群")).toBeVisible();
  const first = page.getByRole("checkbox").first();
  await first.click();
  await expect(page.getByText("已选 7 个群")).toBeVisible();
  await page.getByRole("button", { name: "存为分组" }).click();
  await page.getByLabel("分组名").fill("晨读群");
  await page.getByRole("button", { name: "保存", exact: true }).click();
  await expect(page.getByText("已存为“晨读群”")).toBeVisible();

  await page.getByRole("button", { name: "写给它们" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByLabel("消息").fill("周六早八点晨读");
  await expect(sheet.getByText(/^7 个群，约 \d+ 名成员会看到$/)).toBeVisible();
  await accessible(page);
  await sheet.getByRole("button", { name: "发给 7 个群" }).click();
  await expect(page.getByText(/^7 个群将在 \d+ 秒后收到$/)).toBeVisible();
  await page.getByRole("link", { name: "发件箱" }).first().click();
  await page.getByRole("button", { name: "撤销" }).click();
  await expect(page.getByText("已撤销，7 个群不会收到").first()).toBeVisible();
  await expect(page.getByRole("article").filter({ hasText: "周六早八点晨读" }).getByText("已取消")).toHaveCount(7);

  await page.goto(`${server.address}/settings/sending`);
  await page.getByRole("button", { name: "删除“晨读群”" }).click();
  await expect(page.getByText("还没有分组")).toBeVisible();
});

test("a pause of everything shows on every page and is lifted there", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/settings/sending`);
  await page.getByRole("switch", { name: "暂停全部发送" }).click();
  const banner = page.getByText(/^全部发送已暂停/);
  await expect(banner).toBeVisible();
  await page.goto(`${server.address}/groups/1`);
  await page.getByLabel("发到群里的消息").fill("暂停时写的");
  await page.getByRole("button", { name: "发送", exact: true }).click();
  await page.goto(`${server.address}/outbox`);
  await expect(page.getByRole("article").filter({ hasText: "暂停时写的" }).getByText("全部发送已暂停")).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "恢复发送" }).click();
  await expect(banner).toHaveCount(0);
  await expect(page.getByRole("article").filter({ hasText: "暂停时写的" }).getByText("已送达")).toBeVisible();
});

test("quiet hours and limits are saved, for all and for one group", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/settings/sending`);
  await page.getByLabel("错峰（分钟）", { exact: true }).fill("20");
  await page.getByLabel("每群每周打扰上限（次）", { exact: true }).fill("99");
  await expect(page.getByRole("button", { name: "保存" }).first()).toBeDisabled();
  await page.getByLabel("每群每周打扰上限（次）", { exact: true }).fill("4");
  await page.getByRole("button", { name: "保存" }).first().click();
  await expect(page.getByRole("button", { name: "保存" }).first()).toBeEnabled();
  await page.reload();
  await expect(page.getByLabel("错峰（分钟）", { exact: true })).toHaveValue("20");

  await page.goto(`${server.address}/groups/2`);
  await page.getByRole("main").getByRole("button", { name: "设置" }).first().click(); // another is further down
  const sheet = page.getByRole("dialog");
  await expect(sheet.getByLabel("每群每周打扰上限（次）", { exact: true })).toHaveAttribute("placeholder", "4");
  const keeper = sheet.locator("section").filter({ has: page.getByRole("combobox", { name: "负责人" }) });
  await settled(page);
  await expect(async () => {
    // Forms above are still coming in, and move what is being clicked.
    await keeper.getByRole("combobox", { name: "负责人" }).click();
    await page.getByTitle("阿云").click({ timeout: 5_000 });
    await expect(keeper.getByRole("button", { name: "保存" })).toBeEnabled({ timeout: 5_000 });
  }).toPass();
  await keeper.getByRole("button", { name: "保存" }).click();
  await page.keyboard.press("Escape");
  await expect(page.getByText("负责人 阿云")).toBeVisible();
});

test("a group full to the mark says so", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/settings/sending`);
  await page
    .getByRole("row", { name: /其他平台/ })
    .getByLabel("人数上限")
    .fill("61");
  await page.getByRole("heading", { name: "群满员线" }).locator("xpath=ancestor::section").getByRole("button").click();
  await page.goto(`${server.address}/groups/4`);
  await expect(page.getByText(/快满了/)).toBeVisible();
  await expect(page.getByRole("heading", { name: "还在哪些群" })).toBeVisible();
});

for (const theme of ["light", "dark"] as const) {
  test(`choosing groups and a group’s settings are accessible, ${theme}`, async ({ page, server, signedIn }) => {
    await enter(page, signedIn);
    await prefer(page, theme === "light" ? "zh-CN" : "en", theme);
    for (const path of ["/groups", "/groups?view=table"]) {
      await page.goto(server.address + path);
      await settled(page);
      await page.getByRole("button", { name: theme === "light" ? "选群" : "Choose groups" }).click();
      await page.getByRole("button", { name: theme === "light" ? "选上这一页" : "Choose this page" }).click();
      await accessible(page);
    }
    await page.goto(`${server.address}/groups/2`);
    await settled(page);
    await page
      .getByRole("main")
      .getByRole("button", { name: theme === "light" ? "设置" : "Settings" })
      .first() // another is further down
      .click();
    await expect(page.getByRole("dialog").getByRole("switch").first()).toBeVisible();
    await accessible(page);
  });
}

test("what a platform cannot do says so", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/4`);
  await settled(page);
  // Such a group has no history, and its members answer some seconds later or not at all.
  const said = page.getByRole("article").filter({ has: page.getByRole("button", { name: /的这条消息$/ }) });
  const answer = said.filter({ hasNotText: "我们" }).last();
  let day = 0;
  await expect(async () => {
    await page.getByLabel("发到群里的消息").fill(`第 ${++day} 天谁打卡了？`);
    await page.getByRole("button", { name: "发送", exact: true }).click();
    await expect(answer).toBeVisible({ timeout: 10_000 });
  }).toPass();
  await answer.getByRole("button", { name: /的这条消息$/ }).click();
  const mute = page.getByRole("menuitem", { name: /禁言/ });
  await expect(mute).toContainText("这个平台做不到");
  await expect(mute).toBeDisabled();
  await expect(page.getByRole("menuitem", { name: /移出群/ })).toContainText("由人来做");
});

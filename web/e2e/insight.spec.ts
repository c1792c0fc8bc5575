import { enter, expect, settled, test } from "./console.ts";

// Weeks are counted a moment after a server has begun.
const counted = { timeout: 60_000 };

test("from all groups to one, to a band, to the people behind it", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/insight`);
  await expect(page.getByRole("heading", { name: "分析", level: 1 })).toBeVisible();
  const table = page.getByRole("table");
  await expect(table.getByRole("row").nth(2)).toBeVisible(counted);

  await table.getByRole("button", { name: "潜水占比" }).click();
  await expect(page).toHaveURL(/metric=silent_share/);
  await table.getByRole("button", { name: "潜水占比" }).click();
  await expect(page).toHaveURL(/order=best/);

  // The order may still be changing: the link is followed by where it leads.
  const { name, path } = await table
    .getByRole("row")
    .nth(2)
    .getByRole("link")
    .evaluate((a) => ({ name: a.textContent ?? "", path: a.getAttribute("href") ?? "" }));
  await page.goto(server.address + path);
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(page.getByRole("heading", { name: "健康" })).toBeVisible();

  const line = page.getByRole("button", { name: /^低频成员占比/ });
  await line.click();
  await expect(line).toHaveAttribute("aria-expanded", "true");
  await expect(page.getByText("抓手：定向唤回不说话的成员").first()).toBeVisible();
});

test("a metric of a group opens what it was read by, and its messages", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/1`);
  await settled(page);
  const line = page.getByRole("button", { name: /^日均消息量/ }).last();
  await line.click();
  await expect(page.getByText("有数据的完整日的消息条数 ÷ 这些日数")).toBeVisible();
  await page.getByRole("link", { name: "看这一周的消息" }).click();
  await expect(page).toHaveURL(/\/messages\?.*group=1/);
});

test("a number of a group opens its formula, and the people and messages behind it", async ({
  page,
  server,
  signedIn,
}) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/1`);
  await settled(page);
  const sheet = page.getByRole("dialog");
  const tiles = page.getByRole("region", { name: "这个群的数字" });

  // Of a number of persons exactly these are listed.
  const speakers = tiles.getByRole("button", { name: /^发言人数/ });
  const n = /\d+/.exec((await speakers.locator("span").nth(1).textContent()) ?? "")?.[0] ?? "";
  await speakers.click();
  await expect(sheet.getByText("同一人的多个身份算一人")).toBeVisible();
  await expect(sheet.getByText("S75 · S84")).toBeVisible();
  await expect(sheet.getByText(`${n} 人发过言`)).toBeVisible();
  await expect(sheet.getByRole("listitem")).toHaveCount(Number(n));
  await expect(sheet.getByRole("link", { name: "看这段时间的消息" })).toHaveAttribute("href", /group=1&from=/);
  await page.keyboard.press("Escape");
  await expect(sheet).toHaveCount(0);

  await tiles.getByRole("button", { name: /^全部 \d+ 个数字/ }).click();
  const tile = (name: string) => tiles.getByRole("button", { name: new RegExp(`^${name}`) });
  await tile("分享链接数").click(); // only messages with an address
  await expect(sheet.getByRole("link", { name: "看这段时间的消息" })).toHaveAttribute("href", /[?&]q=http$/);
  await page.keyboard.press("Escape");
  await expect(sheet).toHaveCount(0);
  for (const [name, behind] of [
    ["流失人数", /\d+ 人 90 天没有发言|现在没有人/],
    ["低频成员占比", /\d+ 人两周里发言不到 3 条|现在没有人/],
    ["月退群率", /\d+ 人退群，包括/],
    ["头号发言者占比", "谁在撑起这个群"],
    ["冷场的提问", /^(冷场|没人回应)的提问$/],
    ["次月留存 \\(发言\\)", "看同期群：谁后来又回来了"],
  ] as const) {
    await tile(name).click();
    await expect(sheet.getByText(behind).first()).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(sheet).toHaveCount(0);
  }
});

test("a group's page tells who talks to whom, in which forms, and what nobody answered", async ({
  page,
  server,
  signedIn,
}) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/1`);
  await expect(page.getByRole("heading", { name: "谁和谁聊" })).toBeVisible(counted);
  await expect(page.getByRole("heading", { name: /没人回应的提问|冷场的提问/ })).toBeVisible();
  const forms = page.getByRole("table").filter({ hasText: "条数" });
  await forms.getByRole("link", { name: "文字" }).click(counted);
  await expect(page).toHaveURL(/\/messages\?.*content=text/);
});

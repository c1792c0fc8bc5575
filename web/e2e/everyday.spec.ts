import { choose, enter, expect, owner, settled, test } from "./console.ts";

// An export as the importer reads it: time, sender, text.
function exported(): string {
  const lines = ["时间,发送人,内容"];
  const said = ["早上好", "今天打卡第 3 天", "周六去梧桐山徒步吗", "我带登山杖", "集合点在北门", "收到"];
  for (let day = 1; day <= 20; day++) {
    for (let i = 0; i < 6; i++) {
      lines.push(`2026-10-${String(day).padStart(2, "0")} 1${i}:0${i}:00,队员${(day + i) % 5},${said[i]}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

// Each works with what the ones before it left in the server.

test("somebody signs out and in again", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/settings`);
  await settled(page); // or what is still asked for is refused
  await page.context().clearCookies();
  await page.goto(`${server.address}/groups?days=7`);
  await expect(page).toHaveURL(/sign-in/);
  await page.getByLabel("用户名").fill(owner.name);
  await page.getByLabel("密码").fill(owner.password);
  await page.getByRole("button", { name: "登录" }).click();
  await expect(page).toHaveURL(/\/groups\?days=7/);
});

test("the overview leads to a group", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  // By need, the order would change meanwhile.
  await page.goto(`${server.address}/groups?sort=name`);
  await settled(page);
  const cards = page.getByRole("article");
  await expect(cards.nth(3)).toBeVisible();
  await page.getByText("表格", { exact: true }).click();
  await expect(page.getByRole("table")).toBeVisible();
  await page.getByText("卡片", { exact: true }).click();
  const first = cards.first().getByRole("heading").getByRole("link");
  const name = (await first.textContent()) ?? "";
  await first.click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await expect(page.getByRole("img", { name: /消息数：最高/ })).toBeVisible();
  for (const title of [
    "走势",
    "什么时候热闹",
    "谁在撑起这个群",
    "还回来吗",
    "大家在聊什么",
    "进群与退群",
    "最新消息",
  ]) {
    await expect(page.getByRole("heading", { name: title })).toBeVisible();
  }
  await page.mouse.move(0, 0); // the click above left it where a number is now
  await page.getByRole("button", { name: /^消息量/ }).hover();
  // Another number's explanation may still be on its way out.
  const explained = page.getByRole("tooltip").filter({ hasText: "S75" });
  await expect(explained.getByText("算法")).toBeVisible();
  await page.getByText("90 天", { exact: true }).click();
  await expect(page).toHaveURL(/days=90/);
});

test("language and theme are switched and kept", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups`);
  await page.getByTestId("language").click();
  await expect(page.getByRole("heading", { level: 1, name: "Groups" })).toBeVisible();
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitem", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-mode", "dark");
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Groups" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("data-mode", "dark");
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
});

test("a message is written to a group and comes back", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/1`);
  await page.getByLabel("发到群里的消息").fill("今晚八点读第三章，来的接龙");
  await page.getByRole("button", { name: "发送" }).click();
  await expect(page.getByText("已送达")).toBeVisible();
  await expect(page.getByRole("article").filter({ hasText: "今晚八点读第三章" })).toBeVisible();
});

test("a file becomes a dashboard", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/imports`);
  const drop = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "周末徒步.csv", { type: "text/csv" }));
    return data;
  }, exported());
  await page.locator("label", { hasText: "把聊天记录拖到这里" }).dispatchEvent("drop", { dataTransfer: drop });
  await expect(page).toHaveURL(/\/imports\/\d+$/);
  await expect(page.getByRole("heading", { name: "文件里有什么" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "前几条消息" })).toBeVisible();
  await page.getByRole("button", { name: "导入 120 条" }).click();
  await expect(page.getByRole("heading", { name: "导入结果" })).toBeVisible();
  await page.getByRole("button", { name: /^看“/ }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "周末徒步" })).toBeVisible();
  await expect(page.getByRole("button", { name: /^消息量\s*120/ })).toBeVisible();
});

test("two characters are found, with what was said around them", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups`);
  await settled(page);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("徒步");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/messages\?q=/);
  await expect(page.locator("mark").first()).toHaveText("徒步");
  await page.locator("main ul button").first().click();
  const sheet = page.getByRole("dialog");
  await expect(sheet.getByText("我带登山杖").first()).toBeVisible();
  await expect(sheet.locator("mark")).toHaveText("徒步");
});

test("a member list is previewed and taken", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/imports?tab=roster`);
  await choose(page.getByRole("combobox", { name: "哪个群" }), "周末徒步", "徒步");
  await page.getByLabel("粘贴名单，一行一个").fill("队员0\n队员1\n新来的小周");
  await page.getByRole("button", { name: "看看变化" }).click();
  await expect(page.getByRole("heading", { name: "这份名单意味着" })).toBeVisible();
  await page.getByRole("button", { name: "更新花名册" }).click();
  await expect(page.getByRole("heading", { name: "花名册已更新" })).toBeVisible();
});

test("the welcome text is saved", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/groups/1`);
  await page.getByRole("main").getByRole("button", { name: "设置" }).click();
  await page.getByLabel("欢迎语内容").fill("欢迎 {name}，先看群公告");
  await expect(page.getByText("欢迎 小李，先看群公告")).toBeVisible();
  await page.getByRole("switch", { name: "入群欢迎语" }).click();
  await page.getByRole("button", { name: "保存" }).first().click();
  await expect(page.getByText("已保存")).toBeVisible();
});

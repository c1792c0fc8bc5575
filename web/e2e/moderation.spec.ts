import { createHmac } from "node:crypto";
import type { APIRequestContext } from "@playwright/test";
import { areAccessible, choose, enter, expect, fitAPhone, phone, prefer, test } from "./console.ts";

const secret = "a secret of the forum's own";

/** Connects a forum in which people, not machines, carry out what is decided. */
async function connectForum(request: APIRequestContext, address: string): Promise<void> {
  const answer = await request.put(`${address}/api/v1/communities/default/connections/forum`, {
    headers: { origin: address },
    data: {
      driver: "webhook",
      title: "论坛",
      config: { secret, people: "send, recall, mute, mute_all, remove" },
      adopt_all: true,
      version: 0,
    },
  });
  expect(answer.status(), await answer.text()).toBeLessThan(300);
}

let said = 0;

/** Says something in the forum, as its own program would report it. */
async function say(request: APIRequestContext, address: string, name: string, text: string): Promise<void> {
  said++;
  const body = JSON.stringify({
    events: [
      {
        kind: "message.posted",
        id: `m-${said}`,
        group: "tea",
        group_name: "茶友会",
        at: Date.now(),
        sender: { id: `u-${name}`, name },
        text,
      },
    ],
  });
  const time = String(Math.floor(Date.now() / 1000));
  const signature = createHmac("sha256", secret).update(`${time}.${body}`).digest("hex");
  await expect(async () => {
    const answer = await request.post(`${address}/hooks/default/forum/`, {
      headers: { "X-Qunying-Timestamp": time, "X-Qunying-Signature": `sha256=${signature}` },
      data: Buffer.from(body),
    });
    expect(answer.status(), await answer.text()).toBe(200);
  }).toPass();
}

test("a word of one's own is tried, catches an advert, and one key decides", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await connectForum(page.request, server.address);

  await page.goto(`${server.address}/moderation/words`);
  await page.getByRole("button", { name: "新建词库" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByLabel("名称").fill("茶友会广告词");
  await choose(sheet.getByLabel("类别"), "广告");
  await sheet.getByLabel("词条").fill("古树茶返利\n!古树茶返利计算题");
  await sheet.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("article", { name: "茶友会广告词" }).getByText("2 条")).toBeVisible();

  await page.getByRole("textbox", { name: "试一试" }).fill("古 树 茶 返 利，加微信 teabuyer88 进群");
  await page.getByRole("button", { name: "检查" }).click();
  await expect(page.getByText(/会判为「广告引流」（建议）/)).toBeVisible();
  await expect(page.getByText(/微信号：teabuyer88/)).toBeVisible();

  await say(page.request, server.address, "小方", "今天的水温有点高");
  await say(page.request, server.address, "茶商老周", "古 树 茶 返 利，加微信 teabuyer88 进群");
  await page.goto(`${server.address}/moderation`);
  const card = page.getByRole("button", { name: /广告引流\s*茶商老周/ });
  await expect(card).toBeVisible();
  await expect(page.locator("mark").first()).toHaveText("古 树 茶 返 利");
  await expect(page.getByText("第 1 次（之前有效 0 次）")).toBeVisible();
  await expect(page.getByText("今天的水温有点高")).toBeVisible();

  await page.locator("body").press("a");
  await expect(page.getByText("已处理 1 条")).toBeVisible();
  await expect(card).toHaveCount(0);

  await page.getByText("已处理", { exact: true }).click();
  await expect(page.getByRole("button", { name: /广告引流\s*茶商老周/ })).toBeVisible();
  await page.goto(`${server.address}/tasks`);
  await expect(page.getByRole("article").filter({ hasText: "茶商老周" }).first()).toBeVisible({ timeout: 30_000 });
});

test("a file of words is read, tried on what was said before anything is saved, kept and deleted", async ({
  page,
  server,
  signedIn,
}) => {
  await enter(page, signedIn);
  await connectForum(page.request, server.address).catch(() => undefined); // another test may have connected it
  await say(page.request, server.address, "老周", "岩 茶 返 现 群，想来的说一声");
  await page.goto(`${server.address}/moderation/words`);
  await page.getByRole("button", { name: "新建词库" }).click();
  const sheet = page.getByRole("dialog").filter({ hasText: "从文件导入" });
  await choose(sheet.getByLabel("类别"), "广告");
  const take = (text: string) =>
    sheet
      .locator("input[type=file]")
      .setInputFiles({ name: "岩茶.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await take("词条,备注\n岩茶返现,'-1 群\n'=岩茶,\n");
  await expect(sheet.getByText("读入 2 条，还没保存。")).toBeVisible();
  await expect(sheet.getByLabel("名称")).toHaveValue("岩茶");
  await expect(sheet.getByLabel("词条")).toHaveValue("岩茶返现\t\t-1 群\n=岩茶\n");
  await expect(sheet.getByTitle("广告", { exact: true })).toBeVisible(); // as it was chosen before

  // Four clicks from the first page: moderation, words, a new list, try.
  await sheet.getByRole("button", { name: "在过去的消息上试" }).click();
  const tried = page.getByRole("dialog").filter({ hasText: "只看这些词会命中什么" });
  await expect(tried.getByText("岩 茶 返 现")).toBeVisible();
  await expect(tried.getByText("现行群规没拦的 1 条，已经拦了的 0 条")).toBeVisible();
  await tried.locator(".ant-drawer-close").click();
  await expect(tried).toBeHidden();
  await sheet.getByRole("button", { name: "保存" }).click();
  const list = page.getByRole("article", { name: "岩茶" });
  await expect(list.getByText("2 条 · 近 30 天命中 0 次 · 广告")).toBeVisible();

  const file = await page.request.get(
    `${server.address}${await list
      .getByRole("button", { name: "导出" })
      .click()
      .then(() => page.getByRole("menuitem", { name: "导出 csv" }).getByRole("link").getAttribute("href"))}`,
  );
  expect(await file.text()).toBe("\ufefftext,category,flags,note,author\n岩茶返现,,,'-1 群,\n'=岩茶,,,,\n");
  await page.keyboard.press("Escape");

  // A group has lists of its own beside those of all.
  await choose(page.getByRole("combobox", { name: "哪个群" }), "茶友会", "茶友");
  await expect(list.getByText("所有群通用")).toBeVisible();
  await expect(list.getByRole("button")).toHaveCount(0);
  await page.getByRole("button", { name: "新建词库" }).click();
  await sheet.getByLabel("名称").fill("茶友会的词");
  await sheet.getByLabel("词条").fill("白茶返现");
  await sheet.getByRole("button", { name: "保存" }).click();
  const own = page.getByRole("article", { name: "茶友会的词" });
  await expect(own.getByText("命中也不会有处理", { exact: false })).toBeVisible(); // no clause asks for such words
  await choose(page.getByRole("combobox", { name: "哪个群" }), "所有群");
  await expect(own).toHaveCount(0);

  await list.getByRole("button", { name: "编辑" }).click();
  await sheet.getByRole("button", { name: "删除词库" }).click();
  await page
    .getByRole("tooltip")
    .getByRole("button", { name: /确\s*定/ })
    .click();
  await expect(list).toHaveCount(0);
});

test("hosts are allowed and denied", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/moderation/words`);
  await page.getByLabel("允许的网址").fill("https://Tea.example.com/a?b=1");
  await page.getByLabel("允许的网址").press("Enter");
  await page.getByLabel("禁止的网址").fill("bad.example ");
  await page.getByLabel("多少字算长消息").fill("20");
  await page.getByRole("button", { name: "保存", exact: true }).click();
  await expect(page.getByRole("button", { name: "保存", exact: true })).toBeDisabled();
  await page.reload();
  await expect(page.getByText("tea.example.com", { exact: true })).toBeVisible();
  const text = page.getByRole("textbox", { name: "试一试" });
  await text.fill("看 https://www.tea.example.com/1 和 https://bad.example/2 里的说明，一共二十多个字");
  await page.getByRole("button", { name: "检查" }).click();
  await expect(page.getByText(/允许的链接：.*tea\.example\.com/)).toBeVisible();
  await expect(page.getByText(/长消息/).last()).toBeVisible();
  await expect(page.getByText(/链接：.*bad\.example/).last()).toBeVisible();
});

test.describe("on a phone, in English", () => {
  test.use(phone);
  test("a card fits, however much it proposes, and says what else was broken", async ({ page, server, signedIn }) => {
    await enter(page, signedIn);
    await prefer(page, "en", "dark");
    await connectForum(page.request, server.address).catch(() => {}); // it may be there
    await say(page.request, server.address, "小贩", "出售冰毒，你这个傻逼");
    await page.goto(`${server.address}/moderation`);
    await page.getByRole("button", { name: /小贩/ }).first().click();
    // Above the list, however long that is.
    await expect(page.getByRole("button", { name: /^Accept: .*call the person on duty, / })).toBeInViewport();
    const decided = await page.getByRole("button", { name: /^Accept: / }).boundingBox();
    const list = await page.getByRole("button", { name: /小贩/ }).first().boundingBox();
    expect(decided?.y ?? 1e6).toBeLessThan(list?.y ?? 0);
    await expect(page.getByText("Broken as well")).toBeVisible();
    const over = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(await over()).toBeLessThanOrEqual(0);
  });
});

test("what was fine is said to be fine, and taken back", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await connectForum(page.request, server.address).catch(() => {}); // it may be there
  await say(page.request, server.address, "小唐", "谁有古树茶返利的资料，发我微信 tangtang666");
  await page.goto(`${server.address}/moderation`);
  const card = page.getByRole("button", { name: /小唐/ }).first();
  await card.click();
  await page.getByRole("button", { name: /没问题/ }).click();
  await expect(card).toHaveCount(0);
  await page.getByRole("button", { name: /撤销/ }).click();
  await expect(card).toBeVisible();
  await card.click();
  await page.getByRole("link", { name: "成员记录" }).click();
  await expect(page.getByRole("heading", { name: "小唐", level: 1 })).toBeVisible();
  await expect(page.getByText("现在有效 0 次")).toBeVisible();
  await page.getByRole("textbox", { name: "备注或原因" }).fill("老客户，会说清楚");
  await page.getByRole("button", { name: "写备注" }).click();
  await expect(page.getByText("老客户，会说清楚", { exact: false }).last()).toBeVisible();
});

test("rules are changed, a mistake is told, everything automatic is stopped", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/moderation/rules`);
  const clause = page.getByRole("article", { name: "刷屏" });
  await clause.getByText("只记录").click();
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("所有群通用")).toBeVisible();
  await page.reload();
  await expect(clause.getByRole("radio", { name: "只记录" })).toBeChecked();

  await clause.getByRole("button", { name: "编辑" }).click();
  const sheet = page.getByRole("dialog");
  await sheet.getByText("表达式", { exact: true }).click();
  await sheet.getByRole("textbox", { name: "表达式" }).fill("recent.in_10s > 8 && mood > 3");
  await sheet.getByRole("button", { name: "确定" }).click();
  await expect(sheet.getByText("条件有误")).toBeVisible(); // at once, in the form, with nothing lost
  await expect(sheet.getByText(/there is no variable "mood"/)).toBeVisible();
  await sheet.getByRole("button", { name: "取消" }).click();

  await page.getByRole("switch", { name: "暂停自动处理" }).click();
  await expect(page.getByText("自动处理已暂停：所有判定只作建议，等人处理。")).toBeVisible();
  await page.getByRole("button", { name: "恢复" }).click();
  await expect(page.getByText("自动处理已暂停：所有判定只作建议，等人处理。")).toHaveCount(0);
});

test("a clause of one's own says its layer, category and who is spared, as a form or an expression", async ({
  page,
  server,
  signedIn,
}) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/moderation/rules`);
  await choose(page.getByRole("combobox", { name: "添加条款" }), "自己写一条");
  const sheet = page.getByRole("dialog");
  await sheet.getByRole("textbox", { name: "名称" }).fill("周末晒单");
  await sheet.getByText("价值", { exact: true }).click();
  await choose(sheet.getByLabel("类别"), "离题", "离");
  // A level does what it is for, as long as nothing else was chosen.
  await sheet.getByText("一级", { exact: true }).click();
  await expect(sheet.getByRole("checkbox", { name: "全员禁言" })).toBeChecked();
  await sheet.getByText("二级", { exact: true }).click();
  await expect(
    sheet.getByRole("group", { name: "第 3 次违规" }).getByRole("checkbox", { name: "移出群" }),
  ).toBeChecked();

  // Nothing can be taken while a line lacks its value.
  await choose(sheet.getByRole("combobox", { name: "看什么" }), "星期几", "星期");
  await expect(sheet.getByText("还没填")).toBeVisible();
  await expect(sheet.getByRole("button", { name: "确定" })).toBeDisabled();
  await choose(sheet.getByRole("combobox", { name: "是或不是" }), "不是");
  await choose(sheet.getByRole("combobox", { name: "值", exact: true }), "周六");
  await page.keyboard.press("Escape");
  await sheet.getByText("表达式", { exact: true }).click();
  const written = sheet.getByRole("textbox", { name: "表达式" });
  await expect(written).toHaveValue("!(weekday in [6])");
  await written.fill("weekday != 6 && weekday != 7");
  await sheet.getByText("表单", { exact: true }).click();
  await expect(sheet.getByRole("combobox", { name: "看什么" })).toHaveCount(2);
  await sheet.getByText("表达式", { exact: true }).click();
  await written.fill('text.contains("晒") && length > 3');
  await sheet.getByText("表单", { exact: true }).click();
  await expect(sheet.getByText("表单写不下这条表达式")).toBeVisible();
  await written.fill("weekday == 6 || weekday == 7");
  await sheet.getByText("表单", { exact: true }).click();
  await expect(sheet.getByRole("radio", { name: "满足一条即可" })).toBeChecked();
  await choose(sheet.getByLabel("这条另外不管的身份"), "群管理员");
  await page.keyboard.press("Escape");
  await sheet.getByRole("button", { name: "确定" }).click();

  const clause = page.getByRole("article", { name: "周末晒单" });
  await expect(clause.getByText("二级 · 价值")).toBeVisible();
  await expect(clause.getByText("星期几是周六 或 星期几是周日")).toBeVisible();
  await page.getByRole("button", { name: "保存", exact: true }).click();
  await expect(page.getByText("所有群通用")).toBeVisible();
  await page.reload();
  await expect(clause).toBeVisible();
  const { policy } = await (await page.request.get(`${server.address}/api/v1/communities/default/policy`)).json();
  const saved = policy.clauses.find((c: { name: string }) => c.name === "周末晒单");
  expect([saved.layer, saved.category, saved.severity, saved.spare]).toEqual(["value", "off-topic", 2, ["admin"]]);
});

test("a set of groups has rules of its own, and gives them up again", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  const at = `${server.address}/api/v1/communities/default/settings/sets`;
  const before = await (await page.request.get(at)).json();
  const answer = await page.request.put(at, {
    headers: { origin: server.address },
    data: { sets: [...before.sets, { id: 0, name: "试行群规的群", groups: [1] }], version: before.version },
  });
  expect(answer.status(), await answer.text()).toBeLessThan(300);

  await page.goto(`${server.address}/moderation/rules`);
  await choose(page.getByRole("combobox", { name: "哪个群" }), "分组：试行群规的群", "试行群规");
  // Until it has rules of its own, it inherits, and says so of every clause.
  const clause = page.getByRole("article", { name: "随意@所有人" });
  await expect(clause.getByText(/内置|来自所有群通用/)).toBeVisible();
  await expect(page.getByRole("button", { name: "恢复继承" })).toBeHidden();
  await clause.getByText("只记录", { exact: true }).click();
  await expect(clause.getByText("还没保存")).toBeVisible();
  await page.getByRole("button", { name: "保存", exact: true }).click();
  await expect(clause.getByText("此处改过")).toBeVisible();
  await expect(page.getByText("分组“试行群规的群”的群规")).toBeVisible();

  await page.getByRole("button", { name: "恢复继承" }).click();
  await page
    .getByRole("tooltip")
    .getByRole("button", { name: /确\s*定/ })
    .click();
  await expect(clause.getByText(/内置|来自所有群通用/)).toBeVisible();
  await expect(page.getByRole("button", { name: "恢复继承" })).toBeHidden();
});

test("strikes of many are forgiven, and given back", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await connectForum(page.request, server.address).catch(() => undefined); // another test may have connected it
  const api = `${server.address}/api/v1/communities/default`;
  const headers = { origin: server.address };
  const words = await page.request.put(`${api}/lexicons/amnesty`, {
    headers,
    data: { id: "amnesty", group: 0, name: "辱骂试词", category: "abuse", text: "鸭梨山大王", version: 0 },
  });
  expect(words.status(), await words.text()).toBeLessThan(300);
  await say(page.request, server.address, "阿梨", "你这个鸭梨山大王");
  await expect(async () => {
    const { reviews } = await (await page.request.get(`${api}/reviews?state=open&limit=100`)).json();
    const card = reviews.find((r: { text: string }) => r.text.includes("鸭梨山大王"));
    const answer = await page.request.post(`${api}/reviews/decide`, {
      headers: { ...headers, "Idempotency-Key": "amnesty-1" },
      data: { reviews: [card.id], what: "accept" },
    });
    expect(answer.status(), await answer.text()).toBe(200);
  }).toPass({ timeout: 60_000 });

  await page.goto(`${server.address}/moderation/lists`);
  await choose(page.getByRole("combobox", { name: "哪些群里的违规" }), "茶友会", "茶友");
  await page.keyboard.press("Escape");
  await expect(page.getByText(/将免除 \d+ 名成员的 \d+ 次违规/)).toBeVisible();
  await expect(page.getByText(/阿梨 ×1/)).toBeVisible();
  await page.getByRole("textbox", { name: "原因（记入案卷）" }).fill("周年");
  await page.getByRole("button", { name: "全部免除" }).click();
  await page
    .getByRole("tooltip")
    .getByRole("button", { name: /确\s*定/ })
    .click();
  await expect(page.getByText("没有人有这样的违规次数。")).toBeVisible();
  await page.getByRole("button", { name: "撤回" }).click();
  await expect(page.getByText("已撤回")).toBeVisible();
  await expect(page.getByText(/阿梨 ×1/)).toBeVisible();
});

test("a dispute is talked over in private", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await connectForum(page.request, server.address).catch(() => undefined); // another test may have connected it
  const api = `${server.address}/api/v1/communities/default`;
  const words = await page.request.put(`${api}/lexicons/dispute`, {
    headers: { origin: server.address },
    data: { id: "dispute", group: 0, name: "争议试词", category: "abuse", text: "杨桃大王", version: 0 },
  });
  expect(words.status(), await words.text()).toBeLessThan(300);
  await say(page.request, server.address, "阿桃", "你这个杨桃大王");
  await expect(async () => {
    const { reviews } = await (await page.request.get(`${api}/reviews?state=open&limit=100`)).json();
    expect(reviews.some((r: { text: string }) => r.text.includes("杨桃大王"))).toBe(true);
  }).toPass({ timeout: 60_000 });

  await page.goto(`${server.address}/moderation`);
  const card = page.getByRole("button", { name: /杨桃大王/ });
  await card.click();
  await page.getByRole("button", { name: "转为私下沟通…" }).click();
  await choose(page.getByRole("combobox", { name: "选一位调解人" }), "阿云"); // the only one who works here
  await page.getByRole("button", { name: "转过去" }).click();
  await expect(page.getByText("私下调解中")).toBeVisible();
  await expect(page.getByText(/正在调解/)).toBeVisible();
  await page.getByRole("textbox", { name: "谈的结果（记入案卷）" }).fill("互相道了歉");
  await page.getByRole("button", { name: "谈妥了" }).click();
  await expect(card).toHaveCount(0);
  await page.goto(`${server.address}/moderation?state=decided`);
  await card.click();
  await expect(page.getByText(/调解成功/).first()).toBeVisible();
  await expect(page.getByText("互相道了歉")).toBeVisible();
});

test("names are kept out", async ({ page, server, signedIn }) => {
  await enter(page, signedIn);
  await page.goto(`${server.address}/moderation/lists`);
  await page.getByRole("textbox", { name: "名字里的文字" }).fill("代开发票");
  await page
    .getByRole("button", { name: "加 入" })
    .or(page.getByRole("button", { name: "加入" }))
    .click();
  const line = page.getByRole("article", { name: "代开发票" });
  await expect(line).toBeVisible();
  await line.getByRole("button", { name: /移\s*除/ }).click();
  await expect(line).toHaveCount(0);
});

test("who wants to is asked about uncertain messages, and an answer only teaches", async ({
  page,
  server,
  signedIn,
}) => {
  await enter(page, signedIn);
  await connectForum(page.request, server.address).catch(() => undefined); // another test may have connected it
  await page.goto(`${server.address}/moderation/judges`);
  await page.getByRole("switch", { name: "拿不准的也给我看" }).click();
  const most = page.getByLabel("每天最多给我看几条");
  await expect(most).toHaveValue("20");
  await most.fill("5");
  await most.press("Enter");
  await expect(async () => {
    const saved = await page.request.get(`${server.address}/api/v1/communities/default/settings/learning`);
    expect(await saved.json()).toMatchObject({ ask: true, most: 5 });
  }).toPass();

  await say(page.request, server.address, "小周", "谁要二手自行车，九成新");
  await page.goto(`${server.address}/moderation?kind=unsure`);
  await expect(page.getByRole("button", { name: /拿不准 · 教它一次.*谁要二手自行车/ })).toBeVisible();
  await expect(page.getByText("没有命中规则，机器也拿不准")).toBeVisible();
  await page.getByRole("button", { name: "不是广告" }).click();
  await expect(page.getByText("没有待处理的")).toBeVisible();
  await page.goto(`${server.address}/moderation?kind=unsure&state=decided`);
  await expect(page.getByRole("button", { name: /谁要二手自行车.*不是广告/ })).toBeVisible();
});

test("what takes two people waits for the second, says what was done at once, and is withdrawn", async ({
  page,
  server,
  signedIn,
}) => {
  await enter(page, signedIn);
  await connectForum(page.request, server.address).catch(() => undefined); // another test may have connected it
  await say(page.request, server.address, "小方", "大家好");
  const api = `${server.address}/api/v1/communities/default`;
  const before = await (await page.request.get(`${api}/policy`)).json();
  const { presets } = await (await page.request.get(`${server.address}/api/v1/policies?language=zh-CN`)).json();
  const policy = presets.find((p: { id: string }) => p.id === "general").policy;
  const advert = policy.clauses.find((c: { id: string }) => c.id === "advert");
  Object.assign(advert, { stage: "suggest", at_once: ["recall"], ladder: [{ acts: [{ do: "remove" }] }] });
  policy.approval = { remove: true };
  const saved = await page.request.put(`${api}/policy`, {
    headers: { origin: server.address },
    data: { policy, version: before.version },
  });
  expect(saved.status(), await saved.text()).toBeLessThan(300);

  await say(page.request, server.address, "卖课的", "便宜出各种课程资源，要的加微信 qqq45678 先到先得");
  const card = page.getByRole("button", { name: /卖课的/ });
  await expect(async () => {
    await page.goto(`${server.address}/moderation`);
    await expect(card).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await card.click();
  await expect(page.getByText("撤回没法恢复")).toBeVisible(); // it was recalled at once
  await page.getByRole("button", { name: /按建议处理：.*移出/ }).click();
  await expect(page.getByText("已提交，等另一人复核")).toBeVisible();
  await page.reload(); // and it can be withdrawn whenever
  await card.click();
  await expect(page.getByText("阿云 已提交，需要另一人复核")).toBeVisible();
  await page.locator("body").press("a"); // one is no second person to oneself
  await page.getByRole("button", { name: "撤回提交" }).click();
  await expect(page.getByRole("button", { name: /按建议处理：.*移出/ })).toBeVisible();
  await expect(page.getByText(/阿云 · 撤回了提交/)).toBeVisible();
  await expect(page.getByText(/^阿云 · /)).toHaveCount(2);
});

const pages = ["/moderation", "/moderation/rules", "/moderation/words", "/moderation/lists", "/moderation/judges"];
areAccessible("pages for keeping order", pages);
fitAPhone("pages for keeping order", pages);

import { expect, owner, test } from "./console.ts";
import { serve } from "./server.ts";

test("the first run makes an owner, teaches, and lets nobody in twice", async ({ page }) => {
  const server = await serve({ demo: false });
  try {
    await page.goto(`${server.address}/`);
    await expect(page).toHaveURL(/\/setup$/);
    await expect(page.getByText("这个地址缺少一次性口令")).toBeVisible();

    await page.goto(server.setup);
    await page.getByLabel("用户名").fill(owner.name);
    await page.getByLabel("密码").fill("short");
    await page.getByRole("button", { name: "建立并进入" }).click();
    await expect(page.getByText("密码至少 10 个字符")).toBeVisible();
    await page.getByLabel("密码").fill(owner.password);
    await page.getByRole("button", { name: "建立并进入" }).click();

    await expect(page.getByRole("heading", { name: "从一个群的聊天记录开始" })).toBeVisible();
    await expect(page.getByRole("button", { name: "粘贴名单" })).toBeVisible();

    await page.goto(server.setup);
    await expect(page).toHaveURL(/\/sign-in$/);
    await expect(page.getByRole("button", { name: "登录" })).toBeVisible();
  } finally {
    await page.close();
    await server.stop();
  }
});

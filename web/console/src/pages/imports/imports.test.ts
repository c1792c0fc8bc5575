import { expect, it } from "vitest";
import { base64 } from "./base64.ts";
import { parseMap, writeMap } from "./columnMap.ts";

it("reads a column map and writes it back", () => {
  const map = "time=发送时间,sender=昵称,text=内容";
  expect(parseMap(map)).toEqual({ time: "发送时间", sender: "昵称", text: "内容" });
  expect(writeMap(parseMap(map))).toBe(map);
  expect(parseMap("")).toEqual({});
  expect(parseMap("time=a=b,colour=red")).toEqual({ time: "a=b" });
});

it("encodes a file of more than one chunk", async () => {
  const bytes = new Uint8Array(100_000).map((_, i) => i % 251);
  expect(await base64(new Blob([bytes]))).toBe(Buffer.from(bytes).toString("base64"));
});

import { expect, it } from "vitest";
import { base64 } from "./base64.ts";
import { parseMap, writeMap } from "./columnMap.ts";
import { reasonKey } from "./reasons.ts";
import { cellsOf, inWords } from "./refusedFile.ts";

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

it("knows what the server says of a row or a file", () => {
  for (const [said, key] of [
    ["空.csv: the file is empty", "empty"],
    ["半截.zip: the file is damaged", "damaged"],
    ["照片.png: the format of the file is not understood", "format"],
    ["the time is not understood", "time"],
    ["the row has 2 fields, the header has 3 fields", "fields"],
    ["the last row is cut: it has 2 fields, the header has 3 fields", "cut"],
    ["the row is longer than 1 MiB", "long"],
    ["this is not JSON: invalid character 'b'", "json"],
    ['"sender" is a number', "type"],
    ["Type, SubType or CreateTime is not a number", "type"],
    ["there is text before the first message", undefined],
  ] as const)
    expect(reasonKey(said)).toBe(key);
});

it("gives the table of refused rows in the reader's language", () => {
  const csv =
    '\uFEFFfile,line,reason,hint,row\na.csv,3,the time is not understood,"write it, so","x,""y"", z\n2"\nb.csv,0,there is text before,,\n';
  expect(cellsOf(csv)).toEqual([
    ["file", "line", "reason", "hint", "row"],
    ["a.csv", "3", "the time is not understood", "write it, so", 'x,"y", z\n2'],
    ["b.csv", "0", "there is text before", "", ""],
  ]);
  const t = ((key: string) => key) as never;
  expect(inWords(t, csv)).toBe(
    '\uFEFFpreview.table.file,preview.table.line,preview.table.why,preview.table.row\r\na.csv,3,preview.why.time,"x,""y"", z\n2"\r\nb.csv,0,there is text before,\r\n',
  );
});

import { describe, expect, it } from "vitest";
import { bytes, change, count, exact, percent, points, share } from "./format.ts";

const plain = (text: string) => text.replaceAll("\u202f", " ").replaceAll("\u00a0", " ").replaceAll("\u2009", " ");

describe("count", () => {
  it.each([
    [0, "0", "0"],
    [12, "12", "12"],
    [9876, "9,876", "9,876"],
    [12_345, "1.2 万", "12 K"],
    [30_000, "3 万", "30 K"],
    [123_456, "12.3 万", "123 K"],
    [3_400_000, "340 万", "3.4 M"],
    [340_000_000, "3.4 亿", "340 M"],
    [3.16, "3.2", "3.2"],
    [61.56, "61.6", "61.6"],
    [412.4, "412", "412"],
    [-8, "−8", "−8"],
    [-12_345, "−1.2 万", "−12 K"],
  ])("writes %d", (n, zh, en) => {
    expect(plain(count(n, "zh-CN"))).toBe(zh);
    expect(plain(count(n, "en"))).toBe(en);
  });
});

it("writes exact numbers out", () => {
  expect(exact(1_234_567)).toBe("1,234,567");
  expect(exact(0.26)).toBe("0.3");
  expect(exact(-4)).toBe("−4");
});

it("gives percentages one digit", () => {
  expect(percent(0.12345)).toBe("12.3%");
  expect(percent(1)).toBe("100.0%");
  expect(percent(-0.0512)).toBe("−5.1%");
});

describe("share", () => {
  it("names the people where there are few", () => {
    expect(share(12 / 31, 31)).toMatchObject({ people: true });
    expect(plain(share(12 / 31, 31).text)).toBe("12 / 31");
  });
  it("is a percentage where there are many, or no whole people", () => {
    expect(share(0.387, 310).text).toBe("38.7%");
    expect(share(0.35, 7.2).text).toBe("35.0%");
    expect(share(0.355, 31).text).toBe("35.5%");
    expect(share(8 / 6, 6).text).toBe("133.3%");
    expect(share(0.4, null).text).toBe("40.0%");
  });
});

it("says how a number changed", () => {
  expect(change(112, 100)).toBe("+12.0%");
  expect(change(92, 100)).toBe("−8.0%");
  expect(change(100, 100)).toBe("±0%");
  expect(change(1500, 100)).toBe("×15");
  expect(change(5, 0)).toBeNull();
  expect(change(null, 5)).toBeNull();
  expect(change(5, null)).toBeNull();
  expect(points(0.183, 0.171)).toBe("+1.2");
  expect(points(0.1, 0.1)).toBe("±0");
});

it("writes sizes of files", () => {
  expect(plain(bytes(999))).toBe("999 B");
  expect(plain(bytes(12_400_000))).toBe("12.4 MB");
});

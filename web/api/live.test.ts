import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { follow, type Source, type Stale } from "./live.ts";

class Line implements Source {
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  readyState = 1;
  private heard: ((event: { data: string }) => void) | undefined;
  addEventListener(_: string, listener: (event: { data: string }) => void) {
    this.heard = listener;
  }
  close() {
    this.readyState = 2;
  }
  says(groups: number[], what: string[]) {
    this.heard?.({ data: JSON.stringify({ groups, what, as_of: 1 }) });
  }
  opens() {
    this.onopen?.(new Event("open"));
  }
  breaks(readyState: number) {
    this.readyState = readyState;
    this.onerror?.(new Event("error"));
  }
}

let lines: Line[];
let stale: Stale[];
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  stale = [];
  stop = follow(
    "/events",
    (s) => stale.push(s),
    () => {
      const line = new Line();
      lines.push(line);
      return line;
    },
  );
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

it("collects what comes close together", () => {
  lines[0]!.opens();
  lines[0]!.says([1], ["numbers"]);
  lines[0]!.says([1, 2], ["stream"]);
  expect(stale).toEqual([]);
  vi.advanceTimersByTime(250);
  expect(stale).toEqual([{ groups: new Set([1, 2]), what: new Set(["numbers", "stream"]), all: false }]);
});

it("leaves a dropped line to the browser and takes everything for stale when it is back", () => {
  lines[0]!.opens();
  lines[0]!.breaks(0);
  vi.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(1);
  lines[0]!.opens();
  vi.advanceTimersByTime(250);
  expect(stale[0]?.all).toBe(true);
});

it("opens a new line, waiting longer each time, where the browser gives up", () => {
  lines[0]!.opens();
  lines[0]!.breaks(2);
  vi.advanceTimersByTime(999);
  expect(lines).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(lines).toHaveLength(2);
  lines[1]!.breaks(2);
  vi.advanceTimersByTime(1_999);
  expect(lines).toHaveLength(2);
  vi.advanceTimersByTime(1);
  expect(lines).toHaveLength(3);
});

it("is silent once stopped", () => {
  lines[0]!.opens();
  lines[0]!.says([1], ["numbers"]);
  stop();
  vi.advanceTimersByTime(60_000);
  expect(stale).toEqual([]);
  expect(lines).toHaveLength(1);
});

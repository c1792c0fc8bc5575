import type { Driver } from "@qunying/api/model";
import { isSecret, type Values } from "./fields.ts";

/** What a wizard remembers of a connection that does not exist yet. Secrets are not among it. */
export interface Draft {
  title: string;
  name: string;
  values: Values;
  /** Which lines of the checklist are done. */
  ticked: number[];
  step: "prepare" | "fill";
}

const key = (driver: string) => `qunying.connect.${driver}`;

export function readDraft(driver: string): Draft | undefined {
  try {
    const d = JSON.parse(localStorage.getItem(key(driver)) ?? "null") as Partial<Draft> | null;
    if (!d || typeof d.name !== "string" || typeof d.values !== "object") return undefined;
    return {
      title: typeof d.title === "string" ? d.title : "",
      name: d.name,
      values: d.values ?? {},
      ticked: Array.isArray(d.ticked) ? d.ticked.filter(Number.isInteger) : [],
      step: d.step === "fill" ? "fill" : "prepare",
    };
  } catch {
    return undefined;
  }
}

export function keepDraft(driver: Driver, draft: Draft): void {
  const secrets = new Set(driver.fields.filter(isSecret).map((f) => f.name));
  const values = Object.fromEntries(Object.entries(draft.values).filter(([name]) => !secrets.has(name)));
  try {
    localStorage.setItem(key(driver.name), JSON.stringify({ ...draft, values }));
  } catch {
    // Where a browser keeps nothing, the draft lasts as long as the page.
  }
}

export function dropDraft(driver: string): void {
  localStorage.removeItem(key(driver));
}

import type { Connection, ConnectionInput, Driver, DriverField, Finding } from "@qunying/api/model";
import type { Problem } from "@qunying/api/problem";

/** What stands in a form: texts as typed, and switches. */
export type Values = Record<string, string | boolean>;

export const isSecret = (f: DriverField) => f.kind === "secret" || f.kind === "key";

/** Whether a field=value is so. */
function stands(condition: string, values: Values): boolean {
  const [field = "", value] = condition.split("=");
  return String(values[field] ?? "") === value;
}

/** Whether a field is asked for, with what stands in the others. */
export const asked = (f: DriverField, values: Values): boolean => !f.when || stands(f.when, values);

/** Whether the platform calls our address, with what stands in the fields. */
export const called = (driver: Driver, values: Values): boolean =>
  driver.hook && !(driver.hook_unless && stands(driver.hook_unless, values));

/** Whether a test found that the platform has yet to call us. */
export const awaited = (findings: Finding[] | undefined): boolean =>
  findings?.some((f) => f.check === "callback" && !f.ok) ?? false;

/** What a form begins with: a connection's settings, or the defaults. Secrets are never known. */
export function valuesOf(driver: Driver, config: Record<string, unknown> = {}): Values {
  const values: Values = {};
  for (const f of driver.fields) {
    const set = config[f.name];
    if (isSecret(f)) values[f.name] = "";
    else if (f.kind === "flag") values[f.name] = set === undefined ? f.default === "true" : set === true;
    else values[f.name] = set === undefined ? (f.default ?? "") : String(set);
  }
  return values;
}

/** The settings as the server takes them: only what was asked for and filled in. */
export function configOf(driver: Driver, values: Values): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const f of driver.fields) {
    const v = values[f.name];
    if (!asked(f, values) || v === undefined) continue;
    if (typeof v === "boolean") config[f.name] = v;
    else if (f.kind === "file") {
      if (v !== "") config[f.name] = v; // to the byte
    } else if (v.trim() !== "") config[f.name] = f.kind === "number" ? Number(v) : isSecret(f) ? v : v.trim();
  }
  return config;
}

/** Required fields that are empty; `kept` are secrets that the server has. */
export function missing(driver: Driver, values: Values, kept: Record<string, unknown> = {}): string[] {
  return driver.fields
    .filter((f) => f.required && !f.generated && asked(f, values) && kept[f.name] !== true)
    .filter((f) => String(values[f.name] ?? "").trim() === "")
    .map((f) => f.name);
}

/** A file in a field: its name, a line's end, its content. */
export function fileOf(value: string): { name: string; content: string } {
  const end = value.indexOf("\n");
  return end < 0 ? { name: value, content: "" } : { name: value.slice(0, end), content: value.slice(end + 1) };
}

export const fileText = (name: string, content: string) => (name || content ? `${name}\n${content}` : "");

/** Why the server would refuse a file; nothing where there is none. */
export function fileFault(value: string): "name" | "empty" | "long" | "signs" | undefined {
  const { name, content } = fileOf(value);
  if (value === "") return undefined;
  if (!/^(WW|MP)_verify_[A-Za-z0-9]{1,64}\.txt$/.test(name)) return "name";
  if (content.trim() === "") return "empty";
  if (!/^[\x20-\x7e\r\n]*$/.test(content)) return "signs";
  return content.length > 1024 ? "long" : undefined;
}

/** The field that a refusal is about: the server names it first, or somewhere in its words. */
export function blamed(driver: Driver, message: string): string | undefined {
  return driver.fields
    .map((f) => f.name)
    .sort((a, b) => b.length - a.length)
    .find((name) => new RegExp(`(^|[^a-z_])${name}([^a-z_]|$)`).test(message));
}

/** Whether the server refused a file because another connection has one of that name with other content. */
export function fileTaken(driver: Driver, problem: Problem): boolean {
  const field = blamed(driver, problem.message);
  return problem.code === "conflict" && driver.fields.some((f) => f.kind === "file" && f.name === field);
}

/** A connection's settings, to be saved again with a change. Secrets stay. */
export function inputOf(c: Connection): ConnectionInput {
  return {
    driver: c.driver,
    title: c.title,
    config: c.config,
    adopt_all: c.adopt_all,
    paused: c.paused,
    dry_run: c.dry_run,
    ...(c.limits ? { limits: c.limits } : {}),
    version: c.version,
  };
}

/** A name for addresses that nobody has taken: the driver's, or with a number. */
export function freeName(driver: string, taken: string[]): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? driver : `${driver}-${n}`;
    if (!taken.includes(name)) return name;
  }
}

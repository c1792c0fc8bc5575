import type { Words } from "../../words/useWords.ts";
import { reasonKey } from "./reasons.ts";

/** The cells of a table as the server writes it: RFC 4180. */
export function cellsOf(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, sep, quoted, plain] of csv
    .replace(/^\uFEFF/, "")
    .matchAll(/(^|,|\r?\n)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g)) {
    if (sep !== ",") {
      row = [];
      rows.push(row);
    }
    row.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
  }
  return rows.filter((r) => r.length > 1);
}

const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The table of refused rows with its reasons in the reader's language, as a CSV for spreadsheets. */
export function inWords(t: Words["t"], csv: string): string {
  const head = [t("preview.table.file"), t("preview.table.line"), t("preview.table.why"), t("preview.table.row")];
  const rows = cellsOf(csv)
    .slice(1)
    .map(([file = "", line = "", reason = "", hint = "", row = ""]) => {
      const key = reasonKey(reason);
      return [file, line, key ? t(`preview.why.${key}`) : [reason, hint].filter(Boolean).join(" · "), row];
    });
  return `\uFEFF${[head, ...rows].map((r) => `${r.map(cell).join(",")}\r\n`).join("")}`;
}

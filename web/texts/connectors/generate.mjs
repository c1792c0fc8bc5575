import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// Each driver's words stand beside its page in docs/connectors, in both languages.
// The console loads one language of all of them: npm run words.

const source = fileURLToPath(new URL("../../../docs/connectors/", import.meta.url));
const here = fileURLToPath(new URL("./", import.meta.url));

/** Drivers that are called otherwise than their page. */
const names = { "official-account": "mp" };

/** The words of all drivers in a language, by driver. */
export function wordsIn(language) {
  const ending = ".texts.json";
  return Object.fromEntries(
    readdirSync(source)
      .filter((file) => file.endsWith(ending))
      .sort()
      .map((file) => {
        const page = file.slice(0, -ending.length);
        return [names[page] ?? page, JSON.parse(readFileSync(source + file, "utf8"))[language]];
      }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const language of ["zh-CN", "en"]) {
    writeFileSync(`${here}${language}.json`, `${JSON.stringify(wordsIn(language), null, 2)}\n`);
  }
}

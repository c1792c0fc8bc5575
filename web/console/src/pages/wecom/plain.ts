/**
 * What WeCom can take of a lexicon's text: its plain words. Combinations, regular
 * expressions and exceptions mean nothing there and are counted.
 */
export function plainWords(text: string): { words: string[]; left: number } {
  const words: string[] = [];
  let left = 0;
  for (const line of text.split("\n")) {
    const entry = line.split("\t")[0]?.trim() ?? "";
    if (entry === "" || entry.startsWith("#") || /^\[.*\]$/.test(entry)) continue;
    if (/^[!/]|(^|[^\\])[+~]/.test(entry)) left++;
    else words.push(entry.replace(/\\(.)/g, "$1"));
  }
  return { words, left };
}

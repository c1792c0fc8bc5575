/** What the server says of a row or a file, by how it begins or what stands in it. */
const reasons = [
  [/the file is empty/, "empty"],
  [/the file is cut off|in the middle of a character/, "cut"],
  [/the file is damaged|unfolds to/, "damaged"],
  [/format of the file is not understood/, "format"],
  [/the time is not understood/, "time"],
  [/^the row has .* fields/, "fields"],
  [/longer than 1 MiB|larger than 8 MiB/, "long"],
  [/^this is not JSON/, "json"],
  [/keys are not known|columns are not known/, "columns"],
  [/^a chat of two people/, "private"],
  [/(last row|last message|file) (is|may be) cut/, "cut"],
  [/ is (not )?an? (number|text|object|list|word)/, "type"],
  [/tells the day of its times/, "day"],
] as const;

/** The reason in the reader's language: what is wrong, and what to do. */
export function reasonKey(said: string): (typeof reasons)[number][1] | undefined {
  return reasons.find(([is]) => is.test(said))?.[1];
}

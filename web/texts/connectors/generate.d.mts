/** The words of all drivers in a language, by driver. */
export function wordsIn(language: "zh-CN" | "en"): Record<string, unknown>;

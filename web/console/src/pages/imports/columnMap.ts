/** What a table needs: when, who, what. */
export const roles = ["time", "sender", "text"] as const;

export type Mapped = Partial<Record<(typeof roles)[number], string>>;

/** Reads "time=…,sender=…,text=…" as the API writes it. */
export function parseMap(map: string): Mapped {
  const found: Mapped = {};
  for (const part of map.split(",")) {
    const [role, ...column] = part.split("=");
    const known = roles.find((r) => r === role?.trim());
    if (known && column.length > 0) found[known] = column.join("=");
  }
  return found;
}

export function writeMap(mapped: Mapped): string {
  return roles.flatMap((r) => (mapped[r] ? [`${r}=${mapped[r]}`] : [])).join(",");
}

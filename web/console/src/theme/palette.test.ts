import { describe, expect, it } from "vitest";
import { contrast } from "./contrast.ts";
import { dark, light } from "./palette.ts";

describe.each([
  ["light", light],
  ["dark", dark],
])("the %s palette", (_, p) => {
  const pairs: [string, string, string][] = [
    ...[p.ink, p.soft, p.faint, p.brandText, p.alert, p.watch, p.good, p.excellent].flatMap((text) =>
      [p.ground, p.surface, p.raised].map((ground): [string, string, string] => ["text", text, ground]),
    ),
    ["button", p.onBrand, p.brand],
    ["button hovered", p.onBrand, p.brandHover],
    ["selection", p.brandText, p.brandWash],
    ["alert", p.alert, p.alertWash],
    ["watch", p.watch, p.watchWash],
    ["good", p.good, p.goodWash],
    ["excellent", p.excellent, p.excellentWash],
    ["hit", p.markText, p.mark],
    ["tooltip", p.tipText, p.tip],
    ...p.heat.map((ground, i): [string, string, string] => [`heat ${i}`, p.heatText[i]!, ground]),
  ];
  it.each(pairs)("reads well: %s %s on %s", (_, text, ground) => {
    expect(contrast(text, ground)).toBeGreaterThanOrEqual(4.5);
  });
  it("lets the border of an input be seen", () => {
    expect(contrast(p.edge, p.surface)).toBeGreaterThanOrEqual(2.9);
  });
});

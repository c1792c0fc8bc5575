/**
 * The colours of both themes. Every pair of text and ground that the console
 * uses reaches WCAG AA (4.5:1); palette.test.ts computes it.
 */
export interface Palette {
  ground: string; // the page
  surface: string; // cards, bars, drawers
  raised: string; // hovered rows, wells
  line: string; // hairlines
  edge: string; // borders of inputs, 3:1 on the surface
  ink: string; // text
  soft: string; // secondary text
  faint: string; // labels, axes: still 4.5:1
  brand: string; // buttons, links, the first line of a chart
  brandHover: string;
  brandActive: string;
  brandWash: string; // selection
  brandText: string; // on brandWash and on the surface
  onBrand: string; // text on brand
  second: string; // the second series of a chart
  alert: string;
  alertWash: string;
  watch: string;
  watchWash: string;
  good: string;
  goodWash: string;
  excellent: string;
  excellentWash: string;
  hatch: string; // stripes of gaps
  mark: string; // ground of a search hit
  markText: string;
  heat: string[]; // from next to nothing to the most
  heatText: string[]; // text on each step of heat
  tip: string; // ground of tooltips
  tipText: string;
  shade: string; // shadows
}

export const light: Palette = {
  ground: "#f5f7f6",
  surface: "#ffffff",
  raised: "#f3f6f5",
  line: "#e2e8e6",
  edge: "#8a9895",
  ink: "#14211e",
  soft: "#46544f",
  faint: "#5d6b67",
  brand: "#0f766e",
  brandHover: "#0c655e",
  brandActive: "#09534d",
  brandWash: "#e2f1ee",
  brandText: "#0b5f58",
  onBrand: "#ffffff",
  second: "#b45309",
  alert: "#b42318",
  alertWash: "#fdeeec",
  watch: "#8a5207",
  watchWash: "#fdf4e3",
  good: "#1f6b3a",
  goodWash: "#e9f5ec",
  excellent: "#1d4f91",
  excellentWash: "#e9f0fa",
  hatch: "#a9b5b2",
  mark: "#fbe7a1",
  markText: "#3b2d00",
  heat: ["#edf3f1", "#d3e6e2", "#a9d0c9", "#76b4ab", "#3a938a", "#0f766e"],
  heatText: ["#46544f", "#1d3b37", "#12302c", "#0b2421", "#03110f", "#ffffff"],
  tip: "#1d2b28",
  tipText: "#f2f6f5",
  shade: "rgba(18, 38, 34, 0.08)",
};

export const dark: Palette = {
  ground: "#0f1413",
  surface: "#171d1c",
  raised: "#1f2726",
  line: "#2b3533",
  edge: "#6d7b78",
  ink: "#e7edeb",
  soft: "#b7c3c0",
  faint: "#93a19e",
  brand: "#57bfb1",
  brandHover: "#74cfc2",
  brandActive: "#44a99c",
  brandWash: "#17332f",
  brandText: "#7fd6ca",
  onBrand: "#06201c",
  second: "#e3a457",
  alert: "#f4978e",
  alertWash: "#3a1f1d",
  watch: "#e8bb6d",
  watchWash: "#352a17",
  good: "#86d19c",
  goodWash: "#1a3122",
  excellent: "#93bdf7",
  excellentWash: "#1b2a41",
  hatch: "#56635f",
  mark: "#5c4a12",
  markText: "#fff2c9",
  heat: ["#1f2827", "#1f3a37", "#235550", "#2f7871", "#429d93", "#7fd6ca"],
  heatText: ["#b7c3c0", "#dbe6e3", "#eaf3f1", "#ffffff", "#04110f", "#06201c"],
  tip: "#e7edeb",
  tipText: "#14211e",
  shade: "rgba(0, 0, 0, 0.4)",
};

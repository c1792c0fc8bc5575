import { type ThemeConfig, theme } from "antd";
import { family } from "./family.ts";
import { dark, light, type Palette } from "./palette.ts";

export type Mode = "light" | "dark";

export const palettes: Record<Mode, Palette> = { light, dark };

/** Ant Design's tokens of a mode. Every colour is set: derived shades of a dark brand colour fail contrast. */
export function antdTheme(mode: Mode): ThemeConfig {
  const p = palettes[mode];
  return {
    algorithm: mode === "dark" ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: {
      fontFamily: family,
      fontSize: 14,
      borderRadius: 8,
      borderRadiusSM: 6,
      borderRadiusLG: 12,
      controlHeight: 36,
      wireframe: false,
      motionDurationMid: "0.12s",
      motionDurationSlow: "0.18s",
      colorPrimary: p.brand,
      colorPrimaryHover: p.brandHover,
      colorPrimaryActive: p.brandActive,
      colorPrimaryBg: p.brandWash,
      colorPrimaryBgHover: p.brandWash,
      colorPrimaryBorder: p.brand,
      colorPrimaryBorderHover: p.brandHover,
      colorPrimaryText: p.brandText,
      colorPrimaryTextHover: p.brandHover,
      colorPrimaryTextActive: p.brandActive,
      colorLink: p.brandText,
      colorLinkHover: p.brandHover,
      colorLinkActive: p.brandActive,
      colorText: p.ink,
      colorTextHeading: p.ink,
      colorTextSecondary: p.soft,
      colorTextTertiary: p.faint,
      colorTextDescription: p.faint,
      colorTextQuaternary: p.faint,
      colorTextPlaceholder: p.faint,
      colorTextDisabled: p.faint,
      colorIcon: p.faint,
      colorBgLayout: p.ground,
      colorBgContainer: p.surface,
      colorBgElevated: p.surface,
      colorBgSpotlight: p.tip,
      colorBorder: p.edge,
      colorBorderSecondary: p.line,
      colorSplit: p.line,
      colorError: p.alert,
      colorErrorText: p.alert,
      colorErrorBg: p.alertWash,
      colorErrorBorder: p.alert,
      colorWarning: p.watch,
      colorWarningText: p.watch,
      colorWarningBg: p.watchWash,
      colorWarningBorder: p.watch,
      colorSuccess: p.good,
      colorSuccessText: p.good,
      colorSuccessBg: p.goodWash,
      colorSuccessBorder: p.good,
      colorInfo: p.excellent,
      colorInfoText: p.excellent,
      colorInfoBg: p.excellentWash,
      colorInfoBorder: p.excellent,
    },
    components: {
      Button: { primaryColor: p.onBrand, primaryShadow: "none", defaultShadow: "none", dangerShadow: "none" },
      Tooltip: { colorTextLightSolid: p.tipText },
      Segmented: {
        itemColor: p.soft,
        itemHoverColor: p.ink,
        itemSelectedColor: p.ink,
        itemSelectedBg: mode === "dark" ? "#3a4744" : p.surface,
        trackBg: mode === "dark" ? p.raised : p.line,
      },
      Table: { headerBg: p.surface, headerColor: p.soft, cellPaddingBlock: 9, rowHoverBg: p.raised },
      Select: { optionSelectedBg: p.brandWash, optionSelectedColor: p.brandText },
      Progress: { defaultColor: p.brand, remainingColor: p.line },
      Tabs: { itemColor: p.soft, itemSelectedColor: p.brandText, inkBarColor: p.brand },
    },
  };
}

/** Hands the palette to the console's own style sheets as --q-… variables, and the mode to the browser. */
export function applyPalette(mode: Mode, root: HTMLElement): void {
  root.dataset.mode = mode;
  root.style.colorScheme = mode;
  root.style.setProperty("--q-family", family);
  for (const [name, value] of Object.entries(palettes[mode])) {
    if (typeof value === "string") root.style.setProperty(`--q-${kebab(name)}`, value);
    else for (const [i, step] of value.entries()) root.style.setProperty(`--q-${kebab(name)}-${i}`, step);
  }
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

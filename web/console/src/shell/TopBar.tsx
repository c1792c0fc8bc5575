import { BulbOutlined, DesktopOutlined, MoonOutlined, SunOutlined, UserOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useRouter } from "@tanstack/react-router";
import { Button, Dropdown } from "antd";
import { useTranslation } from "react-i18next";
import { signOut } from "../queries.ts";
import { Mark } from "../ui/Brand.tsx";
import { Finder } from "./Finder.tsx";
import { type ModeChoice, usePreferences } from "./Preferences.tsx";
import style from "./TopBar.module.css";
import { useHere } from "./useHere.ts";

export function TopBar() {
  return (
    <header className={style.bar} data-screen-only="">
      <Link to="/today" search={{}} className={style.mark} aria-hidden="true" tabIndex={-1}>
        <Mark />
      </Link>
      <Finder />
      <div className={style.right}>
        <LanguageSwitch />
        <ThemeSwitch />
        <Account />
      </div>
    </header>
  );
}

/** Leads to the other language, which is named in itself. */
export function LanguageSwitch() {
  const { t } = useTranslation();
  const { lang, chooseLang } = usePreferences();
  const other = lang === "zh-CN" ? "en" : "zh-CN";
  return (
    <Button type="text" lang={other} onClick={() => void chooseLang(other)} data-testid="language">
      {t(other === "en" ? "language.en" : "language.zh")}
    </Button>
  );
}

const icons = {
  light: <SunOutlined aria-hidden="true" />,
  dark: <MoonOutlined aria-hidden="true" />,
  auto: <DesktopOutlined aria-hidden="true" />,
};

export function ThemeSwitch() {
  const { t } = useTranslation();
  const { choice, chooseMode } = usePreferences();
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        selectedKeys: [choice],
        onClick: ({ key }) => chooseMode(key as ModeChoice),
        items: (["light", "dark", "auto"] as const).map((key) => ({ key, icon: icons[key], label: t(`theme.${key}`) })),
      }}
    >
      <Button
        type="text"
        icon={choice === "auto" ? <BulbOutlined aria-hidden="true" /> : icons[choice]}
        aria-label={t("theme.label")}
      />
    </Dropdown>
  );
}

function Account() {
  const { t } = useTranslation();
  const { staff } = useHere();
  const client = useQueryClient();
  const router = useRouter();
  const leave = async () => {
    await signOut();
    client.clear();
    await router.navigate({ to: "/sign-in", search: {} });
  };
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        onClick: ({ key }) => void (key === "out" ? leave() : router.navigate({ to: "/settings/account" })),
        items: [
          { key: "me", label: t("nav.me") },
          { key: "out", label: t("action.signOut") },
        ],
      }}
    >
      <Button
        type="text"
        icon={<UserOutlined aria-hidden="true" />}
        aria-label={t("nav.account", { name: staff?.name ?? "" })}
      />
    </Dropdown>
  );
}

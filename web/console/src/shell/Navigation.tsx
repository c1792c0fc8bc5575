import { CloudUploadOutlined, MessageOutlined, SettingOutlined, TeamOutlined } from "@ant-design/icons";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Mark } from "../ui/Brand.tsx";
import style from "./Navigation.module.css";
import { useHere } from "./useHere.ts";

const places = [
  { to: "/groups", name: "nav.groups", icon: <TeamOutlined aria-hidden="true" />, needs: "read" },
  { to: "/messages", name: "nav.messages", icon: <MessageOutlined aria-hidden="true" />, needs: "read" },
  { to: "/imports", name: "nav.imports", icon: <CloudUploadOutlined aria-hidden="true" />, needs: "import" },
  { to: "/settings", name: "nav.settings", icon: <SettingOutlined aria-hidden="true" />, needs: "self" },
] as const satisfies { to: string; name: string; icon: ReactNode; needs: string }[];

function Places() {
  const { t } = useTranslation();
  const { may } = useHere();
  return (
    <ul>
      {places
        .filter((p) => may(p.needs))
        .map((p) => (
          <li key={p.to}>
            <Link to={p.to} search={{}} className={style.place} activeProps={{ className: style.here }}>
              <span className={style.icon}>{p.icon}</span>
              <span>{t(p.name)}</span>
            </Link>
          </li>
        ))}
    </ul>
  );
}

export function SideBar() {
  const { t } = useTranslation();
  const { staff, session } = useHere();
  return (
    <nav className={style.side} aria-label={t("nav.label")}>
      <Link to="/groups" search={{}} className={style.brand}>
        <Mark />
        <span>{t("brand")}</span>
      </Link>
      <Places />
      <div className={style.foot}>
        {session?.demo ? <p className={style.demo}>{t("nav.demo")}</p> : null}
        <p className={style.who}>{staff?.name}</p>
        <p className={style.role}>{staff ? t(staff.role === "owner" ? "role.owner" : "role.viewer") : null}</p>
      </div>
    </nav>
  );
}

/** The same places for a thumb. */
export function BottomBar() {
  const { t } = useTranslation();
  return (
    <nav className={style.bottom} aria-label={t("nav.label")}>
      <Places />
    </nav>
  );
}

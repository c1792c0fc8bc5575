import {
  ApiOutlined,
  BellOutlined,
  CheckSquareOutlined,
  CloudUploadOutlined,
  EllipsisOutlined,
  LineChartOutlined,
  MessageOutlined,
  SafetyOutlined,
  SendOutlined,
  SettingOutlined,
  SunOutlined,
  TeamOutlined,
  UserOutlined,
} from "@ant-design/icons";
import { Link, useLocation } from "@tanstack/react-router";
import { Dropdown } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Mark } from "../ui/Brand.tsx";
import { Badge, BadgeOfMany } from "./Attention.tsx";
import style from "./Navigation.module.css";
import { useHere } from "./useHere.ts";

/** A place also is where its pages under other addresses are. Those with thumb are in the bottom bar of a phone. */
const places = [
  { to: "/today", name: "nav.today", icon: <SunOutlined aria-hidden="true" />, needs: "read", thumb: true },
  { to: "/groups", name: "nav.groups", icon: <TeamOutlined aria-hidden="true" />, needs: "read", thumb: true },
  {
    to: "/insight",
    name: "nav.insight",
    icon: <LineChartOutlined aria-hidden="true" />,
    needs: "read",
    also: ["/reports"],
  },
  { to: "/messages", name: "nav.messages", icon: <MessageOutlined aria-hidden="true" />, needs: "read" },
  {
    to: "/moderation",
    name: "nav.moderation",
    icon: <SafetyOutlined aria-hidden="true" />,
    needs: "moderation.view",
    thumb: true,
  },
  { to: "/people", name: "nav.people", icon: <UserOutlined aria-hidden="true" />, needs: "read" },
  { to: "/tasks", name: "nav.tasks", icon: <CheckSquareOutlined aria-hidden="true" />, needs: "read", thumb: true },
  { to: "/outbox", name: "nav.outbox", icon: <SendOutlined aria-hidden="true" />, needs: "read" },
  {
    to: "/alerts",
    name: "nav.alerts",
    icon: <BellOutlined aria-hidden="true" />,
    needs: "read",
    also: ["/contingency"],
  },
  { to: "/imports", name: "nav.imports", icon: <CloudUploadOutlined aria-hidden="true" />, needs: "import" },
  {
    to: "/connections",
    name: "nav.connections",
    icon: <ApiOutlined aria-hidden="true" />,
    needs: "read",
    also: ["/connect", "/capabilities"],
  },
  {
    to: "/settings",
    name: "nav.settings",
    icon: <SettingOutlined aria-hidden="true" />,
    needs: "self",
    also: ["/webhooks"],
  },
] as const satisfies {
  to: string;
  name: string;
  icon: ReactNode;
  needs: string;
  also?: readonly string[];
  thumb?: boolean;
}[];

type Place = (typeof places)[number];

/** The places that one may go to, and which of them one is at. */
function usePlaces() {
  const { may } = useHere();
  const at = useLocation({ select: (l) => l.pathname });
  const under = (path: string) => at === path || at.startsWith(`${path}/`);
  const here = (p: Place) => under(p.to) || ("also" in p && p.also.some(under));
  return { list: places.filter((p) => may(p.needs)), here };
}

function PlaceLink({ place, here }: { place: Place; here: boolean }) {
  const { t } = useTranslation();
  return (
    <Link
      to={place.to}
      search={{}}
      className={here ? `${style.place} ${style.here}` : style.place}
      aria-current={here ? "page" : undefined}
    >
      <span className={style.icon}>{place.icon}</span>
      <span>{t(place.name)}</span>
      <Badge place={place.to} />
    </Link>
  );
}

export function SideBar() {
  const { t } = useTranslation();
  const { staff, session } = useHere();
  const { list, here } = usePlaces();
  return (
    <nav className={style.side} aria-label={t("nav.label")}>
      <Link to="/today" search={{}} className={style.brand}>
        <Mark />
        <span>{t("brand")}</span>
      </Link>
      <ul>
        {list.map((p) => (
          <li key={p.to}>
            <PlaceLink place={p} here={here(p)} />
          </li>
        ))}
      </ul>
      <div className={style.foot}>
        {session?.demo ? <p className={style.demo}>{t("nav.demo")}</p> : null}
        <p className={style.who}>{staff?.name}</p>
        <p className={style.role}>{staff ? t(`role.${staff.role}`) : null}</p>
      </div>
    </nav>
  );
}

/** The same places for a thumb: the everyday ones, and the others behind the last button. */
export function BottomBar() {
  const { t } = useTranslation();
  const { list, here } = usePlaces();
  const daily = list.filter((p) => "thumb" in p);
  const others = list.filter((p) => !("thumb" in p));
  return (
    <nav className={style.bottom} aria-label={t("nav.label")}>
      <ul>
        {daily.map((p) => (
          <li key={p.to}>
            <PlaceLink place={p} here={here(p)} />
          </li>
        ))}
        <li>
          <Dropdown
            trigger={["click"]}
            placement="topRight"
            getPopupContainer={(button) => button.closest("nav") ?? document.body}
            menu={{
              selectedKeys: others.filter(here).map((p) => p.to),
              items: others.map((p) => ({
                key: p.to,
                icon: p.icon,
                label: (
                  <Link to={p.to} search={{}} className={style.other}>
                    {t(p.name)}
                    <Badge place={p.to} />
                  </Link>
                ),
              })),
            }}
          >
            <button
              type="button"
              className={others.some(here) ? `plain ${style.place} ${style.here}` : `plain ${style.place}`}
            >
              <span className={style.icon}>
                <EllipsisOutlined aria-hidden="true" />
              </span>
              <span>{t("nav.more")}</span>
              <BadgeOfMany places={others.map((p) => p.to)} />
            </button>
          </Dropdown>
        </li>
      </ul>
    </nav>
  );
}

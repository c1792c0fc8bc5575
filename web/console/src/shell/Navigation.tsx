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
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
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
    also: ["/explore", "/reports"],
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
          <OtherPlaces list={others} here={here} />
        </li>
      </ul>
    </nav>
  );
}

/**
 * What is not in the bar, in a menu above it. It is fixed to the screen as the bar
 * is, and a curtain lies under it until the tap is over: the page beneath may grow or
 * scroll meanwhile, and still no tap falls through to it.
 */
function OtherPlaces({ list, here }: { list: Place[]; here: (p: Place) => boolean }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (open) menu.current?.querySelector("a")?.focus({ preventScroll: true });
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus({ preventScroll: true });
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape") close();
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const links = [...(menu.current?.querySelectorAll("a") ?? [])];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement) + (event.key === "ArrowDown" ? 1 : -1);
    links.at(at % links.length)?.focus();
  };
  return (
    <>
      {open ? (
        <>
          <button type="button" className={`plain ${style.curtain}`} aria-label={t("action.close")} onClick={close} />
          <div
            id={id}
            ref={menu}
            role="menu"
            tabIndex={-1}
            className={style.others}
            aria-label={t("nav.more")}
            onKeyDown={press}
          >
            {list.map((p) => (
              <Link
                key={p.to}
                to={p.to}
                search={{}}
                role="menuitem"
                className={here(p) ? `${style.other} ${style.here}` : style.other}
                aria-current={here(p) ? "page" : undefined}
                onClick={() => setOpen(false)}
              >
                <span className={style.icon}>{p.icon}</span>
                {t(p.name)}
                <Badge place={p.to} />
              </Link>
            ))}
          </div>
        </>
      ) : null}
      <button
        ref={button}
        type="button"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        className={list.some(here) ? `plain ${style.place} ${style.here}` : `plain ${style.place}`}
        onClick={() => setOpen(!open)}
      >
        <span className={style.icon}>
          <EllipsisOutlined aria-hidden="true" />
        </span>
        <span>{t("nav.more")}</span>
        <BadgeOfMany places={list.map((p) => p.to)} />
      </button>
    </>
  );
}

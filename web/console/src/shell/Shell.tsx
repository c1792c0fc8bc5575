import { Outlet } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { AlertNotices, PausedBanner } from "./Attention.tsx";
import { useLive } from "./live.ts";
import { BottomBar, SideBar } from "./Navigation.tsx";
import style from "./Shell.module.css";
import { Shortcuts } from "./Shortcuts.tsx";
import { TopBar } from "./TopBar.tsx";
import { Tray } from "./Tray.tsx";
import { UndoProvider } from "./Undo.tsx";
import { UploadsProvider } from "./Uploads.tsx";
import { useHere } from "./useHere.ts";

/** The frame of every page for people who are signed in. */
export function Shell() {
  const { t } = useTranslation();
  const { community, position } = useHere();
  useLive(community, position);
  return (
    <UploadsProvider>
      <UndoProvider>
        <a className={style.skip} href="#content" data-screen-only="">
          {t("nav.skip")}
        </a>
        <div className={style.frame}>
          <SideBar />
          <div className={style.column}>
            <TopBar />
            <AlertNotices />
            <PausedBanner />
            <main id="content" className={style.content} tabIndex={-1}>
              <Outlet />
            </main>
          </div>
        </div>
        <Shortcuts />
        <Tray />
        <BottomBar />
      </UndoProvider>
    </UploadsProvider>
  );
}

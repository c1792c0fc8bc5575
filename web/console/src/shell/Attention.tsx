import { PauseCircleFilled } from "@ant-design/icons";
import type { Attention as Waits } from "@qunying/api/model";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import type { TFunction } from "i18next";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { waiting as waitingCards } from "../queries/moderation.ts";
import { delivery, saveDelivery } from "../queries/sending.ts";
import { attention } from "../queries/tasks.ts";
import style from "./Attention.module.css";
import { useHere } from "./useHere.ts";

interface Waiting {
  count: number;
  words: string;
  grave: boolean;
}

/** How much waits for people at a place, in words as well. */
function waitingAt(t: TFunction, data: Waits, place: string): Waiting {
  const outbox = data.failed + data.unknown + data.suggested;
  const [count, words, grave] =
    place === "/tasks"
      ? data.overdue > 0
        ? [data.tasks, t("badge.overdue", { count: data.tasks, late: data.overdue }), true]
        : [data.tasks, t("badge.tasks", { count: data.tasks }), false]
      : place === "/outbox"
        ? [outbox, t("badge.outbox", { count: outbox }), false]
        : place === "/connections"
          ? [data.connections, t("badge.connections", { count: data.connections }), true]
          : place === "/alerts"
            ? [data.alerts, t("badge.alerts", { count: data.alerts }), data.unseen > 0]
            : [0, "", false];
  return { count, words, grave };
}

/** How much waits for people at a place: a number, said in words to who cannot see it. */
export function Badge({ place }: { place: string }) {
  return <BadgeOfMany places={[place]} />;
}

/** The same of several places together. */
export function BadgeOfMany({ places }: { places: string[] }) {
  const { t } = useTranslation();
  const { community, may } = useHere();
  const { data } = useQuery({ ...attention(community), enabled: may("read") });
  const order = places.includes("/moderation");
  const { data: cards } = useQuery({ ...waitingCards(community), enabled: order && may("moderation.view") });
  const waiting = data ? places.map((p) => waitingAt(t, data, p)).filter((w) => w.count > 0) : [];
  const open = order && cards ? Object.values(cards.open).reduce((sum, n) => sum + n, 0) : 0;
  if (open > 0)
    waiting.push({ count: open, words: t("badge.reviews", { count: open }), grave: (cards?.overdue ?? 0) > 0 });
  const count = waiting.reduce((sum, w) => sum + w.count, 0);
  if (count === 0) return null;
  const grave = waiting.some((w) => w.grave);
  const words = waiting.map((w) => w.words).join(" ");
  return (
    <span className={grave ? `${style.badge} ${style.grave}` : style.badge} title={words}>
      <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
      <span className="unseen">{words}</span>
    </span>
  );
}

const known = "qunying.alert"; // the newest alert that this browser told of

/** Tells of new alerts through the browser, where people allowed it: also while they look elsewhere. */
export function AlertNotices() {
  const { t } = useTranslation();
  const { community, may } = useHere();
  const { data } = useQuery({ ...attention(community), enabled: may("read") });
  const newest = data?.newest_alert ?? 0;
  const firing = data?.alerts ?? 0;
  useEffect(() => {
    if (!newest || !("Notification" in window) || Notification.permission !== "granted") return;
    if (newest <= Number(localStorage.getItem(known) ?? 0)) return;
    localStorage.setItem(known, String(newest));
    try {
      new Notification(t("alerts.browser.title"), { body: t("badge.alerts", { count: firing }), tag: known });
    } catch {
      // Some phones let only a service worker tell; the badge says it there.
    }
  }, [newest, firing, t]);
  return null;
}

/** Says on every page that nothing goes out. */
export function PausedBanner() {
  const { t } = useTranslation();
  const { community, may } = useHere();
  const client = useQueryClient();
  const { data } = useQuery({ ...attention(community), enabled: may("read") });
  const resume = useMutation({
    mutationFn: async () => {
      const { delivery: saved } = await client.fetchQuery({ ...delivery(community, {}), staleTime: 0 });
      return saveDelivery(community, {}, { ...saved, paused: false });
    },
    onSettled: () => {
      for (const part of ["attention", "settings", "outbox"]) void client.invalidateQueries({ queryKey: [part] });
    },
  });
  if (!data?.paused) return null;
  return (
    <div className={style.paused} role="status">
      <PauseCircleFilled aria-hidden="true" />
      <span className={style.words}>{t("paused.all")}</span>
      <Link to="/settings/sending">{t("paused.settings")}</Link>
      {may("manage") ? (
        <Button size="small" loading={resume.isPending} onClick={() => resume.mutate()}>
          {t("paused.resume")}
        </Button>
      ) : null}
    </div>
  );
}

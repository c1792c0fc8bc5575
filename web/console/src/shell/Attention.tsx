import { PauseCircleFilled } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { delivery, saveDelivery } from "../queries/sending.ts";
import { attention } from "../queries/tasks.ts";
import style from "./Attention.module.css";
import { useHere } from "./useHere.ts";

/** How much waits for people at a place: a number, said in words to who cannot see it. */
export function Badge({ place }: { place: string }) {
  const { t } = useTranslation();
  const { community, may } = useHere();
  const { data } = useQuery({ ...attention(community), enabled: may("read") });
  if (!data) return null;
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
          : [0, "", false];
  if (count === 0) return null;
  return (
    <span className={grave ? `${style.badge} ${style.grave}` : style.badge} title={words}>
      <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
      <span className="unseen">{words}</span>
    </span>
  );
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

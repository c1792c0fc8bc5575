import {
  CheckCircleFilled,
  ClockCircleFilled,
  CloseCircleFilled,
  PauseCircleFilled,
  PlusOutlined,
} from "@ant-design/icons";
import type { Webhook } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { webhooks } from "../../queries/webhooks.ts";
import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Copy } from "../../ui/Copy.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { EditSheet } from "./EditSheet.tsx";
import { RemoveSheet } from "./RemoveSheet.tsx";
import { ReplaySheet } from "./ReplaySheet.tsx";
import style from "./Webhooks.module.css";

/** Other programs that are told what happens. */
export function WebhooksPage() {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error, refetch } = useQuery(webhooks(community));
  const [open, setOpen] = useState<{ what: "edit" | "replay" | "remove"; webhook?: Webhook }>();
  const [made, setMade] = useState<{ name: string; secret: string }>();
  const add = (
    <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => setOpen({ what: "edit" })}>
      {t("webhooks.add")}
    </Button>
  );
  const close = () => setOpen(undefined);
  return (
    <div className={style.page}>
      <h1>{t("settings.title")}</h1>
      <Parts of="settings" />
      {made ? (
        <Panel title={made.name} note={t("webhooks.once")}>
          <Copy value={made.secret} />
        </Panel>
      ) : null}
      <Panel title={t("webhooks.title")} note={t("webhooks.note")} actions={data && data.length > 0 ? add : undefined}>
        {error && !data ? (
          <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
        ) : !data ? (
          <Loading rows={4} />
        ) : data.length === 0 ? (
          <Empty title={t("webhooks.none")} actions={add}>
            {t("webhooks.noneTeach")}
          </Empty>
        ) : (
          <ul>
            {data.map((h) => (
              <li key={h.name} className={style.hook}>
                <Line webhook={h} onOpen={(what) => setOpen({ what, webhook: h })} />
              </li>
            ))}
          </ul>
        )}
      </Panel>
      {open?.what === "edit" && data ? (
        <EditSheet
          webhook={open.webhook}
          taken={data.map((h) => h.name)}
          onSaved={(name, secret) => setMade(secret ? { name, secret } : undefined)}
          onClose={close}
        />
      ) : null}
      {open?.what === "replay" && open.webhook ? <ReplaySheet webhook={open.webhook} onClose={close} /> : null}
      {open?.what === "remove" && open.webhook ? <RemoveSheet webhook={open.webhook} onClose={close} /> : null}
    </div>
  );
}

const icons = {
  even: <CheckCircleFilled aria-hidden="true" />,
  behind: <ClockCircleFilled aria-hidden="true" />,
  failing: <CloseCircleFilled aria-hidden="true" />,
  paused: <PauseCircleFilled aria-hidden="true" />,
};

function stateOf(h: Webhook): keyof typeof icons {
  if (h.paused) return "paused";
  if (h.fails > 0) return "failing";
  return h.behind > 0 ? "behind" : "even";
}

interface LineProps {
  webhook: Webhook;
  onOpen: (what: "edit" | "replay" | "remove") => void;
}

function Line({ webhook: h, onOpen }: LineProps) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  const state = stateOf(h);
  const facts = [
    h.kinds.length > 0 ? t("webhooks.kindsCount", { count: h.kinds.length }) : t("webhooks.allKinds"),
    h.groups.length > 0 ? t("webhooks.groupsCount", { count: h.groups.length }) : t("webhooks.allGroups"),
    h.bare ? t("webhooks.bare") : "",
    h.behind > 0 ? t("webhooks.behind", { count: h.behind, n: w.exact(h.behind) }) : "",
    h.tried_at > 0 ? `${t("webhooks.tried")} ${w.when(h.tried_at, zone)}` : "",
  ].filter(Boolean);
  return (
    <article aria-label={h.name} className={style.line}>
      <div className={style.words}>
        <p className={style.head}>
          <span className={style.name}>{h.name}</span>
          <span className={`${style.state} ${style[state]}`}>
            {icons[state]} {t(`webhooks.state.${state}`)}
          </span>
        </p>
        <p className={style.url}>{h.url}</p>
        <p className={style.faint}>{facts.join(" · ")}</p>
        {h.error ? (
          <div className={style.trouble}>
            {h.fails > 0 ? <p>{t("webhooks.fails", { count: h.fails })}</p> : null}
            <p className={style.detail}>{h.error}</p>
          </div>
        ) : null}
      </div>
      <div className={style.acts}>
        <Button size="small" onClick={() => onOpen("edit")}>
          {t("webhooks.edit")}
        </Button>
        <Button size="small" onClick={() => onOpen("replay")}>
          {t("webhooks.replay")}
        </Button>
        <Button size="small" danger onClick={() => onOpen("remove")}>
          {t("webhooks.remove")}
        </Button>
      </div>
    </article>
  );
}

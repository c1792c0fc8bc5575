import { ArrowUpOutlined } from "@ant-design/icons";
import type { GroupSet } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { groupSets, saveGroupSets } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Sheet } from "../../ui/Sheet.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { AlertingForm } from "./AlertingForm.tsx";
import { BandsForm } from "./BandsForm.tsx";
import { DeliveryForm } from "./DeliveryForm.tsx";
import { ProfileForm } from "./ProfileForm.tsx";
import style from "./SettingsPage.module.css";
import { WaitingForm } from "./WaitingForm.tsx";
import { WelcomeForm } from "./WelcomeForm.tsx";

/** Named sets of groups, and what is set for them. They are made where groups are chosen. */
export function SetsPanel() {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(groupSets(community));
  const [open, setOpen] = useState<GroupSet | undefined>();
  const sets = data?.sets ?? [];
  const save = useMutation({
    mutationFn: (changed: GroupSet[]) => saveGroupSets(community, { version: data?.version ?? 0, sets: changed }),
    onSettled: () => void client.invalidateQueries({ queryKey: ["settings", "sets"] }),
  });
  return (
    <Panel title={t("setsSet.title")} note={t("setsSet.note")}>
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={2} />
      ) : data.sets.length === 0 ? (
        <Empty title={t("setsSet.none")}>{t("setsSet.noneTeach")}</Empty>
      ) : (
        <ul className={style.parked}>
          {data.sets.map((s, i) => (
            <li key={s.name}>
              <span>
                {s.name} <span className={style.faint}>{t("setsSet.groups", { count: s.groups.length })}</span>
              </span>
              <span className={style.buttons}>
                {may("manage") && i > 0 ? (
                  <Button
                    size="small"
                    type="text"
                    icon={<ArrowUpOutlined aria-hidden="true" />}
                    aria-label={t("setsSet.up", { name: s.name })}
                    title={t("setsSet.up", { name: s.name })}
                    disabled={save.isPending}
                    onClick={() => save.mutate(raised(sets, i))}
                  />
                ) : null}
                {s.id ? (
                  <Button
                    size="small"
                    aria-label={t("setsSet.settingsOf", { name: s.name })}
                    onClick={() => setOpen(s)}
                  >
                    {t("setsSet.settings")}
                  </Button>
                ) : null}
                {may("manage") ? (
                  <Button
                    size="small"
                    aria-label={t("setsSet.remove", { name: s.name })}
                    disabled={save.isPending}
                    onClick={() => save.mutate(sets.filter((x) => x !== s))}
                  >
                    {t("action.remove")}
                  </Button>
                ) : null}
              </span>
            </li>
          ))}
        </ul>
      )}
      {open?.id ? (
        <Sheet title={t("setsSet.sheet", { name: open.name })} width={480} onClose={() => setOpen(undefined)}>
          <p className={style.faint}>{t("setsSet.sheetTeach")}</p>
          <div className={style.sheet}>
            <WelcomeForm scope={{ set: open.id }} />
            <WaitingForm scope={{ set: open.id }} />
            <DeliveryForm scope={{ set: open.id }} />
            <AlertingForm scope={{ set: open.id }} />
            <BandsForm scope={{ set: open.id }} />
            <ProfileForm scope={{ set: open.id }} />
          </div>
        </Sheet>
      ) : null}
    </Panel>
  );
}

/** The sets with one of them a place further up: what is said there counts before the one below. */
function raised(sets: GroupSet[], i: number): GroupSet[] {
  const list = [...sets];
  const [set] = list.splice(i, 1);
  if (set) list.splice(i - 1, 0, set);
  return list;
}

import type { NotHanded, OwnedGroup } from "@qunying/api/model";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { AutoComplete, Button, Checkbox, Segmented } from "antd";
import { useId, useState } from "react";
import { handOver, ownedGroups } from "../../queries/wecom.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { Field } from "./Field.tsx";
import { Refused, useCodeWords } from "./Refused.tsx";
import { useColleagues } from "./useColleagues.ts";
import style from "./WeCom.module.css";

const most = 100; // groups in one call

/** Groups are given to another owner: of those who resigned, and of those at work. */
export function HandOverPart({ name }: { name: string }) {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error, refetch } = useQuery(ownedGroups(community, name));
  const waiting = data?.filter((g) => g.state === "resigned").length ?? 0;
  // Here, because the list may be empty when it is done.
  const [outcome, setOutcome] = useState<{ handed: number; failed: NotHanded[] }>();
  const [mode, setMode] = useState<"resigned" | "atWork">();
  const shown = mode ?? (waiting > 0 || !data?.length ? "resigned" : "atWork");
  const list = data?.filter((g) => (g.state === "resigned") === (shown === "resigned"));
  return (
    <Panel title={t("wecom.handover.title")} note={t("wecom.handover.note")}>
      {error && !data ? (
        <Refused error={error} onRetry={() => void refetch()} />
      ) : !list ? (
        <Loading rows={5} />
      ) : (
        <div className={style.form}>
          <Segmented
            className={style.fit}
            value={shown}
            onChange={(v) => setMode(v as "resigned" | "atWork")}
            options={[
              { value: "resigned", label: t("wecom.handover.resigned", { n: waiting }) },
              { value: "atWork", label: t("wecom.handover.atWork") },
            ]}
          />
          {outcome ? <Outcome handed={outcome.handed} failed={outcome.failed} groups={data ?? []} /> : null}
          {list.length === 0 ? (
            <Empty title={t(shown === "resigned" ? "wecom.handover.none" : "wecom.groups.none")}>
              {t(shown === "resigned" ? "wecom.handover.noneTeach" : "wecom.groups.noneTeach")}
            </Empty>
          ) : (
            <Choose key={shown} name={name} groups={list} resigned={shown === "resigned"} onDone={setOutcome} />
          )}
        </div>
      )}
    </Panel>
  );
}

interface Props {
  name: string;
  groups: OwnedGroup[];
  resigned: boolean;
  onDone: (outcome: { handed: number; failed: NotHanded[] }) => void;
}

function Choose({ name, groups, resigned, onDone }: Props) {
  const w = useWords();
  const { t } = w;
  const { community, may } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [chosen, setChosen] = useState<string[]>([]);
  const [owner, setOwner] = useState("");
  const colleagues = useColleagues(name);
  const go = useMutation({
    mutationFn: () => handOver(community, name, { groups: chosen, owner: owner.trim(), resigned }),
    onSuccess: async (a) => {
      setChosen(a.failed.map((f) => f.group));
      onDone(a);
      await client.invalidateQueries({ queryKey: ["wecom"] });
    },
  });
  const here = chosen.filter((g) => groups.some((x) => x.group === g));
  return (
    <>
      <ul className={style.list}>
        {groups.map((g) => (
          <li key={g.group} className={style.choice}>
            <Checkbox
              checked={here.includes(g.group)}
              disabled={!here.includes(g.group) && here.length >= most}
              onChange={(e) => setChosen(e.target.checked ? [...here, g.group] : here.filter((x) => x !== g.group))}
            >
              {g.name || g.group}
            </Checkbox>
            <span className={style.faint}>
              {g.owner ? t("wecom.groups.owner", { owner: g.owner }) : t("wecom.groups.unread")}
              {g.members > 0 ? ` · ${t("wecom.groups.members", { count: g.members, n: w.exact(g.members) })}` : ""}
            </span>
          </li>
        ))}
      </ul>
      <div className={`${style.form} ${style.narrow}`}>
        <Field id={`${id}-owner`} label={t("wecom.handover.to")} help={t("wecom.handover.toHelp")}>
          <AutoComplete
            id={`${id}-owner`}
            value={owner}
            options={colleagues.filter((o) => o.value.includes(owner))}
            onChange={setOwner}
          />
        </Field>
        {here.length > 0 && owner.trim() ? (
          <p className={style.note}>{t("wecom.handover.teach", { count: here.length, owner: owner.trim() })}</p>
        ) : null}
        {go.error ? <Refused error={go.error} /> : null}
        {may("manage") ? (
          <div className={style.links}>
            <Button
              type="primary"
              disabled={here.length === 0 || !owner.trim()}
              loading={go.isPending}
              onClick={() => go.mutate()}
            >
              {t("wecom.handover.go", { count: here.length })}
            </Button>
          </div>
        ) : null}
      </div>
    </>
  );
}

function Outcome({ handed, failed, groups }: { handed: number; failed: NotHanded[]; groups: OwnedGroup[] }) {
  const { t } = useWords();
  const words = useCodeWords();
  return (
    <div role="status">
      {handed > 0 ? <p className={style.good}>{t("wecom.handover.done", { count: handed })}</p> : null}
      {failed.length > 0 ? (
        <ul>
          {failed.map((f) => (
            <li key={f.group} className={style.alert}>
              {groups.find((g) => g.group === f.group)?.name || f.group}
              {t("wecom.colon")}
              {words(f.code) || f.why}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

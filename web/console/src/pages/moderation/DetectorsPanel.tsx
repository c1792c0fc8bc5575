import type { Detectors } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, InputNumber, Select } from "antd";
import { useId, useState } from "react";
import { detectors, saveDetectors } from "../../queries/moderation.ts";
import type { Scope } from "../../queries/sending.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Moderation.module.css";

/** Hosts that may be linked and that may not, and from when a message is long or calls many. */
export function DetectorsPanel({ scope }: { scope: Scope }) {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error, refetch } = useQuery(detectors(community, scope));
  const inherits = Boolean(scope.group || scope.set);
  return (
    <Panel title={t("order.links.title")} note={t(inherits ? "order.links.inherit" : "order.links.note")}>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={4} />
      ) : (
        <Form key={data.version} saved={data} scope={scope} />
      )}
    </Panel>
  );
}

function Form({ saved, scope }: { saved: Detectors; scope: Scope }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [typed, setTyped] = useState<Partial<Detectors>>({});
  const draft = { ...saved, ...typed };
  const save = useMutation({
    mutationFn: () => saveDetectors(community, draft, scope),
    onSuccess: (after) => client.setQueryData(detectors(community, scope).queryKey, after),
  });
  const writable = may("moderation.rules");
  const hosts = (name: "allow" | "deny") => (
    <div className={style.field}>
      <label htmlFor={`${id}-${name}`}>{t(`order.links.${name}`)}</label>
      <Select
        id={`${id}-${name}`}
        mode="tags"
        open={false}
        suffixIcon={null}
        disabled={!writable}
        tokenSeparators={[",", " ", "，", "；", ";", "\n"]}
        placeholder={t("order.links.example")}
        value={draft[name]}
        onChange={(all: string[]) => setTyped({ ...typed, [name]: [...new Set(all.map(hostOf).filter(Boolean))] })}
      />
    </div>
  );
  const number = (name: "long" | "mentions", usual: number, most: number) => (
    <div className={style.field}>
      <label htmlFor={`${id}-${name}`}>{t(`order.links.${name}`)}</label>
      <InputNumber
        id={`${id}-${name}`}
        disabled={!writable}
        min={1}
        max={most}
        precision={0}
        placeholder={String(usual)}
        value={draft[name] || null}
        onChange={(n) => setTyped({ ...typed, [name]: n ?? 0 })}
      />
    </div>
  );
  const changed = JSON.stringify(draft) !== JSON.stringify(saved);
  return (
    <div className={style.form}>
      {hosts("allow")}
      {hosts("deny")}
      <p className={style.faint}>{t("order.links.help")}</p>
      {number("long", 500, 100_000)}
      {number("mentions", 5, 10_000)}
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      {writable ? (
        <div className={style.acts}>
          <Button disabled={!changed} onClick={() => setTyped({})}>
            {t("action.cancel")}
          </Button>
          <Button type="primary" disabled={!changed} loading={save.isPending} onClick={() => save.mutate()}>
            {t("action.save")}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

/** The host of an address as somebody pastes it. */
const hostOf = (typed: string) =>
  typed
    .trim()
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, "")
    .replace(/[/?#].*$/, "")
    .replace(/^\*?\./, "");

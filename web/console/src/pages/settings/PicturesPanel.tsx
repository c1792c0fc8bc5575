import type { Kept } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, InputNumber } from "antd";
import { useId, useState } from "react";
import { kept, saveKept } from "../../queries/house.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { bytes } from "../../words/format.ts";
import { useWords } from "../../words/useWords.ts";
import style from "../team/Team.module.css";

/** Which pictures and files of messages are kept, how long, and what room they take. */
export function PicturesPanel() {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error, refetch } = useQuery(kept(community));
  return (
    <Panel title={t("media.title")} note={t("media.titleNote")}>
      {error && !data ? (
        <Failed trouble={asProblem(error)} onRetry={() => void refetch()} />
      ) : !data ? (
        <Loading rows={4} />
      ) : (
        <Form key={data.settings.version} saved={data} />
      )}
    </Panel>
  );
}

const forms = ["pictures", "voice", "video", "files"] as const;
const bounds = { days: [1, 3650], largest: [1, 256], total: [1, 1048576] } as const;
const numbers = ["days", "largest", "total"] as const;

function Form({ saved }: { saved: Kept }) {
  const w = useWords();
  const { t } = w;
  const { community, zone } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [set, setSet] = useState(saved.settings);
  const save = useMutation({
    mutationFn: () => saveKept(community, set),
    onSuccess: (after) => client.setQueryData(kept(community).queryKey, after),
  });
  const missed = (saved.items.expired ?? 0) + (saved.items.failed ?? 0) + (saved.items.refused ?? 0);
  const unchanged = [...forms, "codes" as const, ...numbers].every((f) => set[f] === saved.settings[f]);
  return (
    <div className={style.form}>
      <p>
        {saved.files > 0
          ? t("media.room", {
              n: w.count(saved.files),
              size: bytes(saved.bytes),
              of: bytes(saved.settings.total * 2 ** 20),
            })
          : t("media.noRoom")}
        {saved.oldest ? ` · ${t("media.oldest", { when: w.when(saved.oldest, zone) })}` : ""}
        {saved.items.waiting ? ` · ${t("media.still", { n: w.count(saved.items.waiting) })}` : ""}
        {missed ? ` · ${t("media.missed", { n: w.count(missed) })}` : ""}
      </p>
      <fieldset className={style.acts}>
        <legend className={style.faint}>{t("media.which")}</legend>
        {forms.map((f) => (
          <Checkbox key={f} checked={set[f]} onChange={(e) => setSet((s) => ({ ...s, [f]: e.target.checked }))}>
            {t(`media.form.${f}`)}
          </Checkbox>
        ))}
      </fieldset>
      <Checkbox
        checked={set.codes}
        disabled={!set.pictures}
        onChange={(e) => setSet((s) => ({ ...s, codes: e.target.checked }))}
      >
        {t("media.codes")}
      </Checkbox>
      {numbers.map((f) => (
        <div key={f} className={style.field}>
          <label htmlFor={`${id}-${f}`}>{t(`media.number.${f}`)}</label>
          <InputNumber
            id={`${id}-${f}`}
            min={bounds[f][0]}
            max={bounds[f][1]}
            precision={0}
            value={set[f]}
            onChange={(n) => setSet((s) => ({ ...s, [f]: n ?? saved.settings[f] }))}
          />
        </div>
      ))}
      {save.error ? <Failed trouble={asProblem(save.error)} /> : null}
      <div className={style.acts}>
        <Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>
          {t("media.save")}
        </Button>
        <span className={style.faint} role="status">
          {unchanged ? (saved.settings.version > 0 ? t("media.saved") : "") : t("privacy.unsaved")}
        </span>
      </div>
    </div>
  );
}

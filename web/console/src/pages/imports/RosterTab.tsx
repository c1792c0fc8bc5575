import type { Roster } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { Button, Input, Select } from "antd";
import { useId, useState } from "react";
import { DropZone } from "../../parts/DropZone.tsx";
import { takeRoster } from "../../queries.ts";
import { useGroupChoices } from "../../shell/useGroupChoices.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { base64 } from "./base64.ts";
import style from "./Imports.module.css";

/** A member list: who is in the group now, and with that who joined and left since the last. */
export function RosterTab() {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const search = useSearch({ from: "/inside/imports" });
  const client = useQueryClient();
  const [group, setGroup] = useState(search.group);
  const [text, setText] = useState("");
  const [file, setFile] = useState<File>();
  const ids = { group: useId(), text: useId() };
  const existing = useGroupChoices(group);
  const take = useMutation({
    mutationFn: async (apply: boolean) =>
      takeRoster(community, {
        group: group ?? 0,
        apply,
        ...(file ? { file: await base64(file), file_name: file.name } : { text }),
      }),
    onSuccess: (answer) => {
      if (!answer.preview) {
        void client.invalidateQueries({ queryKey: ["groups"] });
        void client.invalidateQueries({ queryKey: ["group", group] });
      }
    },
  });
  const ready = group !== undefined && (file !== undefined || text.trim() !== "");
  const again = () => take.reset();

  return (
    <>
      <Panel title={t("roster.title")} note={t("roster.teach")}>
        <div className={style.progress}>
          <div className={style.field}>
            <label htmlFor={ids.group}>{t("roster.group")}</label>
            <Select
              id={ids.group}
              aria-label={t("roster.group")}
              showSearch={existing.showSearch}
              placeholder={t("roster.chooseGroup")}
              value={group}
              onChange={(g) => {
                existing.forget();
                setGroup(g);
                again();
              }}
              options={existing.options}
            />
          </div>
          {file ? (
            <p className={style.between}>
              <span className={style.file}>{file.name}</span>
              <Button
                size="small"
                onClick={() => {
                  setFile(undefined);
                  again();
                }}
              >
                {t("action.remove")}
              </Button>
            </p>
          ) : (
            <div className={style.columns}>
              <div>
                <label htmlFor={ids.text} className={style.faint}>
                  {t("roster.paste")}
                </label>
                <Input.TextArea
                  id={ids.text}
                  value={text}
                  onChange={(e) => {
                    setText(e.target.value);
                    again();
                  }}
                  autoSize={{ minRows: 8, maxRows: 16 }}
                  placeholder={t("roster.example")}
                />
              </div>
              <DropZone
                onFiles={([f]) => {
                  setFile(f);
                  again();
                }}
                title={t("roster.drop")}
                teach={t("roster.formats")}
                choose={t("imports.choose")}
              />
            </div>
          )}
          {take.error ? <Failed trouble={asProblem(take.error)} /> : null}
          <div className={style.links}>
            <Button
              type={take.data ? "default" : "primary"}
              disabled={!ready}
              loading={take.isPending}
              onClick={() => take.mutate(false)}
            >
              {t("roster.preview")}
            </Button>
          </div>
        </div>
      </Panel>
      {take.data ? (
        <RosterPreview
          roster={take.data}
          applying={take.isPending}
          onApply={() => take.mutate(true)}
          group={group ?? 0}
        />
      ) : null}
    </>
  );
}

interface PreviewProps {
  roster: Roster;
  group: number;
  applying: boolean;
  onApply: () => void;
}

function RosterPreview({ roster, group, applying, onApply }: PreviewProps) {
  const w = useWords();
  const { t } = w;
  return (
    <Panel
      title={t(roster.preview ? "roster.change" : "roster.applied")}
      note={t("roster.members", { count: roster.members.length, n: w.exact(roster.members.length) })}
    >
      <div className={style.columns}>
        <Names title={t("roster.joined", { n: roster.joined.length })} names={roster.joined} />
        <Names title={t("roster.left", { n: roster.left.length })} names={roster.left} />
      </div>
      <div className={style.links}>
        {roster.preview ? (
          <Button type="primary" loading={applying} onClick={onApply}>
            {t("roster.apply")}
          </Button>
        ) : (
          <Link to="/groups/$group" params={{ group }} search={{}}>
            {t("roster.look")}
          </Link>
        )}
      </div>
    </Panel>
  );
}

function Names({ title, names }: { title: string; names: string[] }) {
  const { t } = useWords();
  return (
    <section>
      <h3>{title}</h3>
      {names.length === 0 ? (
        <p className={style.faint}>{t("roster.nobody")}</p>
      ) : (
        <ul className={style.names}>
          {names.map((n, i) => (
            <li key={i}>{n}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

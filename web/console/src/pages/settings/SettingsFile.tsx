import type { SettingsFile as File, SettingsChanges } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useRef, useState } from "react";
import { importSettings } from "../../queries/house.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "../team/Team.module.css";

/** Settings out of a file: what they would change is shown before anything does. */
export function SettingsFile() {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File>();
  const [unread, setUnread] = useState(false);
  const run = useMutation({
    mutationFn: ({ of, apply }: { of: File; apply: boolean }) => importSettings(community, of, apply),
    onSuccess: (answer) => {
      if (!answer.applied) return;
      setFile(undefined);
      void client.invalidateQueries();
    },
  });
  const choose = async (chosen: globalThis.File) => {
    setUnread(false);
    run.reset();
    try {
      const of = JSON.parse(await chosen.text()) as File;
      setFile(of);
      run.mutate({ of, apply: false });
    } catch {
      setUnread(true);
    }
  };
  return (
    <div className={style.form}>
      <div className={style.acts}>
        <input
          ref={input}
          hidden
          type="file"
          accept=".json"
          aria-label={t("privacy.settingsFile")}
          onChange={(e) => {
            const chosen = e.target.files?.[0];
            e.target.value = ""; // choosing the same file again counts
            if (chosen) void choose(chosen);
          }}
        />
        <Button loading={run.isPending} onClick={() => input.current?.click()}>
          {t("privacy.settingsIn")}
        </Button>
        {file && run.data?.changes.some((c) => c.state === "new" || c.state === "changed") ? (
          <Button type="primary" loading={run.isPending} onClick={() => run.mutate({ of: file, apply: true })}>
            {t("privacy.apply")}
          </Button>
        ) : null}
      </div>
      {unread ? <p className={style.wrong}>{t("privacy.unread")}</p> : null}
      {run.error ? <Failed trouble={asProblem(run.error)} /> : null}
      {run.data ? <Changes of={run.data} /> : null}
    </div>
  );
}

function Changes({ of }: { of: SettingsChanges }) {
  const { t } = useWords();
  const called = (key: string) => {
    const [head = "", ...rest] = key.split("/");
    return [t(`audit.of.${head as "mail"}`, { defaultValue: head }), ...rest].join(" ");
  };
  return (
    <section aria-label={t("privacy.changes")}>
      <p role="status">
        {t(of.applied ? "privacy.applied" : "privacy.would", {
          count: of.changes.filter((c) => c.state === "new" || c.state === "changed").length,
          same: of.same,
        })}
      </p>
      <ul>
        {of.changes.map((c) => (
          <li key={`${c.group_name ?? ""}/${c.key}`}>
            <div className={style.line}>
              <p className={style.words}>
                {c.group_name ? `${c.group_name} · ` : ""}
                <span title={c.key}>{called(c.key)}</span>
              </p>
              <span className={c.state === "refused" || c.state === "no_group" ? style.off : style.faint}>
                {t(`privacy.state.${c.state}`)}
              </span>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Switch } from "antd";
import { importFolder, saveImportFolder } from "../../queries/exports.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Imports.module.css";

/** The folder on the server from which files are imported by themselves. */
export function FolderPanel() {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const asked = importFolder(community);
  const { data, error, refetch } = useQuery(asked);
  const save = useMutation({
    mutationFn: async (on: boolean) => (data ? saveImportFolder(community, data, on) : undefined),
    onSuccess: (now) => {
      if (now) client.setQueryData(asked.queryKey, now);
    },
  });
  return (
    <Panel
      title={t("folder.title")}
      note={t("folder.teach")}
      actions={
        data ? (
          <Switch
            aria-label={t("folder.on")}
            checked={data.on}
            loading={save.isPending}
            onChange={(on) => save.mutate(on)}
          />
        ) : undefined
      }
    >
      {error && !data ? <Failed trouble={asProblem(error)} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <Loading rows={1} /> : null}
      {save.error ? <Failed trouble={asProblem(save.error)} onRetry={() => void refetch()} /> : null}
      {data?.on ? (
        <p className={style.faint}>
          {t("folder.path")} <code className={style.place}>{data.path}</code>
          <br />
          {t("folder.wait")}
        </p>
      ) : null}
    </Panel>
  );
}

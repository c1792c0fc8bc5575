import { asProblem } from "@qunying/api/problem";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Button } from "antd";
import { DropZone } from "../../parts/DropZone.tsx";
import { imports } from "../../queries.ts";
import { useUploads } from "../../shell/Uploads.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Meter } from "../../ui/Meter.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Failed, Loading } from "../../ui/states.tsx";
import { bytes } from "../../words/format.ts";
import { useWords } from "../../words/useWords.ts";
import { FolderPanel } from "./FolderPanel.tsx";
import { History } from "./History.tsx";
import style from "./Imports.module.css";

/** Files in, previews out, and what was imported before. */
export function ExportTab() {
  const { t, percent } = useWords();
  const { community, may } = useHere();
  const navigate = useNavigate();
  const { list, add, dismiss } = useUploads();
  const past = useQuery(imports(community));
  const take = (files: File[]) =>
    // A single file leads straight to its preview.
    add(
      files,
      files.length === 1 ? (id) => void navigate({ to: "/imports/$import", params: { import: id } }) : undefined,
    );
  return (
    <>
      <DropZone
        onFiles={take}
        multiple
        title={t("imports.drop")}
        teach={t("imports.formats")}
        choose={t("imports.choose")}
      />
      {list.length > 0 ? (
        <ul className={style.uploads}>
          {list.map((u) => (
            <li key={u.key} className={style.upload}>
              <div className={style.between}>
                <span className={style.file}>{u.name}</span>
                <span className={style.faint}>
                  {bytes(u.size)} · {percent(u.share)}
                </span>
                <Button type="text" size="small" onClick={() => dismiss(u.key)}>
                  {t(u.problem ? "action.close" : "action.cancel")}
                </Button>
              </div>
              {u.problem ? (
                <Failed trouble={u.problem} />
              ) : (
                <Meter share={u.share} label={t("tray.uploading", { name: u.name })} />
              )}
            </li>
          ))}
        </ul>
      ) : null}
      {may("manage") ? <FolderPanel /> : null}
      <Panel title={t("imports.history")} flush>
        {past.error && !past.data ? (
          <div className={style.pad}>
            <Failed trouble={asProblem(past.error)} onRetry={() => void past.refetch()} />
          </div>
        ) : !past.data ? (
          <div className={style.pad}>
            <Loading />
          </div>
        ) : past.data.length === 0 ? (
          <Empty title={t("imports.none")}>{t("imports.noneTeach")}</Empty>
        ) : (
          <History list={past.data} />
        )}
      </Panel>
    </>
  );
}
